// `alarmsync sync`: plan, show, ask, apply: the main job.

import path from 'node:path';

import { applyPlan } from '../applying.ts';
import type { Command } from '../command.ts';
import { positional } from '../command.ts';
import { agree, requireChecksumWithForce } from '../acceptance.ts';
import { exitCodeOf } from '../exit-code.ts';
import { END_FLAGS, OUTPUT_FLAGS, PACE_FLAGS, SHAPE_FLAGS, STATE_FLAGS } from '../flags.ts';
import { makeNewPlan, planExitCode } from '../planning.ts';
import { runSettingsOf } from '../run-settings.ts';
import { connect, lockService, newRunId, openState } from '../session.ts';
import { settleUnfinished } from '../unfinished.ts';

export const syncCommand: Command = {
  usage: 'sync <file>',
  meaning: 'Make the service hold exactly what the file says',
  example: 'alarmsync sync alarms.csv --service https://alarms.example.com --auto-approve',
  flags: [
    ...SHAPE_FLAGS,
    'auto-approve',
    'out',
    'force',
    'checksum',
    'on-unfinished',
    ...PACE_FLAGS,
    ...END_FLAGS,
    ...STATE_FLAGS,
    ...OUTPUT_FLAGS,
  ],
  async run(context) {
    const { values } = context;
    requireChecksumWithForce(context.values);
    const settings = runSettingsOf(values, positional(context, 'file'), values.required('service'));
    await using connection = connect(context, settings.service);
    using state = openState(context);
    const runId = newRunId(context.nowEpochMs());
    using _lock = await lockService(context, state, connection.serviceKey, runId);
    const earlierExitCode = await settleUnfinished(context, connection, state, settings);
    if (earlierExitCode !== undefined) return earlierExitCode;

    const planPath = path.resolve(values.text('out') ?? path.join(state.runDirectory(runId), 'plan.db'));
    const isApproved = values.isOn('auto-approve');
    using plan = await makeNewPlan(
      { context, connection, state },
      {
        runId,
        planPath,
        settings,
        undone: null,
        isApproved,
      },
    );
    const isAgreed = await agree(context, plan, isApproved);
    if (!isAgreed) {
      const { summary } = plan.run.read();
      const exitCode = exitCodeOf([2, summary === null ? 0 : planExitCode(summary)]);
      plan.run.noteStopped(exitCode);
      return exitCode;
    }
    return await applyPlan(context, plan, connection, state);
  },
};
