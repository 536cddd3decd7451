// `alarmsync resume`: go on with an unfinished run, in whatever phase it was.

import { existsSync } from 'node:fs';

import { AlarmSyncError } from '../../alarm/errors.ts';
import { PlanFile } from '../../store/plan-file.ts';
import type { Run } from '../../store/run-table.ts';
import type { RegisteredRun, StateDirectory } from '../../store/state-directory.ts';
import { acceptPlan, requireChecksumWithForce, requireIntact } from '../acceptance.ts';
import { applyPlan, requireApplicable, requireNotOvertaken } from '../applying.ts';
import type { Command, CommandContext } from '../command.ts';
import { END_FLAGS, OUTPUT_FLAGS, PACE_FLAGS, STATE_FLAGS, WATCH_FLAGS } from '../flags.ts';
import { dropPlanningFiles, planAgain, planExitCode } from '../planning.ts';
import { isUnfinished, knownRuns, requireRun, type KnownRun } from '../runs.ts';
import { connect, lockService, openState } from '../session.ts';

export const resumeCommand: Command = {
  usage: 'resume [run]',
  meaning: 'Go on with the last unfinished run, in whatever phase it was',
  example: 'alarmsync resume',
  flags: [
    'retry-failed',
    'max-plan-age',
    'force',
    'checksum',
    'queue',
    ...PACE_FLAGS,
    ...END_FLAGS,
    ...STATE_FLAGS,
    ...WATCH_FLAGS,
    ...OUTPUT_FLAGS,
  ],
  async run(context) {
    requireChecksumWithForce(context.values);
    using state = openState(context);
    const found = findRun(context, state);
    if (found === undefined) {
      throw new AlarmSyncError('ALARMSYNC_RUN_UNKNOWN', `expected a run in ${state.directory}, got none`, {
        hint: 'start one with: alarmsync sync FILE --service URL',
      });
    }
    const { registered, run } = found;
    if (context.values.isOn('retry-failed') && run.phase === 'finished') {
      return await retryFailed(context, state, registered, run);
    }
    if (run.phase !== 'planning') tidyUp(state, found);
    if (!isUnfinished(run)) {
      context.terminal.log.info(
        run.phase === 'planned'
          ? `Run ${run.runId} is planned and was not approved; apply it with: alarmsync apply ${registered.planPath}`
          : `Nothing is left to do: run ${run.runId} is ${run.phase}.`,
      );
      return run.exitCode ?? 0;
    }
    await using connection = await connect(context, run.settings);
    using _lock = await lockService(context, state, connection.serviceKey, run.runId);
    requireNotOvertaken(run, connection, state);
    context.terminal.log.info(`Resuming run ${run.runId}`);
    using plan =
      run.phase === 'planning'
        ? await planAgain({ context, connection, state }, found)
        : PlanFile.open(registered.planPath);
    const current = plan.run.read();
    if (current.phase === 'planned') {
      requireIntact(plan);
      acceptPlan(context, plan);
    }
    if (current.approvedAtMs === null) return planExitCode(requireSummary(plan));
    requireApplicable(context, current, connection, state);
    return await applyPlan(context, plan, connection, state);
  },
};

/** Takes a finished run up again for what the service refused for good, and for the deletes that were held because of it. */
async function retryFailed(
  context: CommandContext,
  state: StateDirectory,
  registered: RegisteredRun,
  run: Run,
): Promise<number> {
  await using connection = await connect(context, run.settings);
  using _lock = await lockService(context, state, connection.serviceKey, run.runId);
  requireApplicable(context, { ...run, phase: 'draining' }, connection, state);
  using plan = PlanFile.open(registered.planPath);
  const releasedCount = plan.alarms.operations.releaseFailed() + plan.downtimes.operations.releaseFailed();
  context.terminal.log.info(`Taking up ${releasedCount} refused operations of run ${run.runId} again`);
  return await applyPlan(context, plan, connection, state);
}

/** What a process that was killed right after its last word left behind: staging files, and a log beside the plan file. */
function tidyUp(state: StateDirectory, { registered, run }: KnownRun): void {
  dropPlanningFiles(state.runDirectory(run.runId));
  if (!existsSync(`${registered.planPath}-wal`)) return;
  using _plan = PlanFile.open(registered.planPath);
}

/** The run of that id, else the last unfinished one, else the last one. */
function findRun(context: CommandContext, state: StateDirectory): KnownRun | undefined {
  const runId = context.positionals.get('run');
  if (runId !== undefined) return requireRun(state, runId);
  const runs = [...knownRuns(state, context.terminal)];
  return runs.find(({ run }) => isUnfinished(run)) ?? runs[0];
}

function requireSummary(plan: PlanFile): NonNullable<Run['summary']> {
  const { summary } = plan.run.read();
  if (summary === null) throw new Error('expected a summary of the plan');
  return summary;
}
