// A run's plan and a fresh listing -> the operations that undo what the run really changed.

import type Database from 'better-sqlite3';

import { wholeMeaningText, type CompareState } from '../../alarm/meaning.ts';
import { paramsOfText } from '../../alarm/params-text.ts';
import { partitionOf, runEachPartition, sumOverPartitions } from '../../store/partition.ts';
import type { PlanFile } from '../../store/plan-file.ts';
import { attach, count, defineBodyOf, sqlOf } from './attached.ts';
import type { DiffCounts } from './diff.ts';

export interface RollbackDeps {
  /** The new plan file. */
  readonly plan: PlanFile;
  /** Paths of the undone run's plan file and of the staged listing. */
  readonly undoneFile: string;
  readonly existingFile: string;
}

/** Writes every undoing operation into the plan file, in one transaction. */
export function computeRollback(deps: RollbackDeps, compareState: CompareState): DiffCounts {
  const { database } = deps.plan;
  attach(database, deps.undoneFile, 'undone');
  attach(database, deps.existingFile, 'existing');
  defineBodyOf(database);
  database.function('same_whole', { deterministic: true }, (left: unknown, right: unknown) =>
    wholeMeaningText(paramsOfText(String(left)), compareState) ===
    wholeMeaningText(paramsOfText(String(right)), compareState)
      ? 1
      : 0,
  );
  const counts = database.transaction(() => {
    pickListed(database);
    database.exec(sqlOf('rollback.sql'));
    const existingCount = sumOverPartitions(database, 'SELECT count(*) FROM existing.existing_{p}');
    return {
      desiredInScopeCount: count(database, 'temp.change'),
      existingInScopeCount: existingCount,
      existingCount,
      unchangedCount: count(database, `temp.undo WHERE state = 'undone'`),
      unaddressableCount: 0,
      protectedCount: 0,
    };
  })();
  database.exec(
    'DROP TABLE temp.undo; DROP TABLE temp.change; DROP TABLE temp.listed; DETACH undone; DETACH existing',
  );
  deps.plan.buildIndexes();
  return counts;
}

/** Leaves in temp.listed the listed alarms that have the name of an undone operation. */
function pickListed(database: Database.Database): void {
  database.function('partition_of', { deterministic: true }, (name: unknown) => partitionOf(String(name)));
  database.exec(`
    CREATE TEMP TABLE undone_name AS SELECT DISTINCT partition_of(name) AS partition, name FROM undone.operation;
    CREATE INDEX temp.undone_name_by_partition ON undone_name (partition, name);
    CREATE TEMP TABLE listed (name TEXT, text TEXT, handle TEXT, etag TEXT, raw TEXT, is_held_twice INTEGER)`);
  runEachPartition(
    database,
    `INSERT INTO temp.listed
     SELECT e.name, e.text, e.handle, e.etag, e.raw, e.is_held_twice
     FROM temp.undone_name AS n JOIN existing.existing_{p} AS e ON e.name = n.name
     WHERE n.partition = {p}`,
  );
  database.exec('CREATE INDEX temp.listed_by_name ON listed (name); DROP TABLE temp.undone_name');
}
