// Two sealed staging files -> the operations of the plan, with the counts that the guard needs.

import type Database from 'better-sqlite3';

import { REQUIRED_MEMBERS } from '../../alarm/alarm.ts';
import { stringifyJson } from '../../alarm/json.ts';
import { differingMembers, overlay, type CompareState } from '../../alarm/meaning.ts';
import { bodyOfText, isUsualText, paramsOfText } from '../../alarm/params-text.ts';
import type { PlanFile } from '../../store/plan-file.ts';
import type { Policy } from '../../store/run-settings.ts';
import { attach, count, defineBodyOf, readCounted, sqlOf } from './attached.ts';
import { dropSieved, gatherShares, sieveAll, type SealedFiles, type SieveSettings } from './sieve.ts';

export { computeAdoption } from './adoption.ts';
export { computeRollback } from './rollback.ts';
export { sieveIntoFile, type SealedFiles, type Share, type SieveSettings } from './sieve.ts';

export interface DiffDeps extends SealedFiles {
  readonly plan: PlanFile;
  /** What was sieved of the two before, all shares of it; absent when it is to be sieved here. */
  readonly sievedFiles?: readonly string[];
}

export interface DiffSettings extends SieveSettings {
  readonly managedMembers: readonly string[];
  readonly compareState: CompareState;
  readonly policy: Policy;
  /** False when a bad row had no usable name: then nothing is deleted. */
  readonly isDeleteProved: boolean;
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
  const { database } = deps.plan;
  attach(database, deps.desiredFile, 'desired');
  attach(database, deps.existingFile, 'existing');
  if (deps.sievedFiles === undefined) sieveAll(database, settings);
  else gatherShares(database, deps.sievedFiles);
  defineFunctions(database, settings);
  const counts = database.transaction(() => {
    putSettings(database, settings);
    database.exec(sqlOf('diff.sql'));
    return readCounts(database);
  })();
  dropTemporaries(database);
  database.exec('DETACH desired; DETACH existing');
  deps.plan.buildIndexes();
  return counts;
}

function putSettings(database: Database.Database, settings: DiffSettings): void {
  const mayUpdate = settings.policy === 'create-only' ? 0 : 1;
  const mayDelete = settings.policy === 'sync' && settings.isDeleteProved ? 1 : 0;
  database.exec(`CREATE TEMP TABLE setting AS SELECT ${mayUpdate} AS may_update, ${mayDelete} AS may_delete`);
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
  const managesRequired = REQUIRED_MEMBERS.every((member) => managedMembers.includes(member));
  const laidOver = (desired: string, existing: string): string => {
    // Nothing of the existing one would be left. 10 000 updates so: 0.03 s, laid over member by member 0.13 s.
    if (managesRequired && isUsualText(desired) && isUsualText(existing)) return bodyOfText(desired);
    return stringifyJson(overlay(paramsOfText(existing), paramsOfText(desired), managedMembers));
  };
  database.function('laid_over', { deterministic: true }, (desired: unknown, existing: unknown) =>
    laidOver(String(desired), String(existing)),
  );
  defineBodyOf(database);
}

function readCounts(database: Database.Database): DiffCounts {
  const counted = readCounted(database);
  // Every wanted name is a create, held twice, different, or unchanged.
  const changedCount =
    count(database, `main.operation WHERE action = 'create'`) +
    count(database, 'temp.unlike WHERE is_held_twice = 1 AND desired_text IS NOT NULL') +
    count(database, 'temp.differing');
  const mayUpdate = '(SELECT may_update FROM temp.setting)';
  const mayDelete = '(SELECT may_delete FROM temp.setting)';
  return {
    ...counted,
    unchangedCount: counted.desiredInScopeCount - changedCount,
    unaddressableCount: count(database, 'temp.unlike WHERE is_addressable = 0'),
    protectedCount:
      count(database, `temp.differing WHERE is_protected AND is_addressable AND ${mayUpdate}`) +
      count(database, `temp.unwanted WHERE is_protected AND ${mayDelete}`),
  };
}

function dropTemporaries(database: Database.Database): void {
  database.exec('DROP VIEW temp.unwanted; DROP TABLE temp.differing; DROP TABLE temp.setting');
  dropSieved(database);
}
