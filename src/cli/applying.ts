// An approved plan -> its operations sent, its outcome told, its exit code.

import path from 'node:path';

import { AlarmSyncError, asAlarmSyncError } from '../alarm/errors.ts';
import { percentOf } from '../pipeline/plan/guard.ts';
import { runOutcome, totalOf, type RunOutcome } from '../pipeline/report/outcome.ts';
import { durationText, outcomeLine, outcomeNotes } from '../pipeline/report/summary.ts';
import { drainPlan, type SendSettings } from '../pipeline/sync.ts';
import { publish } from '../telemetry/names.ts';
import type { PlanFile } from '../store/plan-file.ts';
import type { Run } from '../store/run-table.ts';
import type { StateDirectory } from '../store/state-directory.ts';
import type { CommandContext } from './command.ts';
import { exitCodeOf } from './exit-code.ts';
import { openHandOver, retireLeftQueues } from './queueing.ts';
import { isSameFile } from './same-file.ts';
import { paceOf, tellRun, type ServiceConnection } from './session.ts';
import { required } from './values.ts';

/**
 * Refuses a plan that does not belong to this place and time.
 * @throws {ALARMSYNC_PLAN_STALE} when it was applied, is too old, or is another service's.
 */
export function requireApplicable(
  context: CommandContext,
  run: Run,
  connection: ServiceConnection,
  state: StateDirectory,
): void {
  if (run.phase === 'finished' || run.phase === 'abandoned')
    throw stale(`run ${run.runId} is ${run.phase} already`);
  if (run.phase === 'planning') throw stale(`the planning of run ${run.runId} did not come to its end`);
  requireSamePlace(run, connection);
  if (run.summary === null) {
    throw new AlarmSyncError(
      'ALARMSYNC_PLAN_UNREADABLE',
      `expected run ${run.runId} to say what its plan is, got nothing`,
    );
  }
  requireNotOvertaken(run, connection, state);
  // Whoever begins to apply notes it in the plan file first, so one without that note is a copy made before.
  const wasStarted = state.memoryOf(connection.serviceKey)?.lastRunId === run.runId;
  if (wasStarted && run.approvedAtMs === null)
    throw stale(`run ${run.runId} was applied from another copy of this plan`);
  const plannedAtMs = run.plannedAtMs ?? run.createdAtMs;
  const ageMs = context.nowEpochMs() - plannedAtMs;
  const maxAgeMs = required(context.values.durationMs('max-plan-age'));
  // One that was begun may take nights: each of its operations is checked against the live alarm anyway.
  if (run.phase === 'planned' && ageMs > maxAgeMs) {
    throw stale(`the plan is ${durationText(ageMs)} old, and at most ${durationText(maxAgeMs)} is allowed`);
  }
}

/** @throws {ALARMSYNC_PLAN_STALE} when another run was applied there since this one was planned, or began to be. */
export function requireNotOvertaken(run: Run, connection: ServiceConnection, state: StateDirectory): void {
  const since = { runId: run.runId, sinceMs: run.plannedAtMs ?? run.createdAtMs };
  if (!state.isOvertaken(since, connection.serviceKey)) return;
  throw stale(`another run was applied there after run ${run.runId} was planned`);
}

/**
 * What became of the operations stands in the file that was begun with, and in no copy of it.
 * @throws {ALARMSYNC_PLAN_STALE} when the run was begun with another file than this one, which is still there.
 */
export function requireSameCopy(
  planPath: string,
  { runId }: Run,
  { serviceKey }: ServiceConnection,
  state: StateDirectory,
): void {
  if (state.memoryOf(serviceKey)?.lastRunId !== runId) return;
  const begun = state.runs().find((known) => known.runId === runId)?.planPath;
  if (begun === undefined || isSameFile(begun, planPath)) return;
  throw new AlarmSyncError(
    'ALARMSYNC_PLAN_STALE',
    `run ${runId} was applied from another copy of this plan: ${begun}`,
    { hint: `see how it stands: alarmsync show ${begun}` },
  );
}

/** @throws {ALARMSYNC_PLAN_STALE} when the run was of another service or account. */
export function requireSamePlace(run: Run, connection: ServiceConnection): void {
  const { address, account } = connection.identity;
  if (run.serviceAddress === address && run.serviceAccount === account) return;
  throw stale(
    `the plan was made for ${run.serviceAddress} ${run.serviceAccount}, and this is ${address} ${account}`,
  );
}

function stale(message: string): AlarmSyncError {
  return new AlarmSyncError('ALARMSYNC_PLAN_STALE', message, {
    hint: 'plan anew with: alarmsync plan FILE --service URL',
  });
}

