// What goes wrong in a drain -> fewer requests in flight, or the end of the run.

import { AlarmSyncError } from '../../alarm/errors.ts';
import { AdaptiveConcurrency } from './adaptive-concurrency.ts';
import { isThrottle } from './outcome.ts';

/** A service that gave no good answer for so long is not worth more tries for now; the run can be resumed. */
const TROUBLE_BUDGET_MS = 5 * 60 * 1000;

/** What is in flight when the run fails may take this long to end. */
const GRACE_MS = 10_000;

/** `stop`: take up nothing more, and finish what is in flight. `kill`: end what is in flight too. */
export interface DrainSignals {
  readonly stop: AbortSignal;
  readonly kill: AbortSignal;
}

/** Ends a drain early, by its own judgement or the caller's signals. */
export class DrainWatch implements DrainSignals, Disposable {
  readonly stop: AbortSignal;
  readonly kill: AbortSignal;
  readonly #failure = new AbortController();
  readonly #failureKill = new AbortController();
  readonly #concurrency: AdaptiveConcurrency;
  readonly #maxErrorCount: number | null;
  #graceTimer: NodeJS.Timeout | undefined;
  #lastGoodMs = performance.now();
  #errorCount = 0;

  constructor(
    signals: DrainSignals,
    settings: { readonly concurrency: number; readonly maxErrorCount: number | null },
  ) {
    this.stop = AbortSignal.any([signals.stop, this.#failure.signal]);
    this.kill = AbortSignal.any([signals.kill, this.#failureKill.signal]);
    this.#concurrency = new AdaptiveConcurrency(settings.concurrency);
    this.#maxErrorCount = settings.maxErrorCount;
  }

  /** Requests that may be in flight for now. */
  get concurrencyCount(): number {
    return this.#concurrency.count;
  }

  get hasFailed(): boolean {
    return this.#failure.signal.aborted;
  }

  /** @throws what ended the run, when it failed. */
  throwIfFailed(): void {
    this.#failure.signal.throwIfAborted();
  }

  /** Ends the run: nothing more is taken up, and what is in flight may take the grace time. */
  fail(error: AlarmSyncError): void {
    this.#failure.abort(error);
    this.#graceTimer ??= setTimeout(() => this.#failureKill.abort(error), GRACE_MS);
  }

  /** The service answered, well or with this error. */
  noteAnswer(error: AlarmSyncError | undefined): void {
    const nowMs = performance.now();
    if (error?.disposition !== 'retry') {
      this.#concurrency.noteGood();
      this.#lastGoodMs = nowMs;
      return;
    }
    this.#concurrency.noteOverload(nowMs);
    if (nowMs - this.#lastGoodMs > TROUBLE_BUDGET_MS && !isThrottle(error)) this.fail(error);
  }

  /** An operation ended otherwise than done. */
  noteUndone(): void {
    this.#errorCount += 1;
    if (this.#maxErrorCount === null || this.#errorCount <= this.#maxErrorCount) return;
    const message = `${this.#errorCount} operations failed, over --max-errors ${this.#maxErrorCount}`;
    this.fail(
      new AlarmSyncError('ALARMSYNC_RUN_TOO_MANY_ERRORS', message, {
        hint: 'see why with alarmsync show --failed, then run: alarmsync resume',
      }),
    );
  }

  /** Nothing but 403 is answered: the credentials are wrong, not the operations. */
  failForbidden(): void {
    this.fail(
      new AlarmSyncError(
        'ALARMSYNC_SERVICE_CREDENTIALS',
        'the service answered 403 to everything that was in flight',
        {
          status: 403,
          failureClass: 'http_4xx_403',
          hint: 'the token needs the right to write; then run: alarmsync resume',
        },
      ),
    );
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#graceTimer);
  }
}
