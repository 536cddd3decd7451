// `alarmsync apply`: a saved plan, or one that was interrupted. Naming the plan is the approval.

import path from 'node:path';

import { PlanFile } from '../../store/plan-file.ts';
import { acceptPlan, requireChecksumWithForce, requireIntact } from '../acceptance.ts';
import { applyPlan, requireApplicable } from '../applying.ts';
import type { Command } from '../command.ts';
import { positional } from '../command.ts';
import { END_FLAGS, OUTPUT_FLAGS, PACE_FLAGS, STATE_FLAGS, WATCH_FLAGS } from '../flags.ts';
import { connect, lockService, openState } from '../session.ts';

export const applyCommand: Command = {
  usage: 'apply <plan>',
  meaning: 'Apply a saved plan, or go on with one that was interrupted',
  example: 'alarmsync apply plan.db',
  flags: [
    'force',
    'checksum',
    'max-plan-age',
    'queue',
    ...PACE_FLAGS,
    ...END_FLAGS,
    ...STATE_FLAGS,
    ...WATCH_FLAGS,
    ...OUTPUT_FLAGS,
  ],
  async run(context) {
    requireChecksumWithForce(context.values);
    const planPath = path.resolve(positional(context, 'plan'));
    using plan = PlanFile.open(planPath);
    const { settings, runId, createdAtMs } = plan.run.read();
    await using connection = await connect(context, settings);
    using state = openState(context);
    using _lock = await lockService(context, state, connection.serviceKey, runId);
    const run = plan.run.read();
    requireApplicable(context, run, connection, state);
    if (run.phase === 'planned') {
      requireIntact(plan);
      acceptPlan(context, plan);
    }
    state.adopt({ runId, planPath, createdAtMs });
    return await applyPlan(context, plan, connection, state);
  },
};
