// The plan file: opens, checks and closes it, and keeps its one row about the run.

import { existsSync } from 'node:fs';

import Database from 'better-sqlite3';

import { AlarmSyncError } from '../alarm/errors.ts';
import { HandedOverTable } from './handed-over-table.ts';
import { Ledger } from './ledger.ts';
import {
  ALARM_TABLES,
  DOWNTIME_TABLES,
  ledgerSchema,
  PLAN_APPLICATION_ID,
  PLAN_INDEXES,
  PLAN_SCHEMA,
  PLAN_VERSION,
} from './plan-schema.ts';
import { RejectedRowTable } from './rejected-row-table.ts';
import { RunTable, type NewRun } from './run-table.ts';
import { openForReading, openOwned } from './sqlite.ts';

/**
 * An open plan file. Durable at each commit (`synchronous=FULL`); one single file when closed.
 * While a run drains it, `journal_mode` is WAL; closing folds the log back into the file.
 */
export class PlanFile implements Disposable {
  readonly path: string;
  readonly database: Database.Database;
  readonly run: RunTable;
  readonly alarms: Ledger;
  /** Of the downtimes that the configuration names; they are drained first. */
  readonly downtimes: Ledger;
  readonly handedOver: HandedOverTable;
  readonly rejectedRows: RejectedRowTable;
  readonly #isReadOnly: boolean;

  private constructor(file: string, database: Database.Database) {
    this.path = file;
    this.database = database;
    this.#isReadOnly = database.readonly;
    if (!this.#isReadOnly) database.pragma('synchronous = FULL');
    this.run = new RunTable(database);
    this.alarms = new Ledger(database, ALARM_TABLES);
    if (!hasTable(database, DOWNTIME_TABLES.operation)) standInForDowntimes(database);
    this.downtimes = new Ledger(database, DOWNTIME_TABLES);
    this.handedOver = new HandedOverTable(database);
    this.rejectedRows = new RejectedRowTable(database);
  }

  /** Makes a new plan file with its run. @throws {ALARMSYNC_CLI_USAGE} when a file stands there already. */
  static create(file: string, run: NewRun): PlanFile {
    if (existsSync(file)) {
      throw new AlarmSyncError(
        'ALARMSYNC_CLI_USAGE',
        `expected a new file for the plan, but ${file} exists`,
        {
          hint: 'name another file with --out, or move that one away',
        },
      );
    }
    const database = openOwned(file);
    database.pragma(`application_id = ${PLAN_APPLICATION_ID}`);
    database.transaction(() => {
      database.exec(PLAN_SCHEMA);
      database.pragma(`user_version = ${PLAN_VERSION}`);
      new RunTable(database).insert(run);
    })();
    return new PlanFile(file, database);
  }

  /**
   * Opens a plan file to go on with it.
   * @throws {ALARMSYNC_PLAN_UNREADABLE} when it is missing, damaged, foreign or of a newer version.
   */
  static open(file: string): PlanFile {
    return PlanFile.#checked(file, () => openOwned(file));
  }

  /** Opens a plan file to look at it; never writes. @throws {ALARMSYNC_PLAN_UNREADABLE} as open. */
  static openReadOnly(file: string): PlanFile {
    if (existsSync(`${file}-journal`)) rollBackInterrupted(file);
    return PlanFile.#checked(file, () => openForReading(file));
  }

  static #checked(file: string, open: () => Database.Database): PlanFile {
    if (!existsSync(file)) throw unreadable(file, 'there is no such file');
    let database: Database.Database | undefined;
    try {
      database = open();
      const found = database.pragma('application_id', { simple: true });
      if (found !== PLAN_APPLICATION_ID) throw unreadable(file, 'it is a SQLite database of something else');
      const version = Number(database.pragma('user_version', { simple: true }));
      if (version > PLAN_VERSION) {
        throw unreadable(
          file,
          `it is of plan version ${version}, and this alarmsync knows up to ${PLAN_VERSION}`,
        );
      }
      const plan = new PlanFile(file, database);
      plan.run.read();
      return plan;
    } catch (error) {
      database?.close();
      if (error instanceof AlarmSyncError) throw error;
      throw unreadable(file, error instanceof Error ? error.message : String(error), error);
    }
  }

  /** Builds the indexes for looking at the plan; after the operations stand. */
  buildIndexes(): void {
    this.database.exec(PLAN_INDEXES);
  }

  /**
   * Forgets what a planning wrote: the run starts to plan again, with its settings and approval.
   * @throws {ALARMSYNC_UNEXPECTED} when something of it may have been sent: only its operations tell what became of them.
   */
  restartPlanning(): void {
    this.database.transaction(() => {
      const { runId, phase, startedAtMs } = this.run.read();
      if (startedAtMs !== null) {
        throw new AlarmSyncError(
          'ALARMSYNC_UNEXPECTED',
          `expected a run of which nothing was sent, got ${runId}, which is ${phase}`,
        );
      }
      this.alarms.clear();
      this.downtimes.clear();
      this.database.exec('DELETE FROM rejected_row');
      this.run.noteReplanning();
    })();
  }

  /** What a step reads is of one moment, even while a run goes on. */
  atOneMoment<Result>(step: () => Result): Result {
    return this.database.transaction(step)();
  }

  /** From here commits go to a log beside the file, which makes each one cheaper and as durable. */
  startDraining(): void {
    this.database.pragma('journal_mode = WAL');
    this.database.pragma('synchronous = FULL');
  }

  [Symbol.dispose](): void {
    try {
      // Folds the log back into the one file. Where that cannot be now, the log stays beside it and loses nothing.
      if (!this.#isReadOnly && !this.database.inTransaction) this.database.pragma('journal_mode = DELETE');
    } catch (error) {
      if (!(error instanceof Database.SqliteError)) throw error;
    } finally {
      this.database.close();
    }
  }
}

function hasTable(database: Database.Database, name: string): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(name) !== undefined;
}

/** A plan from before there were downtimes has none: its tables are empty ones, kept for as long as the file is open. */
function standInForDowntimes(database: Database.Database): void {
  database.exec(ledgerSchema(DOWNTIME_TABLES).replaceAll('CREATE TABLE', 'CREATE TEMP TABLE'));
}

/** A run that was killed in the middle of a transaction left its undo log, which only a writer may play back. */
function rollBackInterrupted(file: string): void {
  try {
    const database = openOwned(file);
    try {
      database.pragma('user_version');
    } finally {
      database.close();
    }
  } catch {
    // Whatever is wrong with the file, opening it for reading will say.
  }
}

function unreadable(file: string, found: string, cause?: unknown): AlarmSyncError {
  return new AlarmSyncError('ALARMSYNC_PLAN_UNREADABLE', `expected a plan file at ${file}, but ${found}`, {
    cause,
    hint: 'make a plan with: alarmsync plan FILE --service URL',
  });
}
