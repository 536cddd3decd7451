// The ledger: the operations of a plan and every step from one state to the next.

import type Database from 'better-sqlite3';

import type { FailureClass } from '../alarm/errors.ts';

export type Action = 'create' | 'update' | 'delete';
export type OperationState = 'pending' | 'sent' | 'done' | 'retryable' | 'failed' | 'conflict' | 'held';

/** An operation with its images; texts are JSON of `params`. */
export interface Operation {
  readonly id: number;
  readonly action: Action;
  readonly name: string;
  readonly state: OperationState;
  readonly fileLine: number | null;
  readonly attemptCount: number;
  readonly wasAmbiguous: boolean;
  readonly sentAtMs: number | null;
  readonly settledAtMs: number | null;
  readonly failureClass: FailureClass | null;
  readonly failureStatus: number | null;
  readonly failureMessage: string | null;
  readonly beforeParams: string | null;
  readonly afterParams: string | null;
  readonly handle: string | null;
  readonly etag: string | null;
}

/** How one operation ended, or that it goes back to be taken again (`pending`). */
export interface Settlement {
  readonly id: number;
  readonly state: Exclude<OperationState, 'sent' | 'held'>;
  readonly attemptCount: number;
  readonly wasAmbiguous: boolean;
  readonly atMs: number;
  readonly failureClass?: FailureClass;
  readonly failureStatus?: number;
  readonly failureMessage?: string;
  readonly replacedParams?: string;
  readonly sentParams?: string;
}

/** Which operations to show. `failed` means parked, retryable, in conflict, held or of unknown outcome. */
export interface OperationFilter {
  readonly action?: Action;
  readonly failed?: boolean;
  /** SQLite GLOB over the whole name, case-sensitive. */
  readonly nameGlob?: string;
  readonly limitCount?: number;
}

export type OperationCounts = Readonly<Record<Action, Readonly<Record<OperationState, number>>>>;

interface OperationRow {
  readonly id: number;
  readonly action: Action;
  readonly name: string;
  readonly state: OperationState;
  readonly file_line: number | null;
  readonly attempt_count: number;
  readonly was_ambiguous: number;
  readonly sent_at_ms: number | null;
  readonly settled_at_ms: number | null;
  readonly failure_class: FailureClass | null;
  readonly failure_status: number | null;
  readonly failure_message: string | null;
  readonly before_params: string | null;
  readonly after_params: string | null;
  readonly handle: string | null;
  readonly etag: string | null;
}

const SELECT = `
  SELECT operation.id, action, name, state, file_line, attempt_count, was_ambiguous, sent_at_ms, settled_at_ms,
         failure_class, failure_status, failure_message, before_params, after_params, handle, etag
  FROM operation JOIN image ON image.operation_id = operation.id`;

export class OperationTable {
  readonly #claimQuery: Database.Statement<
    { afterId: number; isDelete: number; limitCount: number },
    OperationRow
  >;
  readonly #markSentQuery: Database.Statement<{ id: number; nowMs: number }>;
  readonly #settleQuery: Database.Statement<Record<string, string | number | null>>;
  readonly #noteImagesQuery: Database.Statement<Record<string, string | number | null>>;
  readonly #database: Database.Database;

