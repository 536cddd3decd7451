// The counts of a ledger -> what a drain asks of them.

import type { OperationCounts } from '../../store/operation.ts';

export function countAll(counts: OperationCounts): number {
  return Object.values(counts)
    .flatMap((byState) => Object.values(byState))
    .reduce((sum, count) => sum + count, 0);
}

export function countUnfinished(counts: OperationCounts): number {
  return Object.values(counts).reduce(
    (sum, { pending, sent, retryable, held }) => sum + pending + sent + retryable + held,
    0,
  );
}

/** True when every create and update was done: only then may anything be deleted. */
export function isAllDone({ create, update }: OperationCounts): boolean {
  return [create, update].every((byState) =>
    Object.entries(byState).every(([state, count]) => state === 'done' || count === 0),
  );
}
