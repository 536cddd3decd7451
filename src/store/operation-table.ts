// The ledger: the operations of a plan and every step from one state to the next.

import type Database from 'better-sqlite3';

import { AlarmSyncError } from '../alarm/errors.ts';
import {
  ACTIONS,
  OPERATION_STATES,
  type Action,
  type ClaimedOperation,
  type Operation,
  type OperationCounts,
  type OperationFilter,
  type OperationImages,
  type OperationState,
  type Settlement,
} from './operation.ts';
import type { LedgerTables } from './plan-schema.ts';

/** As an array: better-sqlite3 makes those in half the time of objects, and a claim holds up what is to be sent. */
type ClaimedRow = readonly [
  id: number,
  action: Action,
  name: string,
  attemptCount: number,
  wasAmbiguous: number,
  beforeParams: string | null,
  afterParams: string | null,
  handle: string | null,
  etag: string | null,
];

type OperationRow = Omit<Operation, 'wasAmbiguous'> & { readonly wasAmbiguous: number };

const CLAIMED_COLUMNS =
  'operation.id, action, name, attempt_count, was_ambiguous, before_params, after_params, handle, etag';

const COLUMNS = `
  operation.id, action, name, attempt_count AS attemptCount, was_ambiguous AS wasAmbiguous,
    before_params AS beforeParams, after_params AS afterParams, handle, etag, state, file_line AS fileLine,
    sent_at_ms AS sentAtMs, settled_at_ms AS settledAtMs, failure_class AS failureClass,
    failure_status AS failureStatus, failure_message AS failureMessage, replaced_params AS replacedParams,
    sent_params AS sentParams`;

