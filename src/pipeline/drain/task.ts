// One claimed operation -> its settlement: sends, waits, looks up, and sends again when that is safe.

import { asAlarmSyncError, type AlarmSyncError } from '../../alarm/errors.ts';
import { backoffDelayMs, MAX_THROTTLE_MS, sleep } from '../../services/retry.ts';
import type { Attempt, AttemptResult, AttemptStep } from '../../store/attempt-table.ts';
import type { ClaimedOperation, Settlement } from '../../store/operation.ts';
import { publish } from '../../telemetry/names.ts';
import { isThrottle, type Outcome } from './outcome.ts';
import type { Likeness, OperationSender } from './send.ts';

export interface TaskSettings {
  /** Attempts beyond the first, of a write and of a look-up. */
  readonly retryCount: number;
  /** How long after a sending its outcome may first be looked up, in milliseconds. */
  readonly settleTimeMs: number;
}

export interface TaskDeps {
  readonly sender: OperationSender;
  /** Runs a step when a place in flight is free; look-ups go before sendings. */
  readonly inFlight: <Result>(step: () => Promise<Result>, isLookUp: boolean) => Promise<Result>;
  readonly note: (attempt: Attempt) => void;
  /** The service answered, well or with this error. */
  readonly answered: (error: AlarmSyncError | undefined) => void;
  /** The run cannot go on: ends it, and with it `stop` is aborted. */
  readonly fail: (error: AlarmSyncError) => void;
  readonly nowEpochMs: () => number;
  /** Aborted when the run stops: nothing new is sent, waits end. */
  readonly stop: AbortSignal;
  /** Aborted when what is in flight must end too. */
  readonly kill: AbortSignal;
}

/** A create is sent again only after this many look-ups that agree on its absence. */
const AGREEING_LOOKUP_COUNT = 2;

/**
 * States of a task, what enters and what leaves:
 *
 *   sendable  nothing is under way at the service      -> settled | sendable, after a back-off | unknown
 *   unknown   a write left, and no one knows its fate  -> settled | sendable, after agreeing look-ups
 *   settled   the ledger can be told
 *
 * Undefined leaves the operation `sent` in the ledger: whoever goes on must look it up first.
 */
export class OperationTask {
  readonly #deps: TaskDeps;
  readonly #settings: TaskSettings;
  readonly #operation: ClaimedOperation;
  #attemptCount: number;
  #wasAmbiguous: boolean;
  #lastSentMs = -Infinity;
  #failureCount = 0;
  #throttleCount = 0;

  constructor(deps: TaskDeps, settings: TaskSettings, operation: ClaimedOperation) {
    this.#deps = deps;
    this.#settings = settings;
    this.#operation = operation;
    this.#attemptCount = operation.attemptCount;
    this.#wasAmbiguous = operation.wasAmbiguous;
  }

  /** When its last sending began, on the monotonic clock. */
  get lastSentMs(): number {
    return this.#lastSentMs;
  }

  /** Never throws: what ends the run goes to `fail`. */
  async run(isUnknown: boolean): Promise<Settlement | undefined> {
    if (isUnknown) {
      const settlement = await this.#resolve();
      if (settlement !== 'sendable') return settlement;
    }
    for (;;) {
      if (this.#deps.stop.aborted) return this.#settle('pending');
      const attemptCountBefore = this.#attemptCount;
      const outcome = await this.#send();
      if (outcome === undefined) return this.#settle('pending');
      const settlement = await this.#afterSending(
        outcome,
        this.#attemptCount > attemptCountBefore ? 'write' : 'check',
      );
      if (settlement !== 'sendable') return settlement;
    }
  }

  /** Looks the outcome up and sends nothing: an operation that had no effect is pending again. Never throws. */
  async lookUpOnly(): Promise<Settlement | undefined> {
    const settlement = await this.#resolve();
    return settlement === 'sendable' ? this.#settle('pending') : settlement;
  }

  /** Undefined when the run stopped before anything was sent. */
  async #send(): Promise<Outcome | undefined> {
    const { sender, inFlight, stop, kill } = this.#deps;
    const attemptCountBefore = this.#attemptCount;
    try {
      return await inFlight(async () => {
        if (stop.aborted) return undefined;
        this.#lastSentMs = performance.now();
        return sender.send(this.#operation, { noteWrite: () => (this.#attemptCount += 1) }, kill);
      }, false);
    } catch (thrown) {
      const error = asAlarmSyncError(thrown);
      if (!kill.aborted) this.#deps.fail(error);
      // As if never claimed when no write left, or when it was refused together with the credentials.
      const isDefinite =
        this.#attemptCount === attemptCountBefore || error.code === 'ALARMSYNC_SERVICE_CREDENTIALS';
      return isDefinite ? undefined : { kind: 'unknown', error };
    }
  }

