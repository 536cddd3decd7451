// The state directory: which runs there are, where their plans lie, and what is remembered of each service.

import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

import type Database from 'better-sqlite3';

import { AlarmSyncError } from '../alarm/errors.ts';
import { isOwnDirectoryName, roundIdOf } from './run-id.ts';
import { openOwned } from './sqlite.ts';

/** A run as registered; how far it is stands in its plan file alone. */
export interface RegisteredRun {
  readonly runId: string;
  readonly planPath: string;
  readonly createdAtMs: number;
}

/** What the last applied run left at a service. */
export interface ServiceMemory {
  /** Distinct alarms there when the last run was complete; null when none ever was. */
  readonly existingCount: number | null;
  readonly lastRunId: string;
}

/** A command that is still at work touches its directory within that time. */
const LEFTOVER_AGE_MS = 24 * 3_600_000;

const STATE_VERSION = 1;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS run (
  run_id          TEXT PRIMARY KEY,
  plan_path       TEXT NOT NULL,
  created_at_ms   INTEGER NOT NULL,
  started_count   INTEGER             -- runs started at its service when it was registered: an order no clock can break
);
CREATE TABLE IF NOT EXISTS service (
  service_key     TEXT PRIMARY KEY,
  existing_count  INTEGER,
  last_run_id     TEXT NOT NULL,
  last_started_ms INTEGER NOT NULL,
  started_count   INTEGER NOT NULL
);
-- A table of its own: an older alarmsync, which does not know it, may use the same directory.
CREATE TABLE IF NOT EXISTS success (
  service_key     TEXT PRIMARY KEY,
  at_ms           INTEGER NOT NULL
);
`;

export class StateDirectory implements Disposable {
  readonly directory: string;
  readonly #database: Database.Database;

  /** Opens the directory, and makes it when it is missing: 0700, its files 0600. */
  constructor(directory: string) {
    this.directory = path.resolve(directory);
    this.#database = openOwned(path.join(this.directory, 'state.db'));
    this.#database.pragma('synchronous = FULL');
    const version = Number(this.#database.pragma('user_version', { simple: true }));
    if (version > STATE_VERSION) {
      this.#database.close();
      throw new AlarmSyncError(
        'ALARMSYNC_STORE_UNWRITABLE',
        `expected a state directory of version ${STATE_VERSION} or older, got ${version}: ${this.directory}`,
        { hint: 'a newer alarmsync made it: use that one, or name another --state-dir' },
      );
    }
    this.#database.exec(SCHEMA);
    this.#database.pragma(`user_version = ${STATE_VERSION}`);
  }

  /** Where a run keeps its files. Made when it is missing. */
  runDirectory(runId: string): string {
    const directory = path.join(this.directory, runId);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return directory;
  }

  /** Registers a run as it begins, before anything is planned. */
  register(run: RegisteredRun, serviceKey: string): void {
    this.#database
      .prepare(
        `INSERT OR REPLACE INTO run VALUES (@runId, @planPath, @createdAtMs,
           coalesce((SELECT started_count FROM service WHERE service_key = @serviceKey), 0))`,
      )
      .run({ ...run, serviceKey });
  }

  /** Registers a run that was planned under another state directory; one that is known here keeps its place. */
  adopt(run: RegisteredRun): void {
    this.#database
      .prepare(
        `INSERT INTO run VALUES (@runId, @planPath, @createdAtMs, NULL)
         ON CONFLICT DO UPDATE SET plan_path = @planPath`,
      )
      .run(run);
  }

  /** True when another run was started at the service after this one was planned, or began to be. */
  isOvertaken(run: { readonly runId: string; readonly sinceMs: number }, serviceKey: string): boolean {
    const row = this.#database
      .prepare<
        { runId: string; serviceKey: string },
        { last_run_id: string; last_started_ms: number; started_count: number; started_before: number | null }
      >(
        `SELECT last_run_id, last_started_ms, started_count,
                (SELECT run.started_count FROM run WHERE run_id = @runId) AS started_before
         FROM service WHERE service_key = @serviceKey`,
      )
      .get({ runId: run.runId, serviceKey });
    if (row === undefined || row.last_run_id === run.runId) return false;
    return row.started_before === null
      ? row.last_started_ms > run.sinceMs
      : row.started_count > row.started_before;
  }

  /** Newest first; runs whose plan file is gone are left out. */
  runs(): readonly RegisteredRun[] {
    return this.#database
      .prepare<[], { run_id: string; plan_path: string; created_at_ms: number }>(
        'SELECT * FROM run ORDER BY created_at_ms DESC, run_id DESC',
      )
      .all()
      .map((row) => ({ runId: row.run_id, planPath: row.plan_path, createdAtMs: row.created_at_ms }))
      .filter((run) => existsSync(run.planPath));
  }

  /** Drops a run and its directory; a plan file that lies elsewhere stays. */
  forget(runId: string): void {
    this.#database.prepare('DELETE FROM run WHERE run_id = ?').run(runId);
    // An id comes from a plan file, which may name any directory here.
    if (isOwnDirectoryName(runId)) rmSync(path.join(this.directory, runId), { recursive: true, force: true });
  }

  /**
   * Drops directories that this program made, that belong to no run and were not touched for a day: what a killed command left.
   * Whatever else stands here is its owner's.
   */
  dropLeftovers(nowEpochMs: number): void {
    const runIds = this.#database.prepare<[], string>('SELECT run_id FROM run').pluck().all();
    // Runs of several targets share a directory, named by what stands before the target.
    const known = new Set(runIds.flatMap((runId) => [runId, roundIdOf(runId) ?? runId]));
    for (const entry of readdirSync(this.directory, { withFileTypes: true })) {
      if (!entry.isDirectory() || !isOwnDirectoryName(entry.name) || known.has(entry.name)) continue;
      const directory = path.join(this.directory, entry.name);
      const isOld = nowEpochMs - statSync(directory).mtimeMs > LEFTOVER_AGE_MS;
      if (isOld) rmSync(directory, { recursive: true, force: true });
    }
  }

  memoryOf(serviceKey: string): ServiceMemory | undefined {
    const row = this.#database
      .prepare<[string], { existing_count: number | null; last_run_id: string }>(
        'SELECT * FROM service WHERE service_key = ?',
      )
      .get(serviceKey);
    if (row === undefined) return undefined;
    return {
      existingCount: row.existing_count,
      lastRunId: row.last_run_id,
    };
  }

  /** A run is about to write there: plans made before it are stale from now on. */
  noteStarted(serviceKey: string, runId: string, nowEpochMs: number): void {
    this.#database
      .prepare(
        `INSERT INTO service VALUES (@serviceKey, NULL, @runId, @nowEpochMs, 1)
         ON CONFLICT DO UPDATE
         SET last_run_id = @runId, last_started_ms = @nowEpochMs, started_count = started_count + 1
         WHERE last_run_id <> @runId`,
      )
      .run({ serviceKey, runId, nowEpochMs });
  }

  /** A run is complete and left that many alarms there. */
  noteCompleted(serviceKey: string, existingCount: number): void {
    this.#database
      .prepare('UPDATE service SET existing_count = ? WHERE service_key = ?')
      .run(existingCount, serviceKey);
  }

  /** When a run last left the service as its file says, in epoch milliseconds; undefined when none did. */
  lastSuccessMs(serviceKey: string): number | undefined {
    return this.#database
      .prepare<[string], number>('SELECT at_ms FROM success WHERE service_key = ?')
      .pluck()
      .get(serviceKey);
  }

  noteSuccess(serviceKey: string, nowEpochMs: number): void {
    this.#database.prepare('INSERT OR REPLACE INTO success VALUES (?, ?)').run(serviceKey, nowEpochMs);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

const LOOPBACK = /^(https?:\/\/)(?:localhost|127(?:\.\d+){3}|\[::1\])(?=[:/]|$)/u;

/** One text for one service, whatever the scope and however this machine is spelt. */
export function serviceKeyOf(identity: { readonly address: string; readonly account: string }): string {
  return `${identity.address.replace(LOOPBACK, '$1loopback')} ${identity.account}`;
}
