// The run: its stages in order, and nothing else.
//
//   source  ─┐
//            ├─ diff ─ plan ──── approval ──── drain
//   listing ─┘
//
// Source and listing run at the same time and fail together. Nothing before the drain can write to the service:
// what it is given has no such methods.

import { AlarmSyncError } from '../alarm/errors.ts';
import type { AlarmReader, ServiceCapabilities } from '../services/alarm-service.ts';
import type { PlanFile } from '../store/plan-file.ts';
import type { RunSettings } from '../store/run-settings.ts';
import type { PlanSummary } from '../store/plan-summary.ts';
import { publish } from '../telemetry/names.ts';
import { computeAdoption, computeDiff, computeRollback } from './diff/diff.ts';
import type { SealedFiles, Share, SieveSettings } from './diff/diff.ts';
import { planDowntimeRollback, planDowntimes } from './downtimes/downtimes.ts';
import type { ListingSettings, ListingSnapshot } from './listing/listing.ts';
import { makePlan, type PlanFacts } from './plan/plan.ts';
import type { SourceSettings, SourceSnapshot } from './source/source.ts';
import { stagingFilesOf } from './staging-files.ts';
import { together } from './together.ts';

export {
  drainPlan,
  Sender,
  settleUnknown,
  type DrainSignals,
  type Likeness,
  type OpenSender,
  type OperationSender,
  type Outcome,
  type SendSettings,
} from './drain/drain.ts';

/** The stages that fill a file each; where they run is the caller's choice. */
export interface Stages {
  readonly source: (file: string, settings: SourceSettings, signal: AbortSignal) => Promise<SourceSnapshot>;
  readonly listing: (
    file: string,
    settings: ListingSettings,
    signal: AbortSignal,
  ) => Promise<ListingSnapshot>;
  /** A share of the diff's sieve, where shares can be sieved at once. */
  readonly sieve?: (
    file: string,
    files: SealedFiles,
    settings: SieveSettings,
    share: Share,
    signal: AbortSignal,
  ) => Promise<void>;
}

export interface PlanDeps {
  readonly stages: Stages;
  readonly capabilities: ServiceCapabilities;
  /** Opens the downtimes of the service for listing, once the stages have ended; undefined where it has none. */
  readonly openDowntimes: (() => AlarmReader) | undefined;
  /** A new plan file, in which nothing is planned yet. */
  readonly plan: PlanFile;
  /**
   * An existing directory for the staging files. A listing that was interrupted there is gone on with.
   * The caller drops the files: once the plan stands, nothing needs them.
   */
  readonly stagingDirectory: string;
  readonly nowEpochMs: () => number;
}

/** What a planning needs besides what shapes the run. */
export interface PlanSettings {
  /** A regular file: standard input was spooled before. */
  readonly sourcePath: string;
  readonly run: RunSettings;
  readonly listing: ListingSettings;
  /** Requests a second, for the forecast; 0 for no quota. */
  readonly quotaPerSecond: number;
  /** Alarms that the last completed run left at this service; null when there was none. */
  readonly lastExistingCount: number | null;
}

/**
 * Reads the file, lists the service, and writes their difference into the plan file. Writes nothing to the service.
 * A plan that the guard refuses is written too; its summary says why.
 * @throws {AlarmSyncError} any ALARMSYNC_SOURCE_ or ALARMSYNC_LISTING_ code, CREDENTIALS, FOREIGN.
 */
