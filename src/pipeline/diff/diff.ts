// Two sealed staging files -> the operations of the plan, with the counts that the guard needs.

import { readFileSync } from 'node:fs';

import type Database from 'better-sqlite3';

import { stringifyJson } from '../../alarm/json.ts';
import { differingMembers, overlay, type CompareState } from '../../alarm/meaning.ts';
import { bodyOfText, paramsOfText } from '../../alarm/params-text.ts';
import { eachPartition } from '../../store/partition.ts';
import type { PlanFile } from '../../store/plan-file.ts';
import type { Policy } from '../../store/run-settings.ts';
import { publish } from '../../telemetry/names.ts';
import { attach, count } from './attached.ts';

export { computeRollback } from './rollback.ts';

export interface DiffDeps {
  readonly plan: PlanFile;
  /** Paths of the two staging files, both closed or idle. */
  readonly desiredFile: string;
  readonly existingFile: string;
}

export interface DiffSettings {
  readonly managedMembers: readonly string[];
  readonly compareState: CompareState;
  readonly policy: Policy;
  /** False when a bad row had no usable name: then nothing is deleted. */
  readonly isDeleteProved: boolean;
  readonly scope: string | null;
  readonly exclude: string | null;
  readonly protect: string | null;
}

/** Counts of names in scope, but for `existingCount`, which is of the whole service. */
export interface DiffCounts {
  readonly desiredInScopeCount: number;
  readonly existingInScopeCount: number;
  readonly existingCount: number;
  readonly unchangedCount: number;
  readonly unaddressableCount: number;
  /** Updates and deletes left out because of --protect. */
  readonly protectedCount: number;
}

/**
 * Writes every difference into the plan file, in one transaction.
 * Runs to its end without a pause: seconds for a million rows a side.
 */
export function computeDiff(deps: DiffDeps, settings: DiffSettings): DiffCounts {
  publish('phase', { name: 'diff', state: 'started' });
  const { database } = deps.plan;
  attach(database, deps.desiredFile, 'desired');
  attach(database, deps.existingFile, 'existing');
  defineFunctions(database, settings);
  const counts = database.transaction(() => {
    putSettings(database, settings);
    sieve(database);
    database.exec(sqlOf('diff.sql'));
    return readCounts(database);
  })();
  dropTemporaries(database);
  database.exec('DETACH desired; DETACH existing');
  deps.plan.buildIndexes();
  publish('phase', { name: 'diff', state: 'done' });
  return counts;
}

function putSettings(database: Database.Database, settings: DiffSettings): void {
  database.exec('CREATE TEMP TABLE setting (scope, exclude, protect, may_update, may_delete)');
  database
    .prepare('INSERT INTO temp.setting VALUES (@scope, @exclude, @protect, @mayUpdate, @mayDelete)')
    .run({
      scope: settings.scope,
      exclude: settings.exclude,
      protect: settings.protect,
      mayUpdate: settings.policy === 'create-only' ? 0 : 1,
      mayDelete: settings.policy === 'sync' && settings.isDeleteProved ? 1 : 0,
    });
}

/** Leaves in temp.unlike what is not on both sides alike to the byte. */
function sieve(database: Database.Database): void {
  database.exec(`
    -- Names of bad rows: protected wholly, since nobody knows what the row meant.
    CREATE TEMP TABLE doubtful AS SELECT DISTINCT name FROM desired.row_fault WHERE name IS NOT NULL;
    CREATE UNIQUE INDEX temp.doubtful_by_name ON doubtful (name);
    CREATE TEMP TABLE unlike (
      name TEXT, line INTEGER, desired_text TEXT, existing_text TEXT, handle TEXT, etag TEXT, raw TEXT,
      is_addressable INTEGER, is_held_twice INTEGER DEFAULT 0, is_protected INTEGER
    );
    CREATE TEMP TABLE counted AS SELECT 0 AS desired_in_scope, 0 AS existing_in_scope, 0 AS existing`);
  for (const sql of eachPartition(sqlOf('sieve.sql'))) database.exec(sql);
}

function sqlOf(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8');
}

function defineFunctions(database: Database.Database, settings: DiffSettings): void {
  const { managedMembers, compareState } = settings;
  database.function('same_meaning', { deterministic: true }, (desired: unknown, existing: unknown) => {
    const differing = differingMembers(
      paramsOfText(String(desired)),
      paramsOfText(String(existing)),
      managedMembers,
      compareState,
    );
    return differing.length === 0 ? 1 : 0;
  });
  database.function('laid_over', { deterministic: true }, (desired: unknown, existing: unknown) =>
    stringifyJson(overlay(paramsOfText(String(existing)), paramsOfText(String(desired)), managedMembers)),
  );
  database.function('body_of', { deterministic: true }, (text: unknown) =>
    typeof text === 'string' ? bodyOfText(text) : null,
  );
}

function readCounts(database: Database.Database): DiffCounts {
  const inScope = database
    .prepare<
      [],
      { readonly desired_in_scope: number; readonly existing_in_scope: number; readonly existing: number }
    >('SELECT * FROM temp.counted')
    .get();
  const desiredInScopeCount = inScope?.desired_in_scope ?? 0;
  // Every wanted name is a create, held twice, different, or unchanged.
  const changedCount =
    count(database, `main.operation WHERE action = 'create'`) +
    count(database, 'temp.unlike WHERE is_held_twice = 1 AND desired_text IS NOT NULL') +
    count(database, 'temp.differing');
  const mayUpdate = '(SELECT may_update FROM temp.setting)';
  const mayDelete = '(SELECT may_delete FROM temp.setting)';
  return {
    desiredInScopeCount,
    existingInScopeCount: inScope?.existing_in_scope ?? 0,
    existingCount: inScope?.existing ?? 0,
    unchangedCount: desiredInScopeCount - changedCount,
    unaddressableCount: count(database, 'temp.unlike WHERE is_addressable = 0'),
    protectedCount:
      count(database, `temp.differing WHERE is_protected AND ${mayUpdate}`) +
      count(database, `temp.unwanted WHERE is_protected AND ${mayDelete}`),
  };
}

function dropTemporaries(database: Database.Database): void {
  database.exec(`
    DROP VIEW temp.unwanted; DROP TABLE temp.differing; DROP TABLE temp.unlike; DROP TABLE temp.counted;
    DROP TABLE temp.doubtful; DROP TABLE temp.setting`);
}
