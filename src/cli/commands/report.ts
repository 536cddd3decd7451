// `alarmsync report`: a plan and what became of it, as a page to look at.

import { AlarmSyncError } from '../../alarm/errors.ts';
import { limitChecks } from '../../pipeline/plan/guard.ts';
import { readFigures } from '../../pipeline/report/figures.ts';
import { reportPage, type Limits } from '../../pipeline/report/page.ts';
import { PlanFile } from '../../store/plan-file.ts';
import type { Run } from '../../store/run-table.ts';
import type { Command } from '../command.ts';
import { positional } from '../command.ts';
import { OUTPUT_FLAGS } from '../flag-groups.ts';
import { isSameFile } from '../same-file.ts';
import { writeWholeFile } from '../whole-file.ts';

export const reportCommand: Command = {
  usage: 'report <plan>',
  meaning: 'Make a page of a plan and what became of it, to look at in a browser, print or send on',
  example: 'alarmsync report plan.db --html report.html',
  flags: ['html', ...OUTPUT_FLAGS],
  async run(context) {
    const { values, terminal } = context;
    const planPath = positional(context, 'plan');
    const file = values.required('html');
    if (file !== '-' && isSameFile(file, planPath)) {
      throw new AlarmSyncError('ALARMSYNC_CLI_USAGE', 'expected --html to name another file than the plan');
    }
    using plan = PlanFile.openReadOnly(planPath);
    const figures = readFigures(plan);
    const page = reportPage(figures, limitsOf(figures.run), context.nowEpochMs());
    if (file === '-') {
      await terminal.stream([page]);
      return 0;
    }
    writeWholeFile(file, page);
    terminal.log.info(`Report: ${file}`);
    return 0;
  },
};

/** The guard's arithmetic, as it was when the plan was made. */
function limitsOf({ summary, settings }: Run): Limits {
  if (summary === null) return { alarms: [], downtimes: [] };
  const { downtimes } = summary;
  const existingInScopeCount = downtimes?.existingInScopeCount ?? null;
  return {
    alarms: limitChecks(summary, settings),
    downtimes:
      downtimes === null || existingInScopeCount === null
        ? []
        : limitChecks({ ...downtimes, existingInScopeCount }, settings),
  };
}
