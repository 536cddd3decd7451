// `alarmsync explain`: one alarm of a plan, from the file's line to the outcome.

import { explainLines } from '../../pipeline/report/explain.ts';
import { PlanFile } from '../../store/plan-file.ts';
import type { Command } from '../command.ts';
import { positional } from '../command.ts';
import { OUTPUT_FLAGS } from '../flags.ts';

export const explainCommand: Command = {
  usage: 'explain <plan> <name>',
  meaning: 'Tell all about one alarm of a plan: file line, before, after, attempts, outcome',
  example: 'alarmsync explain plan.db disk/full',
  flags: OUTPUT_FLAGS,
  async run(context) {
    const name = positional(context, 'name');
    using plan = PlanFile.openReadOnly(positional(context, 'plan'));
    const operation = plan.alarms.operations.find(name);
    if (operation === undefined) {
      context.terminal.result('The plan does nothing to an alarm of that name.');
      return 0;
    }
    const lines = explainLines(
      operation,
      plan.alarms.attempts.ofOperation(operation.id),
      plan.run.read().settings.compareState,
    );
    for (const line of lines) context.terminal.result(line);
    return 0;
  },
};
