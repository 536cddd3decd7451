// Outcomes of single operations -> settlements of many in one durable transaction.

import { asAlarmSyncError, type AlarmSyncError } from '../../alarm/errors.ts';
import type { Attempt } from '../../store/attempt-table.ts';
import type { ClaimedOperation, Settlement } from '../../store/operation.ts';
import type { Ledger } from '../../store/ledger.ts';
import { publish, type OperationOutcome } from '../../telemetry/names.ts';

/** Settlements kept back at most. Each claim takes along what has gathered, so that few commits are for them alone. */
const BATCH_COUNT = 4096;
const FLUSH_INTERVAL_MS = 250;

/** Collects what tasks found out. An operation is published only once its outcome is durable. */
export class LedgerWriter implements Disposable {
  readonly #ledger: Ledger;
  readonly #onError: (error: AlarmSyncError) => void;
  #settlements: { readonly operation: ClaimedOperation; readonly settlement: Settlement }[] = [];
  #attempts: Attempt[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param onError hears of a commit that failed in the background; what it held is kept for the next one. */
  constructor(ledger: Ledger, onError: (error: AlarmSyncError) => void) {
    this.#ledger = ledger;
    this.#onError = onError;
  }

  settle(operation: ClaimedOperation, settlement: Settlement): void {
    this.#settlements.push({ operation, settlement });
    if (this.#settlements.length >= BATCH_COUNT) this.flush();
    else this.#timer ??= setTimeout(() => this.#flushInBackground(), FLUSH_INTERVAL_MS);
  }

  note(attempt: Attempt): void {
    this.#attempts.push(attempt);
  }

  /** Everything told so far is durable when this returns. */
  flush(): void {
    this.flushWith(() => {});
  }

  /** The same, together with another step in the same transaction: one wait for the disk instead of two. */
  flushWith<Result>(step: () => Result): Result {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const settled = this.#settlements;
    const result = this.#ledger.inTransaction(() => {
      this.#ledger.record(
        settled.map(({ settlement }) => settlement),
        this.#attempts,
      );
      return step();
    });
    this.#settlements = [];
    this.#attempts = [];
    for (const { operation, settlement } of settled) {
      const { state, attemptCount, failureClass } = settlement;
      if (state === 'pending') continue;
      const outcome: OperationOutcome = state;
      publish('operation', {
        action: operation.action,
        name: operation.name,
        outcome,
        attempts: attemptCount,
        ...this.#ledger.toldSubject,
        ...(failureClass === undefined ? {} : { failureClass }),
      });
    }
    return result;
  }

  #flushInBackground(): void {
    try {
      this.flush();
    } catch (thrown) {
      this.#onError(asAlarmSyncError(thrown));
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
