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
  /** Whether a request of it came to the gate. */
  hasAsked: boolean;
}

export interface HeldStepGateDeps {
  readonly requestTimeoutMs: number;
  /** Whether Redis was there all the time since then: where it was not, it may have forgotten whose a step is. Monotonic. */
  readonly isConnectedSince: (atMs: number) => boolean;
  /** A step whose first request leaves later than this after it was taken, beyond the way from Redis, is counted again. */
  readonly lateMs: number;
  /** Waits for that long at most until the limiter counts one step more. */
  readonly takePlace: (maxWaitMs: number, signal: AbortSignal) => Promise<void>;
  readonly onPause: (durationMs: number) => void;
}

/**
 * A request leaves only when it would end, answered or timed out, before the step may pass on to another worker. So one that was
 * stopped and wakes up late sends nothing. The quota is kept where steps are handed out, and a pause is told there; a step that begins
 * late, and so with those of a later window, is counted again.
 */
export class HeldStepGate implements RequestGate {
  readonly #storage = new AsyncLocalStorage<HeldStep>();
  readonly #deps: HeldStepGateDeps;
  /** The shortest time that a step took from Redis to here: however far Redis is, that makes none late. */
  #leastWayMs = Infinity;

  constructor(deps: HeldStepGateDeps) {
    this.#deps = deps;
  }

  /** @param takenAtEpochMs before Redis was asked for the step, by this machine's clock */
  async whileHeld<Result>(takenAtEpochMs: number, work: () => Promise<Result>): Promise<Result> {
    this.#leastWayMs = Math.min(this.#leastWayMs, Math.max(0, Date.now() - takenAtEpochMs));
    return this.#storage.run({ takenAtEpochMs, begunAtMs: performance.now(), hasAsked: false }, work);
  }

  async pass(_kind: RequestKind, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const step = this.#storage.getStore();
    // Not of a step: a token that is fetched, or a look before the first step.
    if (step === undefined) return;
    const spareMs = this.#requireSpareMs(step);
    const isLate = !step.hasAsked && heldMsOf(step) - this.#leastWayMs > this.#deps.lateMs;
    step.hasAsked = true;
    if (!isLate) return;
    await this.#deps.takePlace(spareMs, signal);
    this.#requireSpareMs(step);
  }

  pause(durationMs: number): void {
    this.#deps.onPause(durationMs);
  }

  /** How long a request may still wait. @throws {ALARMSYNC_QUEUE_LOST} when one that leaves now may end after the step passed on. */
  #requireSpareMs(step: HeldStep): number {
    const { requestTimeoutMs, isConnectedSince } = this.#deps;
    if (!isConnectedSince(step.begunAtMs))
      throw lost('nothing more is sent for a step that was taken before Redis was away');
    const heldMs = heldMsOf(step);
    const spareMs = holdTimeMsOf(requestTimeoutMs) - requestTimeoutMs - heldMs;
    if (spareMs >= 0) return spareMs;
    throw lost(`nothing is sent for a step that was taken ${Math.round(heldMs)} ms ago: another may have it`);
  }
}

function heldMsOf({ takenAtEpochMs, begunAtMs }: HeldStep): number {
  return Math.max(Date.now() - takenAtEpochMs, performance.now() - begunAtMs);
}
