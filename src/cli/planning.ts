// A file and a service -> a plan file on disk, told to the user.

import { existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

import { asAlarmSyncError } from '../alarm/errors.ts';
import { forecastLine, planLine, planNotes } from '../pipeline/report/summary.ts';
import { sourceOfPart, type DealtPart } from '../pipeline/part-source.ts';
import { dropStaging } from '../pipeline/staging-files.ts';
import { planAdoption, planRollback, planRun } from '../pipeline/sync.ts';
import { requireFreeSpace } from '../store/free-space.ts';
import { PlanFile } from '../store/plan-file.ts';
import type { RunSettings } from '../store/run-settings.ts';
import type { PlanSummary } from '../store/plan-summary.ts';
import type { RegisteredRun, StateDirectory } from '../store/state-directory.ts';
import { requireSamePlace } from './applying.ts';
import type { CommandContext } from './command.ts';
import { exitCodeOf } from './exit-code.ts';
import { openRejects, writeRejects } from './rejects.ts';
import { requireRun, type KnownRun } from './runs.ts';
import { paceOf, tellRun, type ServiceConnection } from './session.ts';
import { StopRequest } from './stop.ts';
import { required } from './values.ts';
import { VERSION } from './version.ts';

export interface NewPlan {
  readonly runId: string;
  /** The run to undo, for a rollback; null for a sync. */
  readonly undone: RegisteredRun | null;
  readonly planPath: string;
  readonly settings: RunSettings;
  /** True when the user agreed beforehand to apply it: kept in the run. */
  readonly isApproved: boolean;
}

/** What a planning works with. */
export interface PlanningDeps {
  readonly context: CommandContext;
  readonly connection: ServiceConnection;
  readonly state: StateDirectory;
  /** The rows that are this target's, where there are several; else the file is read whole. */
  readonly dealt?: DealtPart;
}

/**
 * Plans into a new plan file and leaves it open.
 * @throws {AlarmSyncError} whatever planRun throws.
 */
export async function makeNewPlan(deps: PlanningDeps, newPlan: NewPlan): Promise<PlanFile> {
  return completePlan(deps, createRun(deps, newPlan), newPlan.undone);
}

/** Makes and registers a run in which nothing is planned yet, and leaves its plan file open. */
export function createRun(
  {
    context,
    connection,
    state,
  }: Pick<PlanningDeps, 'context' | 'state'> & {
    readonly connection: Pick<ServiceConnection, 'identity' | 'serviceKey'>;
  },
  newPlan: NewPlan,
): PlanFile {
  const { settings, runId, planPath, undone } = newPlan;
  const { identity } = connection;
  const createdAtMs = context.nowEpochMs();
  const plan = PlanFile.create(planPath, {
    runId,
    ...(undone === null ? { kind: 'sync' } : { kind: 'rollback', rollbackOf: undone.runId }),
    alarmsyncVersion: VERSION,
    createdAtMs,
    approvedAtMs: newPlan.isApproved ? createdAtMs : null,
    serviceAddress: identity.address,
    serviceAccount: identity.account,
    settings,
  });
  state.register({ runId, planPath, createdAtMs }, connection.serviceKey);
  return plan;
}

/**
 * Plans again into the file of a planning that was interrupted; nothing of it was written to the service.
 * @throws {ALARMSYNC_PLAN_STALE} when the run was of another service or account: what was listed there says nothing of this one.
 */
export async function planAgain(deps: PlanningDeps, { registered, run }: KnownRun): Promise<PlanFile> {
  const { context, connection, state } = deps;
  requireSamePlace(run, connection);
  const undone = run.rollbackOf === null ? null : requireRun(state, run.rollbackOf).registered;
  const ageMs = context.nowEpochMs() - run.createdAtMs;
  // What was listed then is gone on with, unless a plan of that age would be refused.
  if (ageMs > required(context.values.durationMs('max-plan-age'))) dropStaging(state.runDirectory(run.runId));
  const plan = PlanFile.open(registered.planPath);
  plan.restartPlanning();
  return completePlan(deps, plan, undone);
}

/**
 * Fills the plan file and tells the plan. Planning that cannot succeed ends the run; one that is interrupted stays
 * unfinished and can be resumed.
 */
async function completePlan(
  deps: PlanningDeps,
  plan: PlanFile,
  undone: RegisteredRun | null,
): Promise<PlanFile> {
  const { context, connection, state } = deps;
  const { runId, settings } = plan.run.read();
  tellRun(context, connection, state, plan.run.read());
  try {
    const runDirectory = state.runDirectory(runId);
    const rejects = openRejects(context, settings.file);
    let summary: PlanSummary;
    try {
      summary = await planInto(deps, plan, settings, undone, runDirectory);
    } finally {
      if (rejects !== undefined) await writeRejects(rejects, runDirectory);
    }
    connection.restAfterStages();
    dropPlanningFiles(runDirectory);
    tellPlan(context, plan, summary);
    return plan;
  } catch (thrown) {
    endPlanning(context, plan, thrown);
    if (plan.run.read().phase === 'abandoned') dropPlanningFiles(state.runDirectory(runId));
    plan[Symbol.dispose]();
    throw thrown;
  }
}

/** Removes what only the planning of a run needs, once its plan stands or is given up. */
export function dropPlanningFiles(runDirectory: string): void {
  dropStaging(runDirectory);
  rmSync(spoolPath(runDirectory), { force: true });
  rmSync(partPathOf(runDirectory), { force: true });
}

async function planInto(
  { context, connection, state, dealt }: PlanningDeps,
  plan: PlanFile,
  settings: RunSettings,
  undone: RegisteredRun | null,
  runDirectory: string,
): Promise<PlanSummary> {
  const pace = paceOf(context);
  const deps = {
    stages:
      dealt === undefined
        ? connection.stages
        : { ...connection.stages, source: sourceOfPart(connection.stages.source, dealt) },
    capabilities: connection.service.capabilities,
    openDowntimes: connection.openDowntimes,
    plan,
    stagingDirectory: runDirectory,
    nowEpochMs: context.nowEpochMs,
  };
  const planSettings = {
    run: settings,
    listing: { pageSize: pace.pageSize, retryCount: pace.retryCount },
    quotaPerSecond: pace.quotaPerSecond,
    // An adoption lists everybody's alarms, and the memory is of ours.
    lastExistingCount: settings.adopts
      ? null
      : (state.memoryOf(connection.serviceKey)?.existingCount ?? null),
  };
  const { stop } = context.stop;
  if (undone !== null) return planRollback(deps, { ...planSettings, undoneFile: undone.planPath }, stop);
  const sourcePath = dealt?.sourcePath ?? (await sourcePathOf(context, settings.file ?? '-', runDirectory));
  requireFreeSpace(runDirectory, dealt?.partPath ?? sourcePath);
  const planFile = settings.adopts ? planAdoption : planRun;
  return planFile(deps, { ...planSettings, sourcePath }, stop);
}

/** A plan that was refused, cut short or is of no use is given up; an interrupted one can be taken up again. */
function endPlanning(context: CommandContext, plan: PlanFile, thrown: unknown): void {
  if (thrown instanceof StopRequest) {
    plan.run.noteStopped(thrown.exitCode);
    return;
  }
  const error = asAlarmSyncError(thrown);
  if (error.code === 'ALARMSYNC_STORE_FULL') return; // no more can be written, and the run is unfinished as it stands
  if (error.exitCode === 5) plan.run.noteStopped(5);
  else plan.run.noteEnded('abandoned', error.exitCode, context.nowEpochMs());
}

/** Standard input cannot be read twice, so it is kept in the run's directory until the plan stands. */
export async function sourcePathOf(
  context: CommandContext,
  file: string,
  runDirectory: string,
): Promise<string> {
  if (file !== '-') return shortPath(file);
  const target = spoolPath(runDirectory);
  if (existsSync(target)) return target;
  const partial = `${target}.part`;
  const { spool } = await import('../pipeline/source/source.ts');
  await spool(context.standardInput, partial, context.stop.stop);
  renameSync(partial, target);
  return target;
}

/** As a person in this directory would name it. */
function shortPath(file: string): string {
  const relative = path.relative('.', file);
  return relative.startsWith('..') ? file : relative;
}

/** Where the rows of one target are put. */
export function partPathOf(runDirectory: string): string {
  return path.join(runDirectory, 'part.csv');
}

function spoolPath(runDirectory: string): string {
  return path.join(runDirectory, 'input.csv');
}

function tellPlan(context: CommandContext, plan: PlanFile, summary: PlanSummary): void {
  const { terminal, events } = context;
  const checksum = plan.run.read().checksum ?? '';
  events?.planSummary(summary, checksum);
  terminal.result(planLine(summary));
  for (const line of planNotes(summary)) terminal.result(line);
  terminal.log.info(forecastLine(summary));
  terminal.log.info(`Plan file: ${plan.path}`);
  terminal.log.info(`Checksum: ${checksum}`);
}

/** What a finished planning ends with: refused, conflicts, rejected rows, or 0. */
export function planExitCode(summary: PlanSummary): number {
  return exitCodeOf([
    summary.refusals.length > 0 ? 3 : 0,
    conflictCountOf(summary) > 0 ? 4 : 0,
    summary.rejectedRowCount + summary.unaddressableCount > 0 ? 6 : 0,
  ]);
}

/** Of alarms and downtimes. */
export function conflictCountOf(summary: PlanSummary): number {
  return summary.conflictCount + (summary.downtimes?.conflictCount ?? 0);
}

const NO_CHANGES = { createCount: 0, updateCount: 0, deleteCount: 0 };

/** Of alarms and downtimes. */
export function changeCountOf(summary: PlanSummary): number {
  const { createCount, updateCount, deleteCount } = summary.downtimes ?? NO_CHANGES;
  return alarmChangeCountOf(summary) + createCount + updateCount + deleteCount;
}

export function alarmChangeCountOf({ createCount, updateCount, deleteCount }: PlanSummary): number {
  return createCount + updateCount + deleteCount;
}
