// The runs of an earlier round -> planned where they are not yet, judged together, and drained to their end.

import { AlarmSyncError } from '../../alarm/errors.ts';
import { PlanFile } from '../../store/plan-file.ts';
import { roundIdOf } from '../../store/run-id.ts';
import type { TargetShare } from '../../store/run-settings.ts';
import type { PlanSummary } from '../../store/plan-summary.ts';
import type { Run } from '../../store/run-table.ts';
import type { StateDirectory } from '../../store/state-directory.ts';
import type { Command, CommandContext } from '../command.ts';
import { exitCodeOf } from '../exit-code.ts';
import { isUnfinished, knownRuns, type KnownRun } from '../runs.ts';
import { chosenTargets, contextOf, requireTarget } from './choice.ts';
import { lockPlaces, placeOf, type Place } from './places.ts';
import { planRound, type Unplanned } from './round-planning.ts';
import type { Member, Round } from './round.ts';

/** The runs of several targets that belong together. */
export interface OldRound {
  readonly roundId: string;
  /** In the order in which they are planned. */
  readonly runs: readonly KnownRun[];
  readonly share: TargetShare;
  /** True once something may have been sent, to all that were agreed to or to one that was applied by itself. */
  readonly isReleased: boolean;
}

/** The round of that id, as far as its plan files can be read; undefined when there is none. */
export function findRound(
  context: Pick<CommandContext, 'terminal'>,
  state: StateDirectory,
  roundId: string,
): OldRound | undefined {
  const isOfRound = (runId: string): boolean => roundIdOf(runId) === roundId;
  const runs = [...knownRuns(state, context.terminal, isOfRound)];
  const share = runs[0]?.run.settings.target ?? null;
  if (share === null) return undefined;
  const placeOfName = (known: KnownRun): number =>
    share.chosen.indexOf(known.run.settings.target?.name ?? '');
  return {
    roundId,
    runs: runs.toSorted((left, right) => placeOfName(left) - placeOfName(right)),
    share,
    isReleased: runs.some(({ run }) => run.startedAtMs !== null),
  };
}

/** True when there is something left to do of it. */
export function isRoundUnfinished({ runs, isReleased }: OldRound): boolean {
  return runs.some(({ run }) => (isReleased ? isLeft(run, isReleased) : isUnfinished(run)));
}

/** What the whole of it came to. */
export function roundExitCode({ runs }: OldRound): number {
  return exitCodeOf(runs.map(({ run }) => run.exitCode ?? 0));
}

/**
 * Goes on with a round, in whatever phase it was. Where nothing was sent and a plan is missing, all are planned anew, from one
 * reading of the file; what was released is drained to its end.
 * @param approval `given` when the plans are named to be applied
 * @param isLocked true when the caller holds the locks of the places
 * @throws {ALARMSYNC_RUN_UNFINISHED} when it did not get so far that it can be gone on with.
 */
export async function goOnWithRound(
  context: CommandContext,
  command: Command,
  state: StateDirectory,
  found: OldRound,
  approval: 'given' | 'kept',
  isLocked = false,
): Promise<number> {
  const { roundId, share } = found;
  const places = await placesOfRuns(context, wantedOf(context, found, approval));
  using _locks = isLocked ? undefined : await lockPlaces(state, [...places.values()], roundId);
  // Who held the locks may have gone on with it meanwhile.
  const round = findRound(context, state, roundId) ?? found;
  const wanted = wantedOf(context, round, approval);
  if (approval === 'given') requirePlanned(round, wanted);
  if (wanted.length === 0) return roundExitCode(round);
  const isPlannedAnew = approval === 'kept' && isToPlanAnew(context, round, wanted);
  const { unplanned, standing } = membersOf(wanted, places, isPlannedAnew);
  context.terminal.log.info(
    `${approval === 'given' ? 'Applying' : 'Resuming'} the runs ${roundId} of ${wanted.length} targets`,
  );
  const isAgreed = approval === 'given' || wanted.every(({ run }) => run.approvedAtMs !== null);
  const work: Omit<Round, 'members' | 'exitCode'> = {
    roundId,
    command,
    state,
    share,
    approval: isAgreed ? 'given' : 'never',
    earlier: round.runs.filter((known) => !wanted.includes(known)).flatMap(startedSummary),
  };
  return await planRound(context, work, unplanned, standing);
}

async function placesOfRuns(
  context: CommandContext,
  runs: readonly KnownRun[],
): Promise<ReadonlyMap<string, Place>> {
  const places = await Promise.all(runs.map(async ({ run }) => placeOfRun(context, run)));
  return new Map(places.map((place) => [place.target.name, place]));
}

