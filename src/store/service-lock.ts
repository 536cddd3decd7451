// One live run a service: a lock that dies with its holder.

import { createHash } from 'node:crypto';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type Database from 'better-sqlite3';

import { AlarmSyncError } from '../alarm/errors.ts';
import { openOwned } from './sqlite.ts';

/** Who holds a lock, for the message to whoever does not get it. */
export interface LockHolder {
  readonly runId: string;
  readonly processId: number;
  readonly hostName: string;
  readonly sinceEpochMs: number;
}

const POLL_INTERVAL_MS = 100;

/**
 * Held as an open `BEGIN IMMEDIATE` on a database of its own: the operating system frees it when the process dies,
 * however it dies, and a reused process id means nothing to it.
 */
export class ServiceLock implements Disposable {
  readonly #database: Database.Database;

  private constructor(database: Database.Database) {
    this.#database = database;
  }

  /** @throws {ALARMSYNC_STORE_LOCKED} when another live run holds it still after `timeoutMs`; names the holder. */
  static async acquire(
    stateDirectory: string,
    serviceKey: string,
    holder: LockHolder,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<ServiceLock> {
    const digest = createHash('sha256').update(serviceKey).digest('hex').slice(0, 16);
    const database = openOwned(path.join(stateDirectory, `lock-${digest}.db`));
    database.pragma('busy_timeout = 0');
    const deadlineMs = performance.now() + timeoutMs;
    try {
      while (!tryHold(database, holder)) {
        if (performance.now() >= deadlineMs) throw locked(database, serviceKey);
        await delay(POLL_INTERVAL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    } catch (error) {
      database.close();
      throw error;
    }
    return new ServiceLock(database);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/** The holder is committed first, so that others can read it, and then the lock is taken for good. */
function tryHold(database: Database.Database, holder: LockHolder): boolean {
  try {
    database.exec('BEGIN IMMEDIATE');
    database.exec(
      'CREATE TABLE IF NOT EXISTS holder (run_id TEXT, process_id INTEGER, host_name TEXT, since_ms INTEGER)',
    );
    database.exec('DELETE FROM holder');
    database
      .prepare('INSERT INTO holder VALUES (?, ?, ?, ?)')
      .run(holder.runId, holder.processId, holder.hostName, holder.sinceEpochMs);
    database.exec('COMMIT');
    database.exec('BEGIN IMMEDIATE');
    return true;
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    if (isBusy(error)) return false;
    throw error;
  }
}

function locked(database: Database.Database, serviceKey: string): AlarmSyncError {
  const row = readHolder(database);
  const who =
    row === undefined
      ? 'another run'
      : `run ${row.run_id} (process ${row.process_id} on ${row.host_name}, since ${new Date(row.since_ms).toISOString()})`;
  return new AlarmSyncError('ALARMSYNC_STORE_LOCKED', `${who} is at work on ${serviceKey.trim()}`, {
    hint: 'wait for it with --lock-timeout 10m, or end it; a dead run holds no lock',
  });
}

function readHolder(
  database: Database.Database,
): { run_id: string; process_id: number; host_name: string; since_ms: number } | undefined {
  try {
    return database
      .prepare<[], { run_id: string; process_id: number; host_name: string; since_ms: number }>(
        'SELECT * FROM holder',
      )
      .get();
  } catch {
    return undefined; // no holder was ever written
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}