export class OperationTable {
  readonly #claimQuery: Database.Statement<
    { afterId: number; isDelete: number; limitCount: number },
    ClaimedRow
  >;
  readonly #markSentQuery: Database.Statement<{
    firstId: number;
    lastId: number;
    isDelete: number;
    nowMs: number;
  }>;
  // Positional, since both are run for each operation: names would be looked up each time.
  readonly #settleQuery: Database.Statement<(string | number | null)[]>;
  readonly #noteImagesQuery: Database.Statement<(string | number | null)[]>;
  readonly #database: Database.Database;
  /** The table, and how it is joined with its images. */
  readonly #table: string;
  readonly #joined: string;

  constructor(database: Database.Database, { operation, image }: LedgerTables) {
    this.#database = database;
    this.#table = operation;
    this.#joined = `${operation} AS operation JOIN ${image} AS image ON image.operation_id = operation.id`;
    this.#claimQuery = database
      .prepare<{ afterId: number; isDelete: number; limitCount: number }, ClaimedRow>(
        `SELECT ${CLAIMED_COLUMNS} FROM ${this.#joined}
         WHERE operation.id > @afterId AND state = 'pending' AND (action = 'delete') = @isDelete
         ORDER BY operation.id LIMIT @limitCount`,
      )
      .raw();
    this.#markSentQuery = database.prepare(`
      UPDATE ${this.#table} SET state = 'sent', sent_at_ms = @nowMs
      WHERE id BETWEEN @firstId AND @lastId AND state = 'pending' AND (action = 'delete') = @isDelete`);
    this.#settleQuery = database.prepare(`
      UPDATE ${this.#table} SET state = ?, attempt_count = ?, was_ambiguous = ?, settled_at_ms = ?, failure_class = ?,
        failure_status = ?, failure_message = ?
      WHERE id = ?`);
    this.#noteImagesQuery = database.prepare(
      `UPDATE ${image} SET replaced_params = ?, sent_params = ? WHERE operation_id = ?`,
    );
  }

  /**
   * pending -> sent, oldest first, from after that id. Durable before it returns: only then may anything be sent.
   * Shape: [] when nothing is left.
   */
  claim(
    filter: { readonly isDelete: boolean; readonly afterId: number; readonly limitCount: number },
    nowEpochMs: number,
  ): readonly ClaimedOperation[] {
    const isDelete = filter.isDelete ? 1 : 0;
    return this.#database.transaction(() => {
      const claimed = this.#claimQuery
        .all({ afterId: filter.afterId, isDelete, limitCount: filter.limitCount })
        .map(decodeClaimed);
      const first = claimed[0];
      const last = claimed.at(-1);
      if (first === undefined || last === undefined) return [];
      this.#markSentQuery.run({ firstId: first.id, lastId: last.id, isDelete, nowMs: nowEpochMs });
      return claimed;
    })();
  }

  /** sent -> done | retryable | failed | conflict | pending, all in one transaction. */
  settle(settlements: readonly Settlement[]): void {
    this.#database.transaction(() => {
      for (const settlement of settlements) {
        this.#settleQuery.run(
          settlement.state,
          settlement.attemptCount,
          settlement.wasAmbiguous ? 1 : 0,
          settlement.atMs,
          settlement.failureClass ?? null,
          settlement.failureStatus ?? null,
          settlement.failureMessage ?? null,
          settlement.id,
        );
        const { replacedParams, sentParams } = settlement;
        if (replacedParams !== undefined || sentParams !== undefined)
          this.#noteImagesQuery.run(replacedParams ?? null, sentParams ?? null, settlement.id);
      }
    })();
  }

  /** retryable, held -> pending: a run is taken up again. */
  releaseForResume(): void {
    this.#database.exec(`UPDATE ${this.#table} SET state = 'pending' WHERE state IN ('retryable', 'held')`);
  }

  /** failed -> pending: what was refused for good is to be tried again. Gives how many. */
  releaseFailed(): number {
    return this.#database.prepare(`UPDATE ${this.#table} SET state = 'pending' WHERE state = 'failed'`).run()
      .changes;
  }

  /** pending deletes -> held, because something before them was not done. */
  holdDeletes(): readonly string[] {
    return this.#database.transaction(() => {
      const held = this.#database
        .prepare<[], string>(`SELECT name FROM ${this.#table} WHERE state = 'pending' AND action = 'delete'`)
        .pluck()
        .all();
      this.#database.exec(
        `UPDATE ${this.#table} SET state = 'held' WHERE state = 'pending' AND action = 'delete'`,
      );
      return held;
    })();
  }

  /** Operations claimed by a process that died before it settled them: their outcomes are unknown. */
  listUnknown(): readonly ClaimedOperation[] {
    return this.#database
      .prepare<[], ClaimedRow>(
        `SELECT ${CLAIMED_COLUMNS} FROM ${this.#joined} WHERE state = 'sent' ORDER BY operation.id`,
      )
      .raw()
      .all()
      .map(decodeClaimed);
  }

  /** Operations that a plan may hold, in order of sending. */
  *iterate(filter: OperationFilter = {}): Generator<Operation> {
    const rows = this.#database
      .prepare<Record<string, string | number | null>, OperationRow>(
        `SELECT ${COLUMNS} FROM ${this.#joined}
         WHERE (@action IS NULL OR action = @action)
           AND (@failed = 0 OR state IN ('failed', 'retryable', 'conflict', 'held', 'sent'))
           AND (@nameGlob IS NULL OR name GLOB @nameGlob)
         ORDER BY operation.id LIMIT @limitCount`,
      )
      .iterate({
        action: filter.action ?? null,
        failed: filter.failed === true ? 1 : 0,
        nameGlob: filter.nameGlob ?? null,
        limitCount: filter.limitCount ?? -1,
      });
    for (const row of rows) yield decodeOperation(row);
  }

  /** What the operations of one action change, by name, byte for byte. */
  *iterateImagesByName(action: Action): Generator<OperationImages> {
    const rows = this.#database
      .prepare<[Action], OperationImages>(
        `SELECT name, before_params AS beforeParams, after_params AS afterParams
         FROM ${this.#joined} WHERE action = ? ORDER BY name`,
      )
      .iterate(action);
    for (const row of rows) yield row;
  }

  find(name: string): Operation | undefined {
    const row = this.#database
      .prepare<[string], OperationRow>(`SELECT ${COLUMNS} FROM ${this.#joined} WHERE name = ?`)
      .get(name);
    return row === undefined ? undefined : decodeOperation(row);
  }

  counts(): OperationCounts {
    const counts = { create: noCounts(), update: noCounts(), delete: noCounts() };
    const rows = this.#database
      .prepare<[], { action: Action; state: OperationState; count: number }>(
        `SELECT action, state, count(*) AS count FROM ${this.#table} GROUP BY action, state`,
      )
      .all();
    for (const row of rows) {
      requireKnown(row);
      counts[row.action][row.state] = row.count;
    }
    return counts;
  }

  /** Operations that a drain would take up. */
  unfinishedCount(): number {
    return (
      this.#database
        .prepare<[], number>(
          `SELECT count(*) FROM ${this.#table} WHERE state IN ('pending', 'sent', 'retryable', 'held')`,
        )
        .pluck()
        .get() ?? 0
    );
  }

  /** How many outcomes were unknown and are known now. */
  resolvedAmbiguousCount(): number {
    return (
      this.#database
        .prepare<[], number>(
          `SELECT count(*) FROM ${this.#table} WHERE was_ambiguous = 1 AND state IN ('done', 'failed', 'conflict')`,
        )
        .pluck()
        .get() ?? 0
    );
  }
}

function noCounts(): Record<OperationState, number> {
  return { pending: 0, sent: 0, done: 0, retryable: 0, failed: 0, conflict: 0, held: 0 };
}

function decodeClaimed(row: ClaimedRow): ClaimedOperation {
  const [id, action, name, attemptCount, wasAmbiguous, beforeParams, afterParams, handle, etag] = row;
  return {
    id,
    action,
    name,
    attemptCount,
    wasAmbiguous: wasAmbiguous === 1,
    beforeParams,
    afterParams,
    handle,
    etag,
  };
}

function decodeOperation(row: OperationRow): Operation {
  requireKnown(row);
  return { ...row, wasAmbiguous: row.wasAmbiguous === 1 };
}

/** The file's own checks can be switched off by whoever writes it, and both words are told as they stand. */
function requireKnown({ action, state }: { readonly action: string; readonly state: string }): void {
  if (isOneOf(ACTIONS, action) && isOneOf(OPERATION_STATES, state)) return;
  throw new AlarmSyncError(
    'ALARMSYNC_PLAN_UNREADABLE',
    `expected operations of a plan, got one with the action ${JSON.stringify(action)} and the state ${JSON.stringify(state)}`,
    { hint: 'make a plan with: alarmsync plan FILE --service URL' },
  );
}

function isOneOf(words: readonly string[], word: string): boolean {
  return words.includes(word);
}
