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
  #isTimedOut = false;

  constructor(where: string, caller: AbortSignal, timeoutMs: number) {
    this.where = where;
    this.#caller = caller;
    this.#timeoutMs = timeoutMs;
    this.#stopListening = onAbort(caller, () => this.onCut());
  }

  startClock(): void {
    this.stopClock();
    this.#timer = setTimeout(() => {
      this.#isTimedOut = true;
      this.onCut();
    }, this.#timeoutMs);
  }

  stopClock(): void {
    clearTimeout(this.#timer);
  }

  /** What to throw for what was thrown: the caller's own reason untouched, else an AlarmSyncError. */
  errorOf(thrown: unknown): unknown {
    if (this.#caller.aborted) return this.#caller.reason;
    return this.#isTimedOut ? timedOut(this.#timeoutMs, this.where) : errorOfFailure(thrown, this.where);
  }

  [Symbol.dispose](): void {
    this.stopClock();
    this.#stopListening();
  }
}
