// The plans of all targets -> released to be drained, or held, with the reason.

import { createHash } from 'node:crypto';

import { AlarmSyncError, asAlarmSyncError } from '../../alarm/errors.ts';
import { guardRefusalsOverAll } from '../../pipeline/plan/guard.ts';
import { PlanFile } from '../../store/plan-file.ts';
import type { TargetShare } from '../../store/run-settings.ts';
import type { PlanSummary } from '../../store/plan-summary.ts';
import type { Run } from '../../store/run-table.ts';
import { acceptPlan } from '../acceptance.ts';
import type { CommandContext } from '../command.ts';
import { changeCountOf } from '../planning.ts';

/** A target whose plan stands. */
export interface Standing {
  readonly kind: 'stands';
  /** Of the target at work. */
  readonly context: CommandContext;
  readonly planPath: string;
  readonly summary: PlanSummary;
  readonly checksum: string;
  readonly phase: Run['phase'];
}

/** What a target came to. */
export type Arrival = Standing | { readonly kind: 'failed' };

export interface Verdict {
  /** True when those that are not refused may be drained. */
  readonly isReleased: boolean;
  /** Why not, as an exit code; 0 where the targets say it themselves. */
  readonly exitCode: number;
  /** False where the plans were not even looked at: then what they say by themselves does not count. */
  readonly isOfPlans: boolean;
  /** What a target is to end with instead, by name. */
  readonly refusals: ReadonlyMap<string, AlarmSyncError>;
}

interface Judged {
  readonly roundId: string;
  readonly share: Omit<TargetShare, 'name'>;
  readonly approval: 'given' | 'asked' | 'never';
  /** Of targets of the same plans that were begun or ended before: they count towards what is too much of all. */
  readonly earlier: readonly PlanSummary[];
}

/**
 * Nothing was sent to any target before this, and nothing is unless it says so: every plan stands and is accepted, so are
 * all of them together, and the user agrees.
 * @throws {ALARMSYNC_PLAN_CHECKSUM} when --checksum is not that of all plans.
 */
export async function judge(
  context: CommandContext,
  round: Judged,
  arrivals: ReadonlyMap<string, Arrival>,
): Promise<Verdict> {
  const standing = new Map(
    [...arrivals].filter((one): one is [string, Standing] => one[1].kind === 'stands'),
  );
  if (context.stop.request !== undefined) return held(context.stop.request.exitCode);
  if (standing.size === 0) return held(0);
  const accepted = accept(context, round, standing);
  const { refusals } = accepted;
  const hasFailed = standing.size < arrivals.size || refusals.size > 0;
  const mayGoOn = round.share.onFailure === 'continue' && refusals.size < standing.size;
  if (accepted.isTooMuch || (hasFailed && !mayGoOn)) {
    tellHeld(context, round, accepted);
    return { isReleased: false, exitCode: accepted.isTooMuch ? 3 : 0, isOfPlans: true, refusals };
  }
  const changeCount = [...standing.values()].reduce((sum, { summary }) => sum + changeCountOf(summary), 0);
  const agreement = await agree(context, round, changeCount, standing.size);
  return { ...agreement, isOfPlans: true, refusals };
}

interface Accepted {
  readonly checksum: string;
  /** True when all together are over a limit, and nobody forces them. */
  readonly isTooMuch: boolean;
  readonly refusals: Verdict['refusals'];
}

/** One that is drained already was accepted before. */
function accept(
  context: CommandContext,
  { share, earlier }: Judged,
  standing: ReadonlyMap<string, Standing>,
): Accepted {
  const fresh = new Map([...standing].filter(([, { phase }]) => phase === 'planned'));
  const checksum = checksumOverAll(standing);
  if (fresh.size === 0) return { checksum, isTooMuch: false, refusals: new Map() };
  const isTooMuch = refuseOverAll(standing, share, earlier) && !context.values.isOn('force');
  tellAll(context, standing, checksum);
  return { checksum, isTooMuch, refusals: acceptEach(context, fresh, checksum) };
}

function tellHeld({ terminal }: CommandContext, { roundId }: Judged, { refusals, checksum }: Accepted): void {
  terminal.log.next(
    refusals.size === 0
      ? 'nothing was sent to any target: see above which could not be planned'
      : `nothing was sent to any target; if all plans are right, take just them: alarmsync apply ${roundId} --force --checksum ${checksum}`,
  );
}

