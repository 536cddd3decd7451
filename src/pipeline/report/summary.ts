// Counts -> the summary lines, which other programs read.

import type { DowntimeSummary, PlanSummary } from '../../store/plan-summary.ts';
import { totalOf, type OutcomeCounts, type RunOutcome } from './outcome.ts';

/** Shape: `Plan: 3 to create, 2 to update, 1 to delete, 94 unchanged.` */
export function planLine(summary: PlanSummary): string {
  const { createCount, updateCount, deleteCount, unchangedCount } = summary;
  return `Plan: ${createCount} to create, ${updateCount} to update, ${deleteCount} to delete, ${unchangedCount} unchanged.`;
}

/** Further counts, each on a line of its own; [] when all are zero. */
export function planNotes(summary: PlanSummary): readonly string[] {
  return [
    note(
      summary.conflictCount,
      'in conflict: the service really holds the name more than once; never touched',
    ),
    note(summary.unaddressableCount, 'unaddressable: no request can name it; never touched'),
    note(summary.protectedCount, 'left as it is by --protect'),
    summary.rejectedRowCount === 0 ? '' : `${rows(summary.rejectedRowCount)} of the file rejected.`,
    summary.downtimes === null ? '' : downtimesLine(summary.downtimes),
  ].filter((line) => line !== '');
}

/** Shape: `Downtimes: 1 to create, 0 to update, 0 to delete, 2 unchanged.` */
function downtimesLine(counts: DowntimeSummary): string {
  const { createCount, updateCount, deleteCount, unchangedCount, conflictCount } = counts;
  const conflicts = conflictCount === 0 ? '' : `, ${conflictCount} in conflict`;
  return `Downtimes: ${createCount} to create, ${updateCount} to update, ${deleteCount} to delete, ${unchangedCount} unchanged${conflicts}.`;
}

/** Shape: `about 1 240 requests, 2 min 4 s at the set quota`. */
export function forecastLine(summary: PlanSummary): string {
  const { requestCount, durationMs } = summary.forecast;
  const requests = `Forecast: ${requestCount} requests`;
  return durationMs === null ? `${requests}.` : `${requests}, ${durationText(durationMs)} at the set quota.`;
}

/** Shape: `Sync complete: 3 created, 2 updated, 1 deleted, 0 failed.` or `Sync stopped: …`. */
export function outcomeLine(outcome: RunOutcome): string {
  const { createdCount, updatedCount, deletedCount, failedCount } = outcome;
  const word = totalOf(outcome, 'unfinishedCount') === 0 ? 'complete' : 'stopped';
  return `Sync ${word}: ${createdCount} created, ${updatedCount} updated, ${deletedCount} deleted, ${failedCount} failed.`;
}

/** Further counts, each on a line of its own; [] when all are zero. */
export function outcomeNotes(outcome: RunOutcome): readonly string[] {
  const { conflictCount, heldCount, ambiguousResolvedCount, unfinishedCount, unaddressableCount } = outcome;
  return [
    note(
      conflictCount,
      'in conflict: changed since the plan; left alone, and planned afresh by the next sync',
    ),
    heldCount === 0 ? '' : `${deletes(heldCount)} held, since something before them was not done.`,
    note(ambiguousResolvedCount, 'ambiguous resolved: the outcome was unknown and was looked up'),
    unfinishedCount === 0 ? '' : `${unfinishedCount} operations left.`,
    note(unaddressableCount, 'unaddressable: no request can name it; never touched'),
    outcome.rejectedRowCount === 0 ? '' : `${rows(outcome.rejectedRowCount)} of the file rejected.`,
    outcome.downtimes === null ? '' : downtimesOutcomeLine(outcome.downtimes),
  ].filter((line) => line !== '');
}

/** Shape: `Downtimes: 1 created, 0 updated, 0 deleted, 0 failed.` */
function downtimesOutcomeLine(counts: OutcomeCounts): string {
  const { createdCount, updatedCount, deletedCount, failedCount, conflictCount, unfinishedCount } = counts;
  const conflicts = conflictCount === 0 ? '' : `, ${conflictCount} in conflict`;
  const held = counts.heldCount === 0 ? '' : `, ${counts.heldCount} held`;
  const left = unfinishedCount === 0 ? '' : `, ${unfinishedCount} left`;
  return `Downtimes: ${createdCount} created, ${updatedCount} updated, ${deletedCount} deleted, ${failedCount} failed${conflicts}${held}${left}.`;
}

/** Shape: `2 h 5 min`, `4 min 3 s`, `12 s`: the two largest units. */
export function durationText(durationMs: number): string {
  const seconds = Math.ceil(durationMs / 1000);
  const units = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = units.findIndex(([count]) => count > 0);
  if (first === -1) return '0 s';
  return units
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

function note(count: number, what: string): string {
  return count === 0 ? '' : `${count} ${count === 1 ? 'alarm' : 'alarms'} ${what}.`;
}

function rows(count: number): string {
  return `${count} ${count === 1 ? 'row' : 'rows'}`;
}

function deletes(count: number): string {
  return `${count} ${count === 1 ? 'delete' : 'deletes'}`;
}