function membersOf(
  wanted: readonly KnownRun[],
  places: ReadonlyMap<string, Place>,
  isPlannedAnew: boolean,
): { readonly unplanned: readonly Unplanned[]; readonly standing: readonly Member[] } {
  const unplanned: Unplanned[] = [];
  const standing: Member[] = [];
  for (const known of wanted) {
    const { runId, settings, phase } = known.run;
    const name = settings.target?.name ?? '';
    const place = places.get(name);
    if (place === undefined) continue;
    const member = { name, context: place.context, runId, settings };
    if (isPlannedAnew || phase === 'planning') {
      restartPlanning(known);
      unplanned.push(member);
    } else standing.push({ ...member, step: { kind: 'apply' } });
  }
  return { unplanned, standing };
}

function startedSummary({ run }: KnownRun): readonly PlanSummary[] {
  return run.startedAtMs === null || run.summary === null ? [] : [run.summary];
}

/** Those that are left, and that --target chooses. */
function wantedOf(
  context: CommandContext,
  { runs, isReleased }: OldRound,
  approval: 'given' | 'kept',
): readonly KnownRun[] {
  const names = new Set(
    context.values.list('target').length === 0 ? [] : chosenTargets(context).map(({ name }) => name),
  );
  return runs.filter(({ run }) => {
    const isChosen = names.size === 0 || names.has(run.settings.target?.name ?? '');
    const isPlanned = approval === 'given' && run.phase === 'planned' && !(isReleased && isRefused(run));
    return isChosen && (isPlanned || isLeft(run, isReleased));
  });
}

/** Once something was sent, nobody goes on with a plan that was not agreed to: one may have been applied by itself. */
function isLeft(run: Run, isReleased: boolean): boolean {
  if (run.phase === 'finished' || run.phase === 'abandoned') return false;
  if (!isReleased) return true;
  return run.approvedAtMs !== null && !(run.phase === 'planned' && isRefused(run));
}

/** Held by its own guard while others went on. */
function isRefused(run: Run): boolean {
  return run.exitCode === 3 && run.startedAtMs === null;
}

/** True where nothing was sent and a plan is missing. Where all stand, they may be what the user agreed to. @throws as requireWhole. */
function isToPlanAnew(context: CommandContext, round: OldRound, wanted: readonly KnownRun[]): boolean {
  if (round.isReleased) return false;
  requireWhole(context, round, wanted);
  return wanted.some(({ run }) => run.phase === 'planning');
}

/** Nothing may be sent to some of the targets while others have no plan. */
function requireWhole(
  context: CommandContext,
  { roundId, runs, share }: OldRound,
  wanted: readonly KnownRun[],
): void {
  const lost = share.chosen.filter((name) => !runs.some(({ run }) => run.settings.target?.name === name));
  const given = runs
    .filter(({ run }) => run.phase === 'abandoned')
    .map(({ run }) => run.settings.target?.name ?? '');
  const isNarrowed = context.values.list('target').length > 0 && wanted.length < share.chosen.length;
  if (lost.length === 0 && given.length === 0 && !isNarrowed) return;
  if (lost.length === 0 && share.onFailure === 'continue' && !isNarrowed) return;
  if (isNarrowed) {
    throw new AlarmSyncError(
      'ALARMSYNC_CLI_USAGE',
      `expected no --target, since the runs ${roundId} are still to be planned or judged, all of them together`,
    );
  }
  for (const { registered, run } of runs) {
    if (run.phase === 'abandoned' || run.phase === 'finished') continue;
    using plan = PlanFile.open(registered.planPath);
    plan.run.noteEnded('abandoned', 5, context.nowEpochMs());
  }
  throw new AlarmSyncError(
    'ALARMSYNC_RUN_UNFINISHED',
    `the runs ${roundId} have no plan for ${[...lost, ...given].join(', ')}, and nothing was sent to any target`,
    { hint: 'start again with: alarmsync sync FILE --config FILE' },
  );
}

/** @throws {ALARMSYNC_PLAN_STALE} when there is a target without a plan. */
function requirePlanned({ roundId, runs, share }: OldRound, wanted: readonly KnownRun[]): void {
  const first = runs.find(
    ({ run }) => run.phase === 'planning' || (run.phase === 'abandoned' && share.onFailure === 'stop'),
  );
  if (first === undefined && wanted.length > 0) return;
  throw new AlarmSyncError(
    'ALARMSYNC_PLAN_STALE',
    first === undefined
      ? `nothing is left to apply of the runs ${roundId}`
      : `the planning of target ${first.run.settings.target?.name ?? ''} of ${roundId} did not come to its end`,
    { hint: 'plan anew with: alarmsync plan FILE --config FILE' },
  );
}

async function placeOfRun(context: CommandContext, run: Run): Promise<Place> {
  const target = requireTarget(context, run.settings.target?.name ?? '');
  const place = await placeOf(target, contextOf(context, target), run.settings);
  // What shapes the run is kept in it.
  return { ...place, settings: run.settings };
}

function restartPlanning({ registered, run }: KnownRun): void {
  if (run.phase === 'planning') return;
  using plan = PlanFile.open(registered.planPath);
  plan.restartPlanning();
}