async function agree(
  context: CommandContext,
  { roundId, approval }: Judged,
  changeCount: number,
  targetCount: number,
): Promise<Pick<Verdict, 'isReleased' | 'exitCode'>> {
  const { terminal, values } = context;
  if (approval === 'never') {
    if (changeCount > 0) terminal.log.next(`apply them with: alarmsync apply ${roundId}`);
    return { isReleased: false, exitCode: changeCount > 0 && values.isOn('detailed-exitcode') ? 2 : 0 };
  }
  if (approval === 'given' || changeCount === 0 || (await isAgreedNow(context, targetCount)))
    return { isReleased: true, exitCode: 0 };
  terminal.log.next(`nothing was changed; apply them with: alarmsync apply ${roundId}`);
  return { isReleased: false, exitCode: 2 };
}

function held(exitCode: number): Verdict {
  return { isReleased: false, exitCode, isOfPlans: true, refusals: new Map() };
}

/** Notes in each plan what is too much of all together, so that none is applied by itself unseen. True when there is something. */
function refuseOverAll(
  standing: ReadonlyMap<string, Standing>,
  share: Omit<TargetShare, 'name'>,
  earlier: readonly PlanSummary[],
): boolean {
  const summaries = [...earlier, ...[...standing.values()].map(({ summary }) => summary)];
  const refusals = guardRefusalsOverAll(summaries, share);
  for (const { planPath, summary, phase } of standing.values()) {
    const known = new Set(summary.refusals.map(({ message }) => message));
    const own = refusals
      .filter(({ action, refusal }) => summary[`${action}Count`] > 0 && !known.has(refusal.message))
      .map(({ refusal }) => refusal);
    if (own.length === 0 || phase !== 'planned') continue;
    using plan = PlanFile.open(planPath);
    plan.run.noteSummary({ ...summary, refusals: [...summary.refusals, ...own] });
  }
  return refusals.length > 0;
}

/** Of the plans by target: planning again over the same facts gives the same one. */
function checksumOverAll(standing: ReadonlyMap<string, Standing>): string {
  const hash = createHash('sha256');
  for (const [name, { checksum }] of [...standing].toSorted(([left], [right]) => (left < right ? -1 : 1)))
    hash.update(`${name} ${checksum}\n`);
  return hash.digest('hex');
}

function tellAll(
  { terminal, events }: CommandContext,
  standing: ReadonlyMap<string, Standing>,
  checksum: string,
): void {
  const summaries = [...standing.values()].map(({ summary }) => summary);
  const sumOf = (count: 'createCount' | 'updateCount' | 'deleteCount' | 'unchangedCount'): number =>
    summaries.reduce((sum, summary) => sum + summary[count], 0);
  const counts = {
    create: sumOf('createCount'),
    update: sumOf('updateCount'),
    delete: sumOf('deleteCount'),
    unchanged: sumOf('unchangedCount'),
  };
  const { create, update, unchanged } = counts;
  events?.plansSummary(counts, checksum);
  terminal.result(
    `All ${summaries.length} targets: ${create} to create, ${update} to update, ${counts.delete} to delete, ${unchanged} unchanged.`,
  );
  terminal.log.info(`Checksum over all: ${checksum}`);
}

/** What keeps each of the plans from being accepted, by target. */
function acceptEach(
  { values }: CommandContext,
  fresh: ReadonlyMap<string, Standing>,
  checksum: string,
): Verdict['refusals'] {
  const wanted = values.text('checksum');
  if (wanted !== undefined && wanted.toLowerCase() !== checksum) {
    throw new AlarmSyncError(
      'ALARMSYNC_PLAN_CHECKSUM',
      `expected plans with the checksum ${wanted} over all, got ${checksum}`,
      { hint: 'look at them: alarmsync status tells the plan file of each target' },
    );
  }
  const refusals = new Map<string, AlarmSyncError>();
  for (const [name, { context, planPath, checksum: own }] of fresh) {
    using plan = PlanFile.open(planPath);
    // That of all was compared; of each it is what it is.
    const accepting =
      wanted === undefined ? context : { ...context, values: context.values.with({ checksum: own }) };
    try {
      acceptPlan(accepting, plan);
    } catch (thrown) {
      refusals.set(name, asAlarmSyncError(thrown));
    }
  }
  return refusals;
}

async function isAgreedNow({ terminal, stop }: CommandContext, count: number): Promise<boolean> {
  return (
    terminal.isInteractive && (await terminal.confirm(`Apply the plans of all ${count} targets?`, stop.stop))
  );
}
