// The one row of a plan file about its run: where it belongs, how far it is, and what shapes it.

import type Database from 'better-sqlite3';

import { decodeSummary, type PlanSummary } from './plan-summary.ts';
import { isRunId } from './run-id.ts';
import { decodeSettings, type RunSettings } from './run-settings.ts';

const RUN_PHASES = ['planning', 'planned', 'draining', 'finished', 'abandoned'] as const;
export type RunPhase = (typeof RUN_PHASES)[number];

export interface NewRun {
  readonly runId: string;
  readonly kind: 'sync' | 'rollback';
  readonly rollbackOf?: string;
  readonly alarmsyncVersion: string;
  readonly createdAtMs: number;
  /** When the user agreed beforehand to apply it; null when not. */
  readonly approvedAtMs: number | null;
  readonly serviceAddress: string;
  readonly serviceAccount: string;
  readonly settings: RunSettings;
}

export interface Run extends Omit<NewRun, 'rollbackOf'> {
  readonly rollbackOf: string | null;
  readonly phase: RunPhase;
  readonly plannedAtMs: number | null;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  readonly sourcePath: string | null;
  readonly sourceSha256: string | null;
  readonly sourceBytes: number | null;
  readonly summary: PlanSummary | null;
  readonly checksum: string | null;
  readonly exitCode: number | null;
}

interface RunRow {
  readonly run_id: string;
  readonly kind: 'sync' | 'rollback';
  readonly rollback_of: string | null;
  readonly phase: RunPhase;
  readonly alarmsync_version: string;
  readonly created_at_ms: number;
  readonly planned_at_ms: number | null;
  readonly approved_at_ms: number | null;
  readonly started_at_ms: number | null;
  readonly finished_at_ms: number | null;
  readonly service_address: string;
  readonly service_account: string;
  readonly source_path: string | null;
  readonly source_sha256: string | null;
  readonly source_bytes: number | null;
  readonly settings: string;
  readonly summary: string | null;
  readonly checksum: string | null;
  readonly exit_code: number | null;
}

export class RunTable {
  readonly #database: Database.Database;

  constructor(database: Database.Database) {
    this.#database = database;
  }

  insert(run: NewRun): void {
    this.#database
      .prepare(
        `INSERT INTO run (id, run_id, kind, rollback_of, phase, alarmsync_version, created_at_ms,
           approved_at_ms, service_address, service_account, settings)
         VALUES (1, @runId, @kind, @rollbackOf, 'planning', @alarmsyncVersion, @createdAtMs,
           @approvedAtMs, @serviceAddress, @serviceAccount, @settings)`,
      )
      .run({ ...run, rollbackOf: run.rollbackOf ?? null, settings: JSON.stringify(run.settings) });
  }

  /** @throws {Error} when the row is missing, or its id would name other files than the run's: the file is damaged. */
  read(): Run {
    const row = this.#database.prepare<[], RunRow>('SELECT * FROM run').get();
    if (row === undefined) throw new Error('it says nothing about its run');
    if (!isRunId(row.run_id)) throw new Error(`its run has no id, but ${JSON.stringify(row.run_id)}`);
    if (!RUN_PHASES.includes(row.phase)) throw new Error(`its run is ${JSON.stringify(row.phase)}`);
    return {
      runId: row.run_id,
      kind: row.kind,
      rollbackOf: row.rollback_of,
      phase: row.phase,
      alarmsyncVersion: row.alarmsync_version,
      createdAtMs: row.created_at_ms,
      plannedAtMs: row.planned_at_ms,
      approvedAtMs: row.approved_at_ms,
      startedAtMs: row.started_at_ms,
      finishedAtMs: row.finished_at_ms,
      serviceAddress: row.service_address,
      serviceAccount: row.service_account,
      sourcePath: row.source_path,
      sourceSha256: row.source_sha256,
      sourceBytes: row.source_bytes,
      settings: decodeSettings(row.settings),
      summary: row.summary === null ? null : decodeSummary(row.summary),
      checksum: row.checksum,
      exitCode: row.exit_code,
    };
  }

  noteSource(source: { readonly path: string; readonly sha256: string; readonly bytes: number }): void {
    this.#database
      .prepare('UPDATE run SET source_path = @path, source_sha256 = @sha256, source_bytes = @bytes')
      .run(source);
  }

  /** planning -> planned: the operations stand. */
  notePlanned(summary: PlanSummary, checksum: string, nowEpochMs: number): void {
    this.#database
      .prepare(`UPDATE run SET phase = 'planned', summary = ?, checksum = ?, planned_at_ms = ?`)
      .run(JSON.stringify(summary), checksum, nowEpochMs);
  }

  /** planned -> planned: what was found out about the plan afterwards. */
  noteSummary(summary: PlanSummary): void {
    this.#database.prepare('UPDATE run SET summary = ?').run(JSON.stringify(summary));
  }

  /** Back to planning, as if nothing had been planned. */
  noteReplanning(): void {
    this.#database
      .prepare(
        `UPDATE run SET phase = 'planning', summary = NULL, checksum = NULL, planned_at_ms = NULL, exit_code = NULL`,
      )
      .run();
  }

  noteApproved(nowEpochMs: number): void {
    this.#database.prepare('UPDATE run SET approved_at_ms = coalesce(approved_at_ms, ?)').run(nowEpochMs);
  }

  /** planned -> draining: operations may have been sent from here on. */
  noteDraining(nowEpochMs: number): void {
    this.#database
      .prepare(
        `UPDATE run SET phase = 'draining', started_at_ms = coalesce(started_at_ms, ?), exit_code = NULL`,
      )
      .run(nowEpochMs);
  }

  /** The run stops here for now; it stays unfinished. */
  noteStopped(exitCode: number): void {
    this.#database.prepare('UPDATE run SET exit_code = ?').run(exitCode);
  }

  /** Nothing is left to do: finished when all was tried, abandoned when it was given up. */
  noteEnded(phase: 'finished' | 'abandoned', exitCode: number, nowEpochMs: number): void {
    this.#database
      .prepare('UPDATE run SET phase = ?, exit_code = ?, finished_at_ms = ?')
      .run(phase, exitCode, nowEpochMs);
  }
}
