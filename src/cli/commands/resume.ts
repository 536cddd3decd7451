// `alarmsync resume`: go on with an unfinished run, in whatever phase it was.

import { existsSync } from 'node:fs';

import { AlarmSyncError } from '../../alarm/errors.ts';
import { PlanFile } from '../../store/plan-file.ts';
import { roundIdOf } from '../../store/run-id.ts';
import type { Run } from '../../store/run-table.ts';
import type { StateDirectory } from '../../store/state-directory.ts';
import { acceptSaved, requireChecksumWithForce } from '../acceptance.ts';
import { applyPlan, requireApplicable, requireNotOvertaken } from '../applying.ts';
import type { Command, CommandContext } from '../command.ts';
import { END_FLAGS, OUTPUT_FLAGS, PACE_FLAGS, STATE_FLAGS, WATCH_FLAGS } from '../flag-groups.ts';
import { exitCodeOf } from '../exit-code.ts';
import { dropPlanningFiles, planAgain, planExitCode } from '../planning.ts';
import { isUnfinished, knownRuns, requireRun, type KnownRun } from '../runs.ts';
import { connect, lockService, openState, type ServiceConnection } from '../session.ts';
import type { OldRound } from '../targets/old-round.ts';
import { asRun } from '../targets/target-work.ts';

export const resumeCommand: Command = {
  usage: 'resume [run]',
  meaning: 'Go on with the last unfinished run, in whatever phase it was',
  example: 'alarmsync resume',
  flags: [
    'retry-failed',
    'target',
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
  watchesTargets: true,
  async run(context) {
    requireChecksumWithForce(context.values);
    using state = openState(context);
    const round = await findOldRound(context, state);
    if (round !== undefined) return await resumeRound(context, state, round);
    const found = findRun(context, state);
    if (found === undefined) {
      throw new AlarmSyncError('ALARMSYNC_RUN_UNKNOWN', `expected a run in ${state.directory}, got none`, {
        hint: 'start one with: alarmsync sync FILE --service URL',
      });
    }
    return await asRun(context, resumeCommand, found.run.settings, async (own) =>
      resumeOne(own, state, found),
    );
  },
};

async function resumeOne(context: CommandContext, state: StateDirectory, known: KnownRun): Promise<number> {
  const isRetried = context.values.isOn('retry-failed') && known.run.phase === 'finished';
  if (!isRetried) {
    if (known.run.phase !== 'planning') tidyUp(state, known);
    if (!isUnfinished(known.run)) return tellEnded(context, known);
  }
  await using connection = await connect(context, known.run.settings);
  using _lock = await lockService(context, state, connection.serviceKey, known.run.runId);
  // Who held the lock may have gone on with the run meanwhile.
  const found = requireRun(state, known.run.runId);
  if (isRetried && found.run.phase === 'finished')
    return await retryFailed(context, connection, state, found);
  if (!isUnfinished(found.run)) return tellEnded(context, found);
  return await goOn(context, connection, state, found);
}

async function goOn(
  context: CommandContext,
  connection: ServiceConnection,
  state: StateDirectory,
  found: KnownRun,
): Promise<number> {
  const { registered, run } = found;
  requireNotOvertaken(run, connection, state);
  context.terminal.log.info(`Resuming run ${run.runId}`);
  using plan =
    run.phase === 'planning'
      ? await planAgain({ context, connection, state }, found)
      : PlanFile.open(registered.planPath);
  const current = plan.run.read();
  acceptSaved(context, plan);
  if (current.approvedAtMs === null) return planExitCode(requireSummary(plan));
  requireApplicable(context, current, connection, state);
  return await applyPlan(context, plan, connection, state);
}

function tellEnded({ terminal }: CommandContext, { registered, run }: KnownRun): number {
  terminal.log.info(
    run.phase === 'planned'
      ? `Run ${run.runId} is planned and was not approved; apply it with: alarmsync apply ${registered.planPath}`
      : `Nothing is left to do: run ${run.runId} is ${run.phase}.`,
  );
  return run.exitCode ?? 0;
}

/** The runs of several targets that are meant: those of that id, or those of the run that would be taken up. */
async function findOldRound(context: CommandContext, state: StateDirectory): Promise<OldRound | undefined> {
  const given = context.positionals.get('run');
  const { findRound, isRoundUnfinished } = await import('../targets/old-round.ts');
  if (given !== undefined) return findRound(context, state, roundIdOf(given) ?? given);
  // Newest first, each once, though every target has a run of it; undefined for a run of no round.
  const rounds = new Map<string, OldRound | undefined>();
  for (const { run } of knownRuns(state, context.terminal)) {
    const roundId = roundIdOf(run.runId) ?? run.runId;
    if (!rounds.has(roundId)) rounds.set(roundId, findRound(context, state, roundId));
    const round = rounds.get(roundId);
    if (round === undefined && isUnfinished(run)) return undefined;
    if (round !== undefined && isRoundUnfinished(round)) return round;
  }
  return [...rounds.values()][0];
}

async function resumeRound(context: CommandContext, state: StateDirectory, round: OldRound): Promise<number> {
  const { goOnWithRound, isRoundUnfinished, roundExitCode } = await import('../targets/old-round.ts');
  if (context.values.isOn('retry-failed')) {
    const working = round.runs.map(async (found) =>
      asRun(context, resumeCommand, found.run.settings, async (own) => resumeOne(own, state, found)),
    );
    return exitCodeOf(await Promise.all(working));
  }
  if (isRoundUnfinished(round)) return goOnWithRound(context, resumeCommand, state, round, 'kept');
  for (const found of round.runs) {
    if (found.run.phase !== 'planning') tidyUp(state, found);
    tellEnded(context, found);
  }
  return roundExitCode(round);
}

/** Takes a finished run up again for what the service refused for good, and for the deletes that were held because of it. */
async function retryFailed(
  context: CommandContext,
  connection: ServiceConnection,
  state: StateDirectory,
  { registered, run }: KnownRun,
): Promise<number> {
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
