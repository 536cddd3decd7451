// The tries of operations that were not done at once, one row a try.

import type Database from 'better-sqlite3';

import type { FailureClass } from '../alarm/errors.ts';
import type { LedgerTables } from './plan-schema.ts';

export type AttemptStep = 'check' | 'write' | 'lookup';

/** What one try showed. `refused`: a definite no. `unknown`: no one can tell whether the service acted. */
export type AttemptResult =
  'refused' | 'unknown' | 'throttled' | 'absent' | 'as_before' | 'as_wanted' | 'changed';

export interface Attempt {
  readonly operationId: number;
  readonly step: AttemptStep;
  readonly atMs: number;
  readonly result: AttemptResult;
  readonly status: number | null;
  readonly failureClass: FailureClass | null;
  readonly message: string | null;
}

/** How often a step of an operation came to nothing, or to nothing certain. */
export interface AttemptCount extends Pick<Attempt, 'step' | 'result' | 'failureClass' | 'status'> {
  readonly count: number;
}

interface AttemptRow {
  readonly operation_id: number;
  readonly step: AttemptStep;
  readonly at_ms: number;
  readonly result: AttemptResult;
  readonly status: number | null;
  readonly failure_class: FailureClass | null;
  readonly message: string | null;
}

export class AttemptTable {
  readonly #appendQuery: Database.Statement<Attempt>;
  readonly #ofOperationQuery: Database.Statement<[number], AttemptRow>;
  readonly #countQuery: Database.Statement<[number], AttemptCount>;

  constructor(database: Database.Database, { attempt }: LedgerTables) {
    this.#appendQuery = database.prepare(`
      INSERT INTO ${attempt} (operation_id, step, at_ms, result, status, failure_class, message)
      VALUES (@operationId, @step, @atMs, @result, @status, @failureClass, @message)`);
    this.#ofOperationQuery = database.prepare(`SELECT * FROM ${attempt} WHERE operation_id = ? ORDER BY id`);
    this.#countQuery = database.prepare(`
      SELECT step, result, failure_class AS failureClass, status, count(*) AS count
      FROM ${attempt} GROUP BY 1, 2, 3, 4 ORDER BY count DESC, 1, 2, 3, 4 LIMIT ?`);
  }

  append(attempt: Attempt): void {
    this.#appendQuery.run(attempt);
  }

  /** Tries by what they met, the most frequent first. */
  counts(limitCount: number): readonly AttemptCount[] {
    return this.#countQuery.all(limitCount);
  }

  ofOperation(operationId: number): readonly Attempt[] {
    return this.#ofOperationQuery.all(operationId).map((row) => ({
      operationId: row.operation_id,
      step: row.step,
      atMs: row.at_ms,
      result: row.result,
      status: row.status,
      failureClass: row.failure_class,
      message: row.message,
    }));
  }
}
