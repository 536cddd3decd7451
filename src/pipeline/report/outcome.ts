// The plan file -> how its run stands: the counts of the summary line, and the exit code they mean.

import type { OperationCounts } from '../../store/operation.ts';
import type { PlanFile } from '../../store/plan-file.ts';

/** Counts of one ledger. */
export interface OutcomeCounts {
  readonly createdCount: number;
  readonly updatedCount: number;
  readonly deletedCount: number;
  /** Parked: the service refused them for good. */
  readonly failedCount: number;
  readonly conflictCount: number;
  readonly heldCount: number;
  /** Operations that a resumption would take up. */
  readonly unfinishedCount: number;
}

/** Counts are the run's, over all its resumptions; those not said to be otherwise are of alarms. */
export interface RunOutcome extends OutcomeCounts {
  readonly ambiguousResolvedCount: number;
  readonly rejectedRowCount: number;
  readonly unaddressableCount: number;
  /** Null where the plan leaves them alone. */
  readonly downtimes: OutcomeCounts | null;
  /** 0, 4, 5 or 6: what the ledger alone says. */
  readonly exitCode: number;
}

/** Reads the outcome from the ledger. */
export function runOutcome(plan: PlanFile): RunOutcome {
  const summary = plan.run.read().summary;
  const hasDowntimes = (summary?.downtimes ?? null) !== null;
  const outcome = {
    ...outcomeCounts(plan.alarms.operations.counts()),
    ambiguousResolvedCount: plan.alarms.operations.resolvedAmbiguousCount(),
    rejectedRowCount: summary?.rejectedRowCount ?? 0,
    unaddressableCount: summary?.unaddressableCount ?? 0,
    downtimes: hasDowntimes ? outcomeCounts(plan.downtimes.operations.counts()) : null,
  };
  return { ...outcome, exitCode: exitCodeOf(outcome) };
}

function outcomeCounts(counts: OperationCounts): OutcomeCounts {
  const sum = (state: keyof OperationCounts['create']): number =>
    counts.create[state] + counts.update[state] + counts.delete[state];
  return {
    createdCount: counts.create.done,
    updatedCount: counts.update.done,
    deletedCount: counts.delete.done,
    failedCount: sum('failed'),
    conflictCount: sum('conflict'),
    heldCount: sum('held'),
    unfinishedCount: sum('pending') + sum('sent') + sum('retryable'),
  };
}

/** Alarms and downtimes together: whether any is left, failed, or in conflict. */
export function totalOf(
  { downtimes, ...outcome }: Pick<RunOutcome, 'downtimes' | Total>,
  count: Total,
): number {
  return outcome[count] + (downtimes?.[count] ?? 0);
}

type Total = 'unfinishedCount' | 'conflictCount' | 'failedCount';

function exitCodeOf(outcome: Omit<RunOutcome, 'exitCode'>): number {
  if (totalOf(outcome, 'unfinishedCount') > 0) return 5;
  if (totalOf(outcome, 'conflictCount') > 0) return 4;
  if (totalOf(outcome, 'failedCount') + outcome.rejectedRowCount + outcome.unaddressableCount > 0) return 6;
  return 0;
}
