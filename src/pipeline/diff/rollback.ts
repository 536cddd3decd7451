// A run's plan and a fresh listing -> the operations that undo what the run really changed.

import { readFileSync } from 'node:fs';

import { wholeMeaningText, type CompareState } from '../../alarm/meaning.ts';
import type { PlanFile } from '../../store/plan-file.ts';
import { publish } from '../../telemetry/names.ts';
import { attach, count, decodeBody } from './attached.ts';
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
  publish('phase', { name: 'diff', state: 'started' });
  const { database } = deps.plan;
  attach(database, deps.undoneFile, 'undone');
  attach(database, deps.existingFile, 'existing');
  database.function('same_whole', { deterministic: true }, (left: unknown, right: unknown) =>
    wholeMeaningText(decodeBody(left), compareState) === wholeMeaningText(decodeBody(right), compareState)
      ? 1
      : 0,
  );
  const counts = database.transaction(() => {
    database.exec(readFileSync(new URL('./rollback.sql', import.meta.url), 'utf8'));
    const existingCount = count(database, 'existing.existing');
    return {
      desiredInScopeCount: count(database, 'temp.change'),
      existingInScopeCount: existingCount,
      existingCount,
      unchangedCount: count(database, `temp.undo WHERE state = 'undone'`),
      unaddressableCount: 0,
      protectedCount: 0,
    };
  })();
  database.exec('DROP TABLE temp.undo; DROP TABLE temp.change; DETACH undone; DETACH existing');
  deps.plan.buildIndexes();
  publish('phase', { name: 'diff', state: 'done' });
  return counts;
}
