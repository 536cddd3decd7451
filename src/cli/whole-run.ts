// The settings of a run -> earlier runs settled, planned, agreed to, applied.

import path from 'node:path';

import type { RunSettings } from '../store/run-settings.ts';
import { applyOnceAgreed } from './acceptance.ts';
import type { CommandContext } from './command.ts';
import { makeNewPlan } from './planning.ts';
import { lockService, newRunId, openState, type ServiceConnection } from './session.ts';
import { settleUnfinished } from './unfinished.ts';

/** Gives the exit code. @throws {AlarmSyncError} whatever planning and applying throw. */
export async function planAndApply(
  context: CommandContext,
  connection: ServiceConnection,
  settings: RunSettings,
): Promise<number> {
  const { values } = context;
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
}
