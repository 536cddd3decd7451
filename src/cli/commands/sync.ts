// `alarmsync sync`: plan, show, ask, apply: the main job.

import path from 'node:path';

import type { Command } from '../command.ts';
import { positional } from '../command.ts';
import { applyOnceAgreed, requireChecksumWithForce } from '../acceptance.ts';
import { END_FLAGS, OUTPUT_FLAGS, PACE_FLAGS, SHAPE_FLAGS, STATE_FLAGS } from '../flags.ts';
import { makeNewPlan } from '../planning.ts';
import { keptSettings, runSettingsOf } from '../run-settings.ts';
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
    const asked = runSettingsOf(values, positional(context, 'file'), values.required('service'));
    await using connection = await connect(context, asked.service);
    const settings = keptSettings(asked, connection.service, context);
    using state = openState(context);
    const runId = newRunId(context.nowEpochMs());
    using _lock = await lockService(context, state, connection.serviceKey, runId);
    const earlierExitCode = await settleUnfinished(context, connection, state, settings);
    if (earlierExitCode !== undefined) return earlierExitCode;

    const planPath = path.resolve(values.text('out') ?? path.join(state.runDirectory(runId), 'plan.db'));
    const isApproved = values.isOn('auto-approve');
    const deps = { context, connection, state };
    using plan = await makeNewPlan(deps, { runId, planPath, settings, undone: null, isApproved });
    return await applyOnceAgreed(deps, plan, isApproved);
  },
};