/** Drains the plan until it is finished or stopped, tells the outcome, and gives the exit code. */
export async function applyPlan(
  context: CommandContext,
  plan: PlanFile,
  connection: ServiceConnection,
  state: StateDirectory,
): Promise<number> {
  const { terminal, events } = context;
  const run = plan.run.read();
  const startedMs = performance.now();
  tellRun(context, connection, state, run);
  plan.run.noteApproved(context.nowEpochMs());
  state.noteStarted(connection.serviceKey, run.runId, context.nowEpochMs());

  const ended = await drain(context, plan, connection, run);
  publish('phase', { name: 'report', state: 'started' });
  const outcome = runOutcome(plan);
  publish('drained', {
    done: { create: outcome.createdCount, update: outcome.updatedCount, delete: outcome.deletedCount },
    failedCount: outcome.failedCount,
    conflictCount: outcome.conflictCount,
    unfinishedCount: outcome.unfinishedCount,
  });
  const codes = [outcome.exitCode, ended?.exitCode ?? 0, ...earlyEndCodes(context, outcome)];
  const unnoted = noteOutcome(context, plan, state, connection, outcome, exitCodeOf(codes));
  const failure = ended ?? unnoted;
  const exitCode = exitCodeOf([...codes, unnoted?.exitCode ?? 0]);
  publish('phase', { name: 'report', state: 'done' });
  events?.syncSummary(outcome, performance.now() - startedMs, exitCode);
  terminal.result(outcomeLine(outcome));
  for (const line of outcomeNotes(outcome)) terminal.result(line);
  if (failure !== undefined) terminal.log.fault(failure);
  const next = nextStep(plan, state, outcome);
  if (next !== undefined) terminal.log.next(next);
  return exitCode;
}

/** What the user may want to do now, with the exact command; undefined when all is as it should be. */
function nextStep(plan: PlanFile, state: StateDirectory, outcome: RunOutcome): string | undefined {
  const { runId, kind, settings, sourcePath } = plan.run.read();
  const failed = `see what was not done: alarmsync show ${plan.path} --failed`;
  if (totalOf(outcome, 'unfinishedCount') > 0) return `go on with: ${resumeCommand(state, runId)}; ${failed}`;
  if (totalOf(outcome, 'failedCount') + totalOf(outcome, 'conflictCount') > 0) return failed;
  if (!settings.adopts || kind === 'rollback') return undefined;
  const file = settings.file === '-' ? '-' : shellWord(sourcePath ?? '');
  return `see what still differs: alarmsync plan ${file} --service ${settings.service}`;
}

/** Why a run with operations left came to its end. */
function earlyEndCodes({ stop, values }: CommandContext, outcome: RunOutcome): readonly number[] {
  if (totalOf(outcome, 'unfinishedCount') === 0) return [];
  return [stop.request?.exitCode ?? 0, values.text('limit') === undefined ? 0 : 10];
}

async function drain(
  context: CommandContext,
  plan: PlanFile,
  connection: ServiceConnection,
  run: Run,
): Promise<AlarmSyncError | undefined> {
  const { values, stop } = context;
  const pace = paceOf(context);
  const operationCount =
    plan.alarms.operations.unfinishedCount() + plan.downtimes.operations.unfinishedCount();
  try {
    await retireLeftQueues(context, plan);
    await using handOver = await openHandOver(context, connection, plan, run);
    await drainPlan(
      { plan, service: connection.service, nowEpochMs: context.nowEpochMs, openSender: handOver?.openSender },
      {
        send: sendSettingsOf(run),
        task: { retryCount: pace.retryCount, settleTimeMs: pace.settleTimeMs },
        concurrency: handOver?.windowCount ?? pace.concurrency,
        limitCount: values.count('limit') ?? null,
        maxErrorCount: maxErrorCountOf(context, operationCount),
        ignoreErrors: run.settings.ignoreErrors,
      },
      { stop: stop.stop, kill: stop.kill },
    );
    return undefined;
  } catch (thrown) {
    return asAlarmSyncError(thrown);
  }
}

/** What shapes each sending of a run. A rollback restores whole definitions; an adoption compares what little it knows. */
export function sendSettingsOf(run: Run): SendSettings {
  return {
    runId: run.runId,
    managed: run.kind === 'rollback' || run.settings.adopts ? 'all' : (run.summary?.managedMembers ?? []),
    compareState: run.settings.compareState,
    checkBefore: run.settings.checkBefore,
  };
}

function maxErrorCountOf(context: CommandContext, operationCount: number): number | null {
  const limit = context.values.limit('max-errors');
  if (limit === null) return null;
  return 'count' in limit ? limit.count : percentOf(limit.percent, operationCount);
}

/** Gives what kept it from being noted, such as a full disk: the outcome is told all the same. */
function noteOutcome(
  context: CommandContext,
  plan: PlanFile,
  state: StateDirectory,
  connection: ServiceConnection,
  outcome: RunOutcome,
  exitCode: number,
): AlarmSyncError | undefined {
  try {
    if (totalOf(outcome, 'unfinishedCount') > 0) {
      plan.run.noteStopped(exitCode);
      return undefined;
    }
    // Remembered first: once the run has ended, nobody comes back to it.
    const { summary, settings } = plan.run.read();
    const existingCount = (summary?.existingCount ?? 0) + outcome.createdCount - outcome.deletedCount;
    if (!settings.adopts) state.noteCompleted(connection.serviceKey, existingCount);
    if (exitCode === 0 && isSync(plan.run.read()))
      state.noteSuccess(connection.serviceKey, context.nowEpochMs());
    plan.run.noteEnded('finished', exitCode, context.nowEpochMs());
    return undefined;
  } catch (thrown) {
    return asAlarmSyncError(thrown);
  }
}

/** True for a run that makes the service as its file says. */
function isSync({ kind, settings }: Run): boolean {
  return kind === 'sync' && !settings.adopts;
}

/** The exact command that goes on with a run. */
function resumeCommand(state: StateDirectory, runId: string): string {
  const isDefault = state.directory === path.resolve('.alarmsync');
  return `alarmsync resume ${runId}${isDefault ? '' : ` --state-dir ${shellWord(state.directory)}`}`;
}

function shellWord(text: string): string {
  return /^[\w./:@=+-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
