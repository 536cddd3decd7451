// `alarmsync apply`: a saved plan, or one that was interrupted. Naming the plan is the approval.

import { existsSync } from 'node:fs';
import path from 'node:path';

import { PlanFile } from '../../store/plan-file.ts';
import type { Run } from '../../store/run-table.ts';
import { acceptSaved, requireChecksumWithForce } from '../acceptance.ts';
import { applyPlan, requireApplicable, requireSameCopy } from '../applying.ts';
import type { Command, CommandContext } from '../command.ts';
import { positional } from '../command.ts';
import { END_FLAGS, OUTPUT_FLAGS, PACE_FLAGS, STATE_FLAGS, WATCH_FLAGS } from '../flag-groups.ts';
import { connect, lockService, openState } from '../session.ts';
import { asRun } from '../targets/target-work.ts';

export const applyCommand: Command = {
  usage: 'apply <plan>',
  meaning: 'Apply a saved plan, or by their id the plans of all targets; or go on with what was interrupted',
  example: 'alarmsync apply plan.db',
  flags: [
    'force',
    'checksum',
    'max-plan-age',
    'target',
    'queue',
    ...PACE_FLAGS,
    ...END_FLAGS,
    ...STATE_FLAGS,
    ...WATCH_FLAGS,
    ...OUTPUT_FLAGS,
  ],
  watchesTargets: true,
  async run(context) {
    requireChecksumWithForce(context.values);
    const named = positional(context, 'plan');
    const planPath = path.resolve(named);
    if (!existsSync(planPath)) {
      const exitCode = await applyRound(context, named);
      if (exitCode !== undefined) return exitCode;
    }
    const { settings } = readRun(planPath);
    return asRun(context, applyCommand, settings, async (own) => applyOne(own, planPath));
  },
};

async function applyOne(context: CommandContext, planPath: string): Promise<number> {
  using plan = PlanFile.open(planPath);
  const { settings, runId, createdAtMs } = plan.run.read();
  await using connection = await connect(context, settings);
  using state = openState(context);
  using _lock = await lockService(context, state, connection.serviceKey, runId);
  const run = plan.run.read();
  requireApplicable(context, run, connection, state);
  requireSameCopy(planPath, run, connection, state);
  acceptSaved(context, plan);
  state.adopt({ runId, planPath, createdAtMs });
  return await applyPlan(context, plan, connection, state);
}

/** The plans of all targets that were made together; undefined when that is no id of such. */
async function applyRound(context: CommandContext, roundId: string): Promise<number | undefined> {
  const { findRound, goOnWithRound } = await import('../targets/old-round.ts');
  using state = openState(context);
  const round = findRound(context, state, roundId);
  return round === undefined ? undefined : await goOnWithRound(context, applyCommand, state, round, 'given');
}

function readRun(planPath: string): Run {
  using plan = PlanFile.openReadOnly(planPath);
  return plan.run.read();
}
