// An earlier run that is unfinished at the same service -> resumed, settled and abandoned, or a refusal.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';

import { AlarmSyncError } from '../alarm/errors.ts';
import { dropStaging } from '../pipeline/staging-files.ts';
import { settleUnknown } from '../pipeline/sync.ts';
import { PlanFile } from '../store/plan-file.ts';
import type { RunSettings } from '../store/run-settings.ts';
import type { Run } from '../store/run-table.ts';
import type { StateDirectory } from '../store/state-directory.ts';
import { applyPlan, requireApplicable, sendSettingsOf } from './applying.ts';
import type { CommandContext } from './command.ts';
import { retireLeftQueues } from './queueing.ts';
import { isUnfinished, knownRuns } from './runs.ts';
import { paceOf, type ServiceConnection } from './session.ts';

/**
 * Ends what earlier runs left unfinished at this service. One that was never begun is abandoned: the new plan takes
 * its place. One that was begun is dealt with as --on-unfinished says.
 * Gives the exit code when that was all there is to do, undefined when a new plan is wanted.
 * @throws {ALARMSYNC_RUN_UNFINISHED} with --on-unfinished fail.
 */
export async function settleUnfinished(
  context: CommandContext,
  connection: ServiceConnection,
  state: StateDirectory,
  settings: RunSettings,
): Promise<number | undefined> {
  const { address, account } = connection.identity;
  for (const { registered, run } of knownRuns(state, context.terminal)) {
    if (!isUnfinished(run) || run.serviceAddress !== address || run.serviceAccount !== account) continue;
    using plan = PlanFile.open(registered.planPath);
    if (run.phase === 'draining') {
      const exitCode = await settleDraining(context, connection, state, settings, plan);
      if (exitCode !== undefined) return exitCode;
    } else {
      plan.run.noteEnded('abandoned', 5, context.nowEpochMs());
      dropStaging(state.runDirectory(run.runId));
    }
  }
  return undefined;
}

async function settleDraining(
  context: CommandContext,
  connection: ServiceConnection,
  state: StateDirectory,
  settings: RunSettings,
  plan: PlanFile,
): Promise<number | undefined> {
  const { terminal, values } = context;
  const run = plan.run.read();
  if (run.settings.adopts !== settings.adopts) throw unfinished(run);
  switch (await choose(context, run, settings)) {
    case 'resume':
      if (
        !values.isOn('auto-approve') &&
        values.text('on-unfinished') === undefined &&
        !terminal.isInteractive
      ) {
        terminal.log.next(`run ${run.runId} is unfinished; go on with: alarmsync resume ${run.runId}`);
        return 2;
      }
      requireApplicable(context, run, connection, state);
      terminal.log.info(`Resuming unfinished run ${run.runId}`);
      return applyPlan(context, plan, connection, state);
    case 'fail':
      throw unfinished(run, '; or plan anew with --on-unfinished replan');
    case 'replan':
      terminal.log.info(`Abandoning unfinished run ${run.runId}; what it sent is looked up first`);
      await abandon(context, plan, connection, run);
      return undefined;
  }
}

function unfinished({ runId }: Run, elseHint = ''): AlarmSyncError {
  return new AlarmSyncError('ALARMSYNC_RUN_UNFINISHED', `run ${runId} is unfinished at this service`, {
    hint: `go on with it: alarmsync resume ${runId}${elseHint}`,
  });
}

async function choose(
  context: CommandContext,
  run: Run,
  settings: RunSettings,
): Promise<'resume' | 'replan' | 'fail'> {
  const given = context.values.choice('on-unfinished', ['resume', 'replan', 'fail']);
  if (given !== undefined) return given;
  const { terminal, stop } = context;
  const isSame = await isSameWork(run, settings);
  if (!terminal.isInteractive) return isSame ? 'resume' : 'replan';
  const question = `Run ${run.runId} is unfinished${isSame ? '' : ', and of another file or scope'}. Go on with it?`;
  return (await terminal.confirm(question, stop.stop)) ? 'resume' : 'replan';
}

/** True when going on with the run is what a new plan would do: same content, same settings but for the file's name. */
async function isSameWork(run: Run, settings: RunSettings): Promise<boolean> {
  const { file } = settings;
  if (file === null || file === '-' || !isDeepStrictEqual({ ...run.settings, file }, settings)) return false;
  return hasDigest(file, run.sourceSha256);
}

/** True when those are the bytes of the file. */
export async function hasDigest(file: string, sha256: string | null): Promise<boolean> {
  return sha256 === (await digestOf(file));
}

async function digestOf(file: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch {
    return undefined; // the new plan will say what is wrong with the file
  }
  return hash.digest('hex');
}

async function abandon(
  context: CommandContext,
  plan: PlanFile,
  connection: ServiceConnection,
  run: Run,
): Promise<void> {
  const pace = paceOf(context);
  await retireLeftQueues(context, plan);
  const isSettled = await settleUnknown(
    { plan, service: connection.service, nowEpochMs: context.nowEpochMs },
    {
      send: sendSettingsOf(run),
      task: { retryCount: pace.retryCount, settleTimeMs: pace.settleTimeMs },
      concurrency: pace.concurrency,
    },
    { stop: context.stop.stop, kill: context.stop.kill },
  );
  context.stop.stop.throwIfAborted();
  if (!isSettled) {
    throw new AlarmSyncError(
      'ALARMSYNC_RUN_UNFINISHED',
      `run ${run.runId} has outcomes that could not be looked up`,
      {
        hint: `run again when the service answers, or go on with it: alarmsync resume ${run.runId}`,
      },
    );
  }
  plan.run.noteEnded('abandoned', 5, context.nowEpochMs());
}
