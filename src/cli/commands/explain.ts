// `alarmsync explain`: one alarm or downtime of a plan, from the file's line to the outcome.

import { explainLines } from '../../pipeline/report/explain.ts';
import { PlanFile } from '../../store/plan-file.ts';
import type { Command } from '../command.ts';
import { positional } from '../command.ts';
import { OUTPUT_FLAGS } from '../flag-groups.ts';

export const explainCommand: Command = {
  usage: 'explain <plan> <name>',
  meaning: 'Tell all about one alarm or downtime of a plan: file line, before, after, attempts, outcome',
  example: 'alarmsync explain plan.db disk/full',
  flags: OUTPUT_FLAGS,
  async run(context) {
    const name = positional(context, 'name');
    using plan = PlanFile.openReadOnly(positional(context, 'plan'));
    const { compareState } = plan.run.read().settings;
    const lines = [plan.alarms, plan.downtimes].flatMap(({ operations, attempts, subject }) => {
      const operation = operations.find(name);
      if (operation === undefined) return [];
      return explainLines(operation, attempts.ofOperation(operation.id), compareState, subject);
    });
    if (lines.length === 0) lines.push('The plan does nothing to an alarm of that name.');
    for (const line of lines) context.terminal.result(line);
    return 0;
  },
};
