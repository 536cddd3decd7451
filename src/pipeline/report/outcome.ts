// The plan file -> how its run stands: the counts of the summary line, and the exit code they mean.

import type { OperationCounts } from '../../store/operation-table.ts';
import type { PlanFile } from '../../store/plan-file.ts';

/** Counts are the run's, over all its resumptions. */
export interface RunOutcome {
  readonly createdCount: number;
  readonly updatedCount: number;
  readonly deletedCount: number;
  /** Parked: the service refused them for good. */
  readonly failedCount: number;
  readonly conflictCount: number;
  readonly heldCount: number;
  /** Operations that a resumption would take up. */
  readonly unfinishedCount: number;
  readonly ambiguousResolvedCount: number;
  readonly rejectedRowCount: number;
  readonly unaddressableCount: number;
  /** 0, 4, 5 or 6: what the ledger alone says. */
  readonly exitCode: number;
}

/** Reads the outcome from the ledger. */
export function runOutcome(plan: PlanFile): RunOutcome {
  const counts = plan.operations.counts();
  const summary = plan.run.read().summary;
  const sum = (state: keyof OperationCounts['create']): number =>
    counts.create[state] + counts.update[state] + counts.delete[state];
  const outcome = {
    createdCount: counts.create.done,
    updatedCount: counts.update.done,
    deletedCount: counts.delete.done,
    failedCount: sum('failed'),
    conflictCount: sum('conflict'),
    heldCount: sum('held'),
    unfinishedCount: sum('pending') + sum('sent') + sum('retryable'),
    ambiguousResolvedCount: plan.operations.resolvedAmbiguousCount(),
    rejectedRowCount: summary?.rejectedRowCount ?? 0,
    unaddressableCount: summary?.unaddressableCount ?? 0,
  };
  return { ...outcome, exitCode: exitCodeOf(outcome) };
}

function exitCodeOf(outcome: Omit<RunOutcome, 'exitCode'>): number {
  if (outcome.unfinishedCount > 0) return 5;
  if (outcome.conflictCount > 0) return 4;
  if (outcome.failedCount + outcome.rejectedRowCount + outcome.unaddressableCount > 0) return 6;
  return 0;
}
