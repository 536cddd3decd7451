// `alarmsync plan`: read only; leaves a plan file.

import path from 'node:path';

import type { Command } from '../command.ts';
import { positional } from '../command.ts';
import { acceptPlan, requireChecksumWithForce } from '../acceptance.ts';
import { exitCodeOf } from '../exit-code.ts';
import {
  OUTPUT_FLAGS,
  PACE_FLAGS,
  SHAPE_FLAGS,
  STATE_FLAGS,
  TARGET_FLAGS,
  WATCH_FLAGS,
} from '../flag-groups.ts';
import { changeCountOf, makeNewPlan, planExitCode } from '../planning.ts';
import { keptSettings, runSettingsOf } from '../run-settings.ts';
import { connect, lockService, newRunId, openState } from '../session.ts';
import { hasTargets } from '../targets/choice.ts';

export const planCommand: Command = {
  usage: 'plan <file>',
  meaning: 'Show what would be done, and leave a plan file; writes nothing to the service',
  example: 'alarmsync plan alarms.csv --service https://alarms.example.com --out plan.db',
  flags: [
    ...SHAPE_FLAGS,
    'out',
    'detailed-exitcode',
    'force',
    'checksum',
    ...TARGET_FLAGS,
    ...PACE_FLAGS,
    ...STATE_FLAGS,
    ...WATCH_FLAGS,
    ...OUTPUT_FLAGS,
  ],
  watchesTargets: true,
  async run(context) {
    const { values, terminal } = context;
    if (hasTargets(context)) {
      const { startRound } = await import('../targets/new-round.ts');
      return startRound(context, planCommand, 'never');
    }
    requireChecksumWithForce(context.values);
    const asked = runSettingsOf(values, positional(context, 'file'), values.required('service'));
    await using connection = await connect(context, asked);
    const settings = keptSettings(asked, connection.service, context);
    using state = openState(context);
    const runId = newRunId(context.nowEpochMs());
    using _lock = await lockService(context, state, connection.serviceKey, runId);
    const planPath = path.resolve(values.text('out') ?? path.join(state.runDirectory(runId), 'plan.db'));
    using plan = await makeNewPlan(
      { context, connection, state },
      {
        runId,
        planPath,
        settings,
        undone: null,
        isApproved: false,
      },
    );
    const { summary } = plan.run.read();
    if (summary === null) throw new Error('expected a summary of the plan');
    acceptPlan(context, plan);
    const changeCount = changeCountOf(summary);
    if (changeCount > 0) terminal.log.next(`apply it with: alarmsync apply ${planPath}`);
    const hasDifferences = changeCount > 0 && values.isOn('detailed-exitcode');
    const exitCode = exitCodeOf([planExitCode(summary), hasDifferences ? 2 : 0]);
    plan.run.noteStopped(exitCode);
    return exitCode;
  },
};
