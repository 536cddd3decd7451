// A path -> the reference service's database, opened or newly made, and nobody else's.

import Database from 'better-sqlite3';
import { closeSync, openSync } from 'node:fs';

import { AlarmSyncError } from '../alarm/errors.ts';

/** Marks the file as ours ("alrm"), so that another program's database is never written to. */
const APPLICATION_ID = 0x616c726d;

/** How long a write waits for another connection's. */
const BUSY_TIMEOUT_MS = 10_000;

// SQLite does not wait by itself while two connections turn one new file to WAL: seen in 2 of 120 openings, six at a time.
const OPEN_ATTEMPT_COUNT = 50;
const OPEN_PAUSE_MS = 20;

// AUTOINCREMENT: an id is never given twice, so an alarm deleted and made again has another etag.
// One transaction: another thread that opens the file at the same time sees all of it or nothing.
const SCHEMA = `
  BEGIN IMMEDIATE;
  CREATE TABLE IF NOT EXISTS alarm (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    params TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
  );
  CREATE INDEX IF NOT EXISTS alarm_by_name ON alarm (name);
  PRAGMA application_id = ${APPLICATION_ID};
  COMMIT;
`;

/**
 * Opens the file, making it with mode 0600 when it is missing; `:memory:` is a database without a file.
 * @param isDurable whether commits are synced to the disk at checkpoints, or never.
 * @throws {ALARMSYNC_SERVICE_ADDRESS} when the file cannot be opened or is no database.
 * @throws {ALARMSYNC_SERVICE_FOREIGN} when it is the database of another program.
 */
export function openAlarmFile(file: string, isDurable: boolean): Database.Database {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return openOnce(file, isDurable);
    } catch (thrown) {
      if (thrown instanceof AlarmSyncError) throw thrown;
      const reason = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
      if (!reason.startsWith('SQLITE_BUSY') || attempt === OPEN_ATTEMPT_COUNT) {
        throw new AlarmSyncError(
          'ALARMSYNC_SERVICE_ADDRESS',
          `expected a database file of the reference service that can be opened, got ${reason}: ${file}`,
          { cause: thrown, hint: 'name a file in a directory that exists and that you may write to' },
        );
      }
      sleepBlocking(OPEN_PAUSE_MS);
    }
  }
}

function openOnce(file: string, isDurable: boolean): Database.Database {
  // SQLite gives its side files the mode of the main file.
  if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600));
  const database = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    const isNew = isEmptyElseOurs(database, file);
    database.pragma('journal_mode = WAL');
    database.pragma(`synchronous = ${isDurable ? 'NORMAL' : 'OFF'}`);
    if (isNew) database.exec(SCHEMA);
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

function sleepBlocking(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

function isEmptyElseOurs(database: Database.Database, file: string): boolean {
  // Tables before id: a database that another thread is just making has either none, or both.
  const tableCount = database.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get();
  if (tableCount === 0) return true;
  if (database.pragma('application_id', { simple: true }) === APPLICATION_ID) return false;
  throw new AlarmSyncError(
    'ALARMSYNC_SERVICE_FOREIGN',
    `expected a database of the reference service, got another program's: ${file}`,
  );
}
