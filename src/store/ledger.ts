// The operations of one kind of definition, with their tries: what is written down before anything is sent, and after.

import type Database from 'better-sqlite3';

import { AttemptTable, type Attempt } from './attempt-table.ts';
import type { Action, Settlement } from './operation.ts';
import { OperationStatistics } from './operation-statistics.ts';
import { OperationTable } from './operation-table.ts';
import type { LedgerTables } from './plan-schema.ts';

/** One operation to be planned; texts are JSON of `params`. */
export interface NewOperation {
  readonly action: Action;
  readonly name: string;
  /** Null for a create. */
  readonly beforeParams: string | null;
  /** Null for a delete. */
  readonly afterParams: string | null;
  readonly handle: string | null;
  /** Why it is in conflict from the start, and never sent; null when it is not. */
  readonly conflict: string | null;
}

export class Ledger {
  readonly subject: LedgerTables['subject'];
  readonly operations: OperationTable;
  readonly statistics: OperationStatistics;
  readonly attempts: AttemptTable;
  readonly #database: Database.Database;
  readonly #tables: LedgerTables;

  constructor(database: Database.Database, tables: LedgerTables) {
    this.#database = database;
    this.#tables = tables;
    this.subject = tables.subject;
    this.operations = new OperationTable(database, tables);
    this.statistics = new OperationStatistics(database, tables);
    this.attempts = new AttemptTable(database, tables);
  }

  /** As whoever is told of an operation gets it: that it is of an alarm goes without saying. */
  get toldSubject(): { readonly subject?: 'downtime' } {
    return this.subject === 'alarm' ? {} : { subject: this.subject };
  }

  /** Plans some operations, in the order of sending: deletes last. */
  plan(operations: readonly NewOperation[]): void {
    const { operation, image } = this.#tables;
    const insertQuery = this.#database.prepare(
      `INSERT INTO ${operation} (action, name, state, failure_class, failure_message)
       VALUES (@action, @name, iif(@conflict IS NULL, 'pending', 'conflict'), iif(@conflict IS NULL, NULL, 'other'), @conflict)`,
    );
    const insertImageQuery = this.#database.prepare(
      `INSERT INTO ${image} (operation_id, before_params, after_params, handle)
       VALUES (@id, @beforeParams, @afterParams, @handle)`,
    );
    this.inTransaction(() => {
      for (const planned of operations) {
        const { lastInsertRowid } = insertQuery.run(planned);
        insertImageQuery.run({ ...planned, id: lastInsertRowid });
      }
    });
  }

  /** Whether a whole name matches a GLOB pattern of SQLite, as --scope does. */
  matches(name: string, glob: string): boolean {
    return this.#database.prepare<[string, string], number>('SELECT ? GLOB ?').pluck().get(name, glob) === 1;
  }

  /** Forgets every operation. */
  clear(): void {
    const { operation, image, attempt } = this.#tables;
    this.#database.exec(`DELETE FROM ${attempt}; DELETE FROM ${image}; DELETE FROM ${operation}`);
  }

  /** Everything that the step writes, or nothing of it. */
  inTransaction<Result>(step: () => Result): Result {
    return this.#database.transaction(step)();
  }

  /** Writes outcomes and tries down in one transaction. */
  record(settlements: readonly Settlement[], attempts: readonly Attempt[]): void {
    this.inTransaction(() => {
      for (const attempt of attempts) this.attempts.append(attempt);
      this.operations.settle(settlements);
    });
  }
}
