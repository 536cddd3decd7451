// `alarmsync show`: the operations of a plan.

import { shown } from '../../pipeline/report/escape.ts';
import { failedRowsCsv } from '../../pipeline/report/rows.ts';
import { OPERATION_FORMATS, renderDowntimes, renderOperations } from '../../pipeline/report/operations.ts';
import { planLine, planNotes } from '../../pipeline/report/summary.ts';
import type { OperationFilter } from '../../store/operation.ts';
import { PlanFile } from '../../store/plan-file.ts';
import type { Command } from '../command.ts';
import { positional } from '../command.ts';
import { OUTPUT_FLAGS } from '../flag-groups.ts';
import { required, type Values } from '../values.ts';

export const showCommand: Command = {
  usage: 'show <plan>',
  meaning: 'Show the operations of a plan, done or not',
  example: "alarmsync show plan.db --action delete --name 'disk/*' --format markdown",
  flags: ['action', 'failed', 'name', 'limit', 'format', ...OUTPUT_FLAGS],
  async run(context) {
    const { values, terminal } = context;
    using plan = PlanFile.openReadOnly(positional(context, 'plan'));
    const { summary, checksum, settings } = plan.run.read();
    const format = required(values.choice('format', OPERATION_FORMATS));
    const isFailed = values.isOn('failed');
    const operations = plan.alarms.operations.iterate(filterOf(values));
    if (format === 'csv' && isFailed) {
      await terminal.stream(failedRowsCsv(operations, summary?.managedMembers ?? []));
      return 0;
    }
    await terminal.stream(renderOperations(operations, format, settings.compareState));
    await terminal.stream(renderDowntimes(plan.downtimes.operations.iterate(filterOf(values)), format));
    if (format !== 'text' || summary === null) return 0;
    if (isFailed) await terminal.stream(rejectedLines(plan));
    terminal.result(planLine(summary));
    for (const line of planNotes(summary)) terminal.result(line);
    for (const refusal of summary.refusals) terminal.log.warn(`${refusal.message}; ${refusal.hint}`);
    terminal.log.info(`Checksum: ${checksum ?? ''}`);
    return 0;
  },
};

function filterOf(values: Values): OperationFilter {
  const action = values.choice('action', ['create', 'update', 'delete']);
  const nameGlob = values.text('name');
  const limitCount = values.count('limit');
  return {
    failed: values.isOn('failed'),
    ...(action === undefined ? {} : { action }),
    ...(nameGlob === undefined ? {} : { nameGlob }),
    ...(limitCount === undefined ? {} : { limitCount }),
  };
}

function* rejectedLines(plan: PlanFile): Generator<string> {
  for (const { line, reasons } of plan.rejectedRows.iterate())
    yield `! row  line ${line}  ${shown(reasons.join('; '))}\n`;
}