  constructor(database: Database.Database) {
    this.#database = database;
    this.#claimQuery = database.prepare(`${SELECT}
      WHERE operation.id > @afterId AND state IN ('pending', 'sent', 'retryable', 'held') AND state = 'pending'
        AND (action = 'delete') = @isDelete
      ORDER BY operation.id LIMIT @limitCount`);
    this.#markSentQuery = database.prepare(
      `UPDATE operation SET state = 'sent', sent_at_ms = @nowMs WHERE id = @id`,
    );
    this.#settleQuery = database.prepare(`
      UPDATE operation SET state = @state, attempt_count = @attemptCount, was_ambiguous = @wasAmbiguous,
        settled_at_ms = @atMs, failure_class = @failureClass, failure_status = @failureStatus,
        failure_message = @failureMessage
      WHERE id = @id`);
    this.#noteImagesQuery = database.prepare(`
      UPDATE image SET replaced_params = @replacedParams, sent_params = @sentParams WHERE operation_id = @id`);
  }

  /**
   * pending -> sent, oldest first, from after that id. Durable before it returns: only then may anything be sent.
   * Shape: [] when nothing is left.
   */
  claim(
    filter: { readonly isDelete: boolean; readonly afterId: number; readonly limitCount: number },
    nowEpochMs: number,
  ): readonly Operation[] {
    return this.#database.transaction(() => {
      const rows = this.#claimQuery.all({
        afterId: filter.afterId,
        isDelete: filter.isDelete ? 1 : 0,
        limitCount: filter.limitCount,
      });
      for (const row of rows) this.#markSentQuery.run({ id: row.id, nowMs: nowEpochMs });
      return rows.map(decodeOperation);
    })();
  }

  /** sent -> done | retryable | failed | conflict | pending, all in one transaction. */
  settle(settlements: readonly Settlement[]): void {
    this.#database.transaction(() => {
      for (const settlement of settlements) {
        this.#settleQuery.run({
          id: settlement.id,
          state: settlement.state,
          attemptCount: settlement.attemptCount,
          wasAmbiguous: settlement.wasAmbiguous ? 1 : 0,
          atMs: settlement.atMs,
          failureClass: settlement.failureClass ?? null,
          failureStatus: settlement.failureStatus ?? null,
          failureMessage: settlement.failureMessage ?? null,
        });
        if (settlement.replacedParams !== undefined || settlement.sentParams !== undefined) {
          this.#noteImagesQuery.run({
            id: settlement.id,
            replacedParams: settlement.replacedParams ?? null,
            sentParams: settlement.sentParams ?? null,
          });
        }
      }
    })();
  }

  /** retryable, held -> pending: a run is taken up again. */
  releaseForResume(): void {
    this.#database.exec(
      `UPDATE operation SET state = 'pending' WHERE state IN ('pending', 'sent', 'retryable', 'held')
         AND state IN ('retryable', 'held')`,
    );
  }

  /** failed -> pending: what was refused for good is to be tried again. Gives how many. */
  releaseFailed(): number {
    return this.#database.prepare(`UPDATE operation SET state = 'pending' WHERE state = 'failed'`).run()
      .changes;
  }

  /** pending deletes -> held, because something before them was not done. */
  holdDeletes(): readonly string[] {
    return this.#database.transaction(() => {
      const held = this.#database
        .prepare<[], string>(
          `SELECT name FROM operation
           WHERE state IN ('pending', 'sent', 'retryable', 'held') AND state = 'pending' AND action = 'delete'`,
        )
        .pluck()
        .all();
      this.#database.exec(
        `UPDATE operation SET state = 'held' WHERE state IN ('pending', 'sent', 'retryable', 'held')
           AND state = 'pending' AND action = 'delete'`,
      );
      return held;
    })();
  }

  /** Operations claimed by a process that died before it settled them: their outcomes are unknown. */
  listUnknown(): readonly Operation[] {
    return this.#database
      .prepare<[], OperationRow>(
        `${SELECT} WHERE state IN ('pending', 'sent', 'retryable', 'held') AND state = 'sent' ORDER BY operation.id`,
      )
      .all()
      .map(decodeOperation);
  }

  /** Operations that a plan may hold, in order of sending. */
  *iterate(filter: OperationFilter = {}): Generator<Operation> {
    const rows = this.#database
      .prepare<Record<string, string | number | null>, OperationRow>(
        `${SELECT}
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

  /** The operations of one action by name, byte for byte. */
  *iterateByName(action: Action): Generator<Operation> {
    const rows = this.#database
      .prepare<[Action], OperationRow>(`${SELECT} WHERE action = ? ORDER BY name`)
      .iterate(action);
    for (const row of rows) yield decodeOperation(row);
  }

  find(name: string): Operation | undefined {
    const row = this.#database.prepare<[string], OperationRow>(`${SELECT} WHERE name = ?`).get(name);
    return row === undefined ? undefined : decodeOperation(row);
  }

  counts(): OperationCounts {
    const counts = { create: noCounts(), update: noCounts(), delete: noCounts() };
    const rows = this.#database
      .prepare<[], { action: Action; state: OperationState; count: number }>(
        'SELECT action, state, count(*) AS count FROM operation GROUP BY action, state',
      )
      .all();
    for (const row of rows) counts[row.action][row.state] = row.count;
    return counts;
  }

  /** Operations that a drain would take up. */
  unfinishedCount(): number {
    return (
      this.#database
        .prepare<[], number>(
          `SELECT count(*) FROM operation WHERE state IN ('pending', 'sent', 'retryable', 'held')`,
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
          `SELECT count(*) FROM operation WHERE was_ambiguous = 1 AND state IN ('done', 'failed', 'conflict')`,
        )
        .pluck()
        .get() ?? 0
    );
  }
}

function noCounts(): Record<OperationState, number> {
  return { pending: 0, sent: 0, done: 0, retryable: 0, failed: 0, conflict: 0, held: 0 };
}

function decodeOperation(row: OperationRow): Operation {
  return {
    id: row.id,
    action: row.action,
    name: row.name,
    state: row.state,
    fileLine: row.file_line,
    attemptCount: row.attempt_count,
    wasAmbiguous: row.was_ambiguous === 1,
    sentAtMs: row.sent_at_ms,
    settledAtMs: row.settled_at_ms,
    failureClass: row.failure_class,
    failureStatus: row.failure_status,
    failureMessage: row.failure_message,
    beforeParams: row.before_params,
    afterParams: row.after_params,
    handle: row.handle,
    etag: row.etag,
  };
}
