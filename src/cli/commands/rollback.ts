// `alarmsync rollback`: a new plan, from the before-images, for what an earlier run really changed.

import path from 'node:path';

import { PlanFile } from '../../store/plan-file.ts';
import type { RunSettings } from '../../store/run-settings.ts';
import type { Run } from '../../store/run-table.ts';
import { applyOnceAgreed, requireChecksumWithForce } from '../acceptance.ts';
import { requireSamePlace } from '../applying.ts';
import type { Command, CommandContext } from '../command.ts';
import { positional } from '../command.ts';
import { END_FLAGS, OUTPUT_FLAGS, PACE_FLAGS, STATE_FLAGS, WATCH_FLAGS } from '../flag-groups.ts';
import { makeNewPlan } from '../planning.ts';
import { connect, lockService, newRunId, openState } from '../session.ts';
import { asRun } from '../targets/target-work.ts';
import { required, type Values } from '../values.ts';

export const rollbackCommand: Command = {
  usage: 'rollback <plan>',
  meaning:
    'Plan, and apply when approved, what undoes an earlier run: only alarms that are still as it left them',
  example: 'alarmsync rollback .alarmsync/20261121T224500Z-3f9a21/plan.db --auto-approve',
  flags: [
    'auto-approve',
    'out',
    'max-delete',
    'max-update',
    'max-create',
    'allow-shrunk-service',
    'check-before',
    'ignore-errors',
    'force',
    'checksum',
    ...PACE_FLAGS,
    ...END_FLAGS,
    ...STATE_FLAGS,
    ...WATCH_FLAGS,
    ...OUTPUT_FLAGS,
  ],
  watchesTargets: true,
  async run(context) {
    requireChecksumWithForce(context.values);
    const undonePath = path.resolve(positional(context, 'plan'));
    const undone = readRun(undonePath);
    return asRun(context, rollbackCommand, undone.settings, async (own) => rollBack(own, undonePath, undone));
  },
};

async function rollBack(context: CommandContext, undonePath: string, undone: Run): Promise<number> {
  const { values } = context;
  await using connection = await connect(context, undone.settings);
  requireSamePlace(undone, connection);
  using state = openState(context);
  const runId = newRunId(context.nowEpochMs());
  using _lock = await lockService(context, state, connection.serviceKey, runId);
  const registered = { runId: undone.runId, planPath: undonePath, createdAtMs: undone.createdAtMs };
  state.adopt(registered);
  const planPath = path.resolve(values.text('out') ?? path.join(state.runDirectory(runId), 'plan.db'));
  const isApproved = values.isOn('auto-approve');
  const settings = rollbackSettings(values, undone.settings);
  const deps = { context, connection, state };
  using plan = await makeNewPlan(deps, { runId, planPath, settings, undone: registered, isApproved });
  return await applyOnceAgreed(deps, plan, isApproved);
}

function readRun(planPath: string): Run {
  using plan = PlanFile.openReadOnly(planPath);
  return plan.run.read();
}

/** The place and the meaning of the undone run, with a guard of its own and no file. */
function rollbackSettings(values: Values, undone: RunSettings): RunSettings {
  return {
    ...undone,
    file: null,
    policy: 'sync',
    maxDelete: values.limit('max-delete'),
    maxUpdate: values.limit('max-update'),
    maxCreate: values.limit('max-create'),
    allowEmpty: true,
    allowShrunkService: values.isOn('allow-shrunk-service'),
    checkBefore: required(values.choice('check-before', ['all', 'deletes', 'none'])),
    ignoreErrors: values.isOn('ignore-errors'),
  };
}