export async function planRun(
  deps: PlanDeps,
  settings: PlanSettings,
  signal: AbortSignal,
): Promise<PlanSummary> {
  const { plan } = deps;
  const { run } = settings;
  const { source, listing, files } = await readBoth(deps, settings, signal);
  if (source.unusableNameCount > 0) {
    publish('diagnostic', {
      code: 'ALARMSYNC_SOURCE_INVALID_ROWS',
      message: `nothing is deleted, since ${source.unusableNameCount} of the bad rows have no usable name`,
    });
  }
  const managedMembers = keptOf(source.managedMembers, deps.capabilities);
  publish('phase', { name: 'diff', state: 'started' });
  const rowCount = source.desiredCount + listing.existingCount;
  const sieved = await sieveInShares(deps, run, rowCount, signal);
  const counts = computeDiff(
    { plan, ...files, ...sieved },
    { ...run, managedMembers, isDeleteProved: source.unusableNameCount === 0 },
  );
  publish('phase', { name: 'diff', state: 'done' });
  return complete(deps, settings, {
    ...counts,
    existingCount: listing.existingCount,
    managedMembers,
    endsWithoutLineEnd: source.endsWithoutLineEnd,
    lastExistingCount: settings.lastExistingCount,
    downtimes: await planDowntimes(deps, settings, signal),
  });
}

/**
 * Reads the file, lists everybody's alarms, and writes into the plan file which of them a row takes over, one to one by name.
 * Writes nothing to the service.
 * @throws {AlarmSyncError} as planRun.
 */
export async function planAdoption(
  deps: PlanDeps,
  settings: PlanSettings,
  signal: AbortSignal,
): Promise<PlanSummary> {
  const { plan } = deps;
  const { run } = settings;
  const { source, files } = await readBoth(deps, settings, signal);
  publish('phase', { name: 'diff', state: 'started' });
  const counts = computeAdoption({ plan, ...files }, run);
  publish('phase', { name: 'diff', state: 'done' });
  return complete(deps, settings, {
    ...counts,
    managedMembers: [],
    endsWithoutLineEnd: source.endsWithoutLineEnd,
    lastExistingCount: null,
    downtimes: null,
  });
}

interface BothSides {
  readonly source: SourceSnapshot;
  readonly listing: ListingSnapshot;
  readonly files: SealedFiles;
}

/** Reads the file and lists the service at the same time. */
async function readBoth(
  { plan, stages, stagingDirectory }: PlanDeps,
  { run, sourcePath, listing: listingSettings }: PlanSettings,
  signal: AbortSignal,
): Promise<BothSides> {
  const { desiredFile, existingFile } = stagingFilesOf(stagingDirectory);
  const [source, listing] = await together(
    signal,
    async (either) => readValid(stages.source, desiredFile, sourcePath, run, either),
    async (either) => stages.listing(existingFile, listingSettings, either),
  );
  plan.run.noteSource({ path: sourcePath, sha256: source.digest, bytes: source.byteCount });
  return { source, listing, files: { desiredFile, existingFile } };
}

/** What the service does not keep is not compared: it would differ for ever. */
function keptOf(
  members: readonly string[],
  { keptMembers }: Pick<ServiceCapabilities, 'keptMembers'>,
): readonly string[] {
  if (keptMembers === 'all') return members;
  const lost = members.filter((member) => !keptMembers.includes(member));
  if (lost.length > 0) {
    publish('diagnostic', {
      code: 'ALARMSYNC_SERVICE_KEEPS_LESS',
      message: `what the file says of ${lost.join(', ')} is not compared: the service does not keep it`,
    });
  }
  return members.filter((member) => keptMembers.includes(member));
}

/**
 * Lists the service afresh, and writes what undoes an earlier run into the plan file. Writes nothing to the service.
 * @throws {AlarmSyncError} any ALARMSYNC_LISTING_ code, CREDENTIALS, FOREIGN.
 */
export async function planRollback(
  deps: PlanDeps,
  settings: Omit<PlanSettings, 'sourcePath'> & { readonly undoneFile: string },
  signal: AbortSignal,
): Promise<PlanSummary> {
  const { plan, stages } = deps;
  const { run } = settings;
  const { existingFile } = stagingFilesOf(deps.stagingDirectory);
  await stages.listing(existingFile, settings.listing, signal);
  publish('phase', { name: 'diff', state: 'started' });
  const counts = computeRollback({ plan, undoneFile: settings.undoneFile, existingFile }, run.compareState);
  publish('phase', { name: 'diff', state: 'done' });
  return complete(deps, settings, {
    ...counts,
    managedMembers: [],
    endsWithoutLineEnd: false,
    lastExistingCount: settings.lastExistingCount,
    downtimes: await planDowntimeRollback(deps, settings, signal),
  });
}