  /** @param step how far the sending came: only the check, or a write that left. */
  async #afterSending(outcome: Outcome, step: AttemptStep): Promise<Settlement | undefined | 'sendable'> {
    this.#deps.answered('error' in outcome ? outcome.error : undefined);
    switch (outcome.kind) {
      case 'done':
        if (outcome.found !== undefined) this.#note('check', outcome.found);
        return this.#settle('done', undefined, outcome);
      case 'conflict':
        this.#note('check', 'changed', undefined, outcome.message);
        return this.#settle('conflict', undefined, { failureMessage: outcome.message });
      case 'refused':
        this.#note(step, 'refused', outcome.error);
        return this.#settle('failed', outcome.error);
      case 'again':
        this.#note(step, isThrottle(outcome.error) ? 'throttled' : 'refused', outcome.error);
        return this.#backOff(outcome.error);
      case 'unknown':
        this.#note('write', 'unknown', outcome.error);
        return this.#resolve(outcome.error);
    }
  }

  /** Nothing happened at the service: waits and says whether to try again. A throttle costs no try. */
  async #backOff(error: AlarmSyncError): Promise<Settlement | 'sendable'> {
    if (isTooLong(error)) this.#deps.fail(error);
    if (!isThrottle(error)) this.#failureCount += 1;
    if (this.#failureCount > this.#settings.retryCount) return this.#settle('retryable', error);
    this.#throttleCount = isThrottle(error) ? this.#throttleCount + 1 : 0;
    const isStopped = await this.#wait(
      backoffDelayMs(Math.max(this.#failureCount, this.#throttleCount), Math.random),
    );
    if (isStopped) return this.#settle('pending', error);
    publish('retry', { phase: 'drain', failureClass: error.failureClass });
    return 'sendable';
  }

  /** Looks the outcome up, not sooner than the settle time after the sending, until it is known. */
  async #resolve(error?: AlarmSyncError): Promise<Settlement | undefined | 'sendable'> {
    this.#wasAmbiguous = true;
    const neededCount = this.#operation.action === 'create' ? AGREEING_LOOKUP_COUNT : 1;
    let agreeingCount = 0;
    while (agreeingCount < neededCount) {
      if (await this.#wait(this.#settings.settleTimeMs)) return undefined;
      const likeness = await this.#lookUp();
      if (likeness === undefined) return undefined;
      const settlement = this.#settlementOf(likeness);
      if (settlement !== undefined) return settlement;
      agreeingCount += 1;
    }
    if (error === undefined) return 'sendable';
    return this.#backOff(error);
  }

  /** What a look-up says of an operation of unknown outcome; undefined: it had no effect. */
  #settlementOf(likeness: Likeness): Settlement | undefined {
    const { action } = this.#operation;
    if (likeness === 'as_wanted') return this.#settle('done');
    if (likeness === 'absent' && action === 'delete') return this.#settle('done');
    if (likeness === 'absent' && action === 'create') return undefined;
    if (likeness === 'as_before') return undefined;
    const failureMessage =
      likeness === 'absent'
        ? 'it was deleted since it was listed'
        : 'its outcome was unknown, and it is now neither as it was nor as it is wanted';
    return this.#settle('conflict', undefined, { failureMessage });
  }

  /** Undefined when the tries are used up or the run stopped: the outcome stays unknown. */
  async #lookUp(): Promise<Likeness | undefined> {
    const { sender, inFlight, stop, kill } = this.#deps;
    for (let failureCount = 0; failureCount <= this.#settings.retryCount;) {
      if (stop.aborted) return undefined;
      try {
        const likeness = await inFlight(async () => sender.lookUp(this.#operation, kill), true);
        this.#note('lookup', likeness);
        this.#deps.answered(undefined);
        return likeness;
      } catch (thrown) {
        if (kill.aborted) return undefined;
        const error = asAlarmSyncError(thrown);
        if (error.disposition === 'stop' || isTooLong(error)) {
          this.#deps.fail(error);
          return undefined;
        }
        this.#note('lookup', isThrottle(error) ? 'throttled' : 'unknown', error);
        this.#deps.answered(error);
        if (!isThrottle(error)) failureCount += 1;
        publish('retry', { phase: 'drain', failureClass: error.failureClass });
        if (await this.#wait(backoffDelayMs(failureCount + 1, Math.random))) return undefined;
      }
    }
    return undefined;
  }

  /** True when the run stopped meanwhile. */
  async #wait(durationMs: number): Promise<boolean> {
    try {
      await sleep(durationMs, this.#deps.stop);
      return false;
    } catch {
      return true;
    }
  }

  #note(step: AttemptStep, result: AttemptResult, error?: AlarmSyncError, message?: string): void {
    this.#deps.note({
      operationId: this.#operation.id,
      step,
      atMs: this.#deps.nowEpochMs(),
      result,
      status: error?.status ?? null,
      failureClass: error?.failureClass ?? null,
      message: message ?? error?.message ?? null,
    });
  }

  #settle(
    state: Settlement['state'],
    error?: AlarmSyncError,
    more: Partial<Pick<Settlement, 'failureMessage' | 'replacedParams' | 'sentParams'>> = {},
  ): Settlement {
    const { failureMessage, replacedParams, sentParams } = more;
    return {
      id: this.#operation.id,
      state,
      attemptCount: this.#attemptCount,
      wasAmbiguous: this.#wasAmbiguous,
      atMs: this.#deps.nowEpochMs(),
      ...(error === undefined ? {} : { failureClass: error.failureClass, failureMessage: error.message }),
      ...(error?.status === undefined ? {} : { failureStatus: error.status }),
      ...(failureMessage === undefined ? {} : { failureMessage, failureClass: 'other' as const }),
      ...(replacedParams === undefined ? {} : { replacedParams }),
      ...(sentParams === undefined ? {} : { sentParams }),
    };
  }
}

/** A service that asks for more than this ends the run, resumably. */
function isTooLong(error: AlarmSyncError): boolean {
  return (error.retryAfterMs ?? 0) > MAX_THROTTLE_MS;
}
