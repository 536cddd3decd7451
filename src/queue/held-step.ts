// A step that a worker holds for a time -> a gate that lets its requests go only while they end within that time.

import { AsyncLocalStorage } from 'node:async_hooks';

import type { RequestGate, RequestKind } from '../services/alarm-service.ts';
import { lost } from './step.ts';

/** A step takes up to three requests: the check, the write, and a look at what stood in its way. */
const REQUESTS_A_STEP = 3;

/** How long a step is held: nobody else begins with it meanwhile. */
export function holdTimeMsOf(requestTimeoutMs: number): number {
  return REQUESTS_A_STEP * requestTimeoutMs;
}

/** Since when a step is held. Both clocks, since one may be set and the other does not know when Redis was asked for the step. */
interface HeldStep {
  readonly takenAtEpochMs: number;
  readonly begunAtMs: number;
}

/**
 * A request leaves only when it would end, answered or timed out, before the step may pass on to another worker. So one that was
 * stopped and wakes up late sends nothing. The quota is kept where steps are handed out, and a pause is told there.
 */
export class HeldStepGate implements RequestGate {
  readonly #storage = new AsyncLocalStorage<HeldStep>();
  readonly #requestTimeoutMs: number;
  readonly #onPause: (durationMs: number) => void;
  readonly #isConnectedSince: (atMs: number) => boolean;

  /** @param isConnectedSince whether Redis was there all the time since then: where it was not, it may have forgotten whose a step is. Monotonic */
  constructor(
    requestTimeoutMs: number,
    isConnectedSince: (atMs: number) => boolean,
    onPause: (durationMs: number) => void,
  ) {
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#isConnectedSince = isConnectedSince;
    this.#onPause = onPause;
  }

  /** @param takenAtEpochMs before Redis was asked for the step, by this machine's clock */
  async whileHeld<Result>(takenAtEpochMs: number, work: () => Promise<Result>): Promise<Result> {
    return this.#storage.run({ takenAtEpochMs, begunAtMs: performance.now() }, work);
  }

  async pass(_kind: RequestKind, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const step = this.#storage.getStore();
    // Not of a step: a token that is fetched, or a look before the first step.
    if (step === undefined) return;
    const heldMs = Math.max(Date.now() - step.takenAtEpochMs, performance.now() - step.begunAtMs);
    if (!this.#isConnectedSince(step.begunAtMs))
      throw lost('nothing more is sent for a step that was taken before Redis was away');
    if (heldMs + this.#requestTimeoutMs <= holdTimeMsOf(this.#requestTimeoutMs)) return;
    throw lost(`nothing is sent for a step that was taken ${Math.round(heldMs)} ms ago: another may have it`);
  }

  pause(durationMs: number): void {
    this.#onPause(durationMs);
  }
}
