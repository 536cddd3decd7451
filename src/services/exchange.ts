// One HTTP request under way -> its end, however it comes: answered, given up by the caller, or out of time.

import { onAbort } from './abort-listener.ts';
import { errorOfFailure, timedOut } from './http-error.ts';

/** One request and its answer, with the two things that may cut them short: the caller's signal and the clock. */
export class Exchange implements Disposable {
  readonly where: string;
  /** Ends what is under way; set by whoever sends the request. */
  onCut: () => void = () => {};
  readonly #caller: AbortSignal;
  readonly #timeoutMs: number;
  readonly #stopListening: () => void;
  #timer: NodeJS.Timeout | undefined;
  /** On the monotonic clock. */
  #startedMs = 0;
  #isTimedOut = false;

  constructor(where: string, caller: AbortSignal, timeoutMs: number) {
    this.where = where;
    this.#caller = caller;
    this.#timeoutMs = timeoutMs;
    this.#stopListening = onAbort(caller, () => this.onCut());
  }

  startClock(): void {
    this.stopClock();
    this.#startedMs = performance.now();
    this.#timer = setTimeout(() => this.#timeOut(), this.#timeoutMs);
  }

  /** Cuts it when its time is over: an event loop that hung goes on with what came from the network before it looks at its timers. */
  lookAtClock(): void {
    if (performance.now() - this.#startedMs >= this.#timeoutMs) this.#timeOut();
  }

  stopClock(): void {
    clearTimeout(this.#timer);
  }

  /** What to throw for what was thrown: the caller's own reason untouched, else an AlarmSyncError. */
  errorOf(thrown: unknown): unknown {
    if (this.#caller.aborted) return this.#caller.reason;
    return this.#isTimedOut ? timedOut(this.#timeoutMs, this.where) : errorOfFailure(thrown, this.where);
  }

  /** It ended: nothing cuts it any more. */
  [Symbol.dispose](): void {
    this.stopClock();
    this.#stopListening();
    this.onCut = () => {};
  }

  #timeOut(): void {
    this.#isTimedOut = true;
    this.onCut();
  }
}