/** Fewer rows are sieved here in less time than two threads take to start: 0.2 s. */
const MIN_SHARED_ROW_COUNT = 200_000;

/** Sieves in shares at once, where that can be done and pays. */
async function sieveInShares(
  { stages, stagingDirectory }: PlanDeps,
  settings: SieveSettings,
  rowCount: number,
  signal: AbortSignal,
): Promise<{ readonly sievedFiles?: readonly string[] }> {
  const { sieve } = stages;
  if (sieve === undefined || rowCount < MIN_SHARED_ROW_COUNT) return {};
  const { sievedFiles, ...files } = stagingFilesOf(stagingDirectory);
  const { scope, exclude, protect } = settings;
  const sieving = sievedFiles.map(async (file, number) =>
    sieve(file, files, { scope, exclude, protect }, { number, count: sievedFiles.length }, signal),
  );
  // One that failed waits for the other: nobody may write there any more when the files are dropped.
  const results = await Promise.allSettled(sieving);
  signal.throwIfAborted();
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return { sievedFiles };
}

function complete(
  { plan, capabilities, nowEpochMs }: PlanDeps,
  { run, quotaPerSecond }: Pick<PlanSettings, 'run' | 'quotaPerSecond'>,
  facts: PlanFacts,
): PlanSummary {
  const { hasConditionalWrites, createIsUpsert, quotaPerSecond: quotaPerSecondByKind } = capabilities;
  const forecast = {
    checkBefore: run.checkBefore,
    quotaPerSecond,
    quotaPerSecondByKind,
    hasConditionalWrites,
    createIsUpsert,
  };
  const summary = makePlan(plan, facts, { ...run, forecast }, nowEpochMs());
  publish('planned', {
    operations: { create: summary.createCount, update: summary.updateCount, delete: summary.deleteCount },
    unchangedCount: summary.unchangedCount,
    existingCount: summary.existingInScopeCount,
    refusals: summary.refusals,
  });
  return summary;
}

/**
 * Reads the file, and goes on only when its rows may be used.
 * @throws {ALARMSYNC_SOURCE_INVALID_ROWS} when a row is bad and none may be; and any ALARMSYNC_SOURCE_ code.
 */
export async function readValid(
  readStage: Stages['source'],
  file: string,
  sourcePath: string,
  run: RunSettings,
  signal: AbortSignal,
): Promise<SourceSnapshot> {
  publish('phase', { name: 'source', state: 'started' });
  const source = await readStage(file, sourceSettingsOf(sourcePath, run), signal);
  if (source.badRowCount > 0 && run.onInvalid === 'fail') {
    throw new AlarmSyncError(
      'ALARMSYNC_SOURCE_INVALID_ROWS',
      `expected every row of ${sourcePath} to be valid, got ${source.badRowCount} bad of ${source.rowCount}`,
      { hint: 'mend the rows above, or let the good ones go on with --on-invalid skip' },
    );
  }
  publish('phase', { name: 'source', state: 'sealed' });
  return source;
}

function sourceSettingsOf(sourcePath: string, run: RunSettings): SourceSettings {
  const { ignoreColumns, ignoreFields, onDuplicate, compareState, expectRowCount, expectSha256 } = run;
  return {
    path: sourcePath,
    ignoreColumns,
    ignoreFields,
    onDuplicate,
    compareState,
    expect: {
      ...(expectRowCount === null ? {} : { rowCount: expectRowCount }),
      ...(expectSha256 === null ? {} : { sha256: expectSha256 }),
    },
  };
}
