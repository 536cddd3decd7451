// What was planned and what became of it -> the counts of a report.

import type { Action, OperationCounts } from '../../store/operation.ts';
import type { LedgerFigures, ReportFigures } from './figures.ts';
import { counted, markup, paragraphs, section, table, type Html } from './html.ts';

const ACTIONS: readonly Action[] = ['create', 'update', 'delete'];

export function countsSection({ run, outcome, alarms, downtimes }: ReportFigures): Html {
  const { summary } = run;
  if (summary === null) {
    return section('counts', 'Counts', paragraphs('There is no whole plan yet, so nothing is counted.'));
  }
  const further = [
    note(
      summary.conflictCount,
      'alarm',
      'in conflict from the start: the service really holds the name more than once, so nobody touches it',
    ),
    note(summary.unaddressableCount, 'alarm', 'that no request can name: never touched'),
    note(summary.protectedCount, 'change', 'left out by --protect'),
    note(summary.rejectedRowCount, 'row', 'of the file rejected'),
    note(
      outcome.ambiguousResolvedCount,
      'operation',
      'with an outcome that was unknown, looked up, and is known now',
    ),
  ].filter((sentence) => sentence !== '');
  return section(
    'counts',
    'Counts',
    tiles([
      ['to create', summary.createCount],
      ['to update', summary.updateCount],
      ['to delete', summary.deleteCount],
      ['unchanged', summary.unchangedCount],
    ]),
    ledgerTable('Alarms: planned, and what became of it', alarms),
    downtimes === null ? markup`` : ledgerTable('Downtimes: planned, and what became of it', downtimes),
    summary.downtimes === null
      ? markup``
      : paragraphs(`${counted(summary.downtimes.unchangedCount, 'downtime')} unchanged.`),
    paragraphs(...further),
  );
}

/** Large figures with what they count below. */
function tiles(list: readonly (readonly [what: string, count: number])[]): Html {
  return markup`<ul class="tiles">
    ${list.map(([what, count]) => markup`<li><strong>${count}</strong> ${what}</li>\n`)}
  </ul>\n`;
}

function ledgerTable(caption: string, { counts }: LedgerFigures): Html {
  if (totalCount(counts) === 0) return paragraphs(`${caption.split(':', 1)[0] ?? ''}: no operations.`);
  const row = (what: string, actions: readonly Action[]): readonly (string | number)[] => {
    const sum = (...states: readonly (keyof OperationCounts['create'])[]): number =>
      actions.reduce(
        (total, action) => states.reduce((part, state) => part + counts[action][state], total),
        0,
      );
    return [
      what,
      sum('pending', 'sent', 'done', 'retryable', 'failed', 'conflict', 'held'),
      sum('done'),
      sum('failed'),
      sum('conflict'),
      sum('held'),
      sum('pending', 'sent', 'retryable'),
    ];
  };
  return table({
    caption,
    columns: ['Action', 'Operations', 'Done', 'Failed', 'Conflicts', 'Held', 'Unfinished'],
    rows: [...ACTIONS.map((action) => row(action, [action])), row('all', ACTIONS)],
  });
}

function totalCount(counts: OperationCounts): number {
  return ACTIONS.reduce(
    (total, action) => Object.values(counts[action]).reduce((sum, count) => sum + count, total),
    0,
  );
}

function note(count: number, noun: string, what: string): string {
  return count === 0 ? '' : `${counted(count, noun)} ${what}.`;
}
