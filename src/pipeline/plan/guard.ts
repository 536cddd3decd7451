// The counts of a plan and the limits -> every reason to refuse it. Pure.

import type { Limit } from '../../store/run-settings.ts';
import type { LimitCheck, PlanSummary, Refusal } from '../../store/plan-summary.ts';

export interface GuardSettings {
  readonly maxDelete: Limit | null;
  readonly maxUpdate: Limit | null;
  readonly maxCreate: Limit | null;
}

type GuardCounts = Pick<PlanSummary, 'createCount' | 'updateCount' | 'deleteCount' | 'existingInScopeCount'>;

const FLOOR_COUNT = 10;
const UPDATE_PERCENT = 30;

/**
 * Percentages of deletes by bracket, each for the alarms within it alone, so that the limit never falls as a
 * service grows. A flat 30 % of ten million would be three million deletes.
 */
const DELETE_BRACKETS = [
  { upToCount: 100, percent: 30 },
  { upToCount: 10_000, percent: 10 },
  { upToCount: 1_000_000, percent: 2 },
  { upToCount: Infinity, percent: 0.5 },
] as const;

/** How many deletes are allowed without a word, of that many existing alarms: at least 10, never more than half. */
export function defaultDeleteLimit(existingCount: number): number {
  return boundedSum(defaultDeleteRule(existingCount));
}

/** How many updates are allowed without a word, of that many existing alarms. */
export function defaultUpdateLimit(existingCount: number): number {
  return boundedSum(defaultUpdateRule(existingCount));
}

/** A limit as parts of the existing alarms, each with its percentage, and what it is at least and at most. */
type LimitRule = Pick<LimitCheck, 'shares' | 'floorCount' | 'ceilingCount'>;

function defaultDeleteRule(existingCount: number): LimitRule {
  const shares = DELETE_BRACKETS.map(({ upToCount, percent }, index) => {
    const fromCount = DELETE_BRACKETS[index - 1]?.upToCount ?? 0;
    return { alarmCount: Math.max(0, Math.min(existingCount, upToCount) - fromCount), percent };
  });
  return {
    shares: shares.filter(({ alarmCount }) => alarmCount > 0),
    floorCount: FLOOR_COUNT,
    ceilingCount: Math.floor(existingCount / 2),
  };
}

function defaultUpdateRule(existingCount: number): LimitRule {
  return {
    shares: [{ alarmCount: existingCount, percent: UPDATE_PERCENT }],
    floorCount: FLOOR_COUNT,
    ceilingCount: null,
  };
}

/** The shares are added up before they are rounded down. */
function boundedSum({ shares, floorCount, ceilingCount }: LimitRule): number {
  let hundredths = 0;
  for (const { alarmCount, percent } of shares) hundredths += percent * alarmCount;
  const sumCount = Math.floor(hundredths / 100);
  return Math.min(Math.max(floorCount ?? 0, sumCount), ceilingCount ?? Infinity);
}

/** How each limit came about, for whoever wants to follow it. */
export function limitChecks(counts: GuardCounts, settings: GuardSettings): readonly LimitCheck[] {
  const { existingInScopeCount: existingCount, createCount, updateCount, deleteCount } = counts;
  return [
    {
      ...checkOf('delete', settings.maxDelete, existingCount, defaultDeleteRule(existingCount)),
      plannedCount: deleteCount,
    },
    {
      ...checkOf('update', settings.maxUpdate, existingCount, defaultUpdateRule(existingCount)),
      plannedCount: updateCount,
    },
    { ...checkOf('create', settings.maxCreate, existingCount, null), plannedCount: createCount },
  ];
}

/** A limit that the user gave has no floor: 0 means none. Null by default means that there is no limit. */
function checkOf(
  action: LimitCheck['action'],
  given: Limit | null,
  existingCount: number,
  byDefault: LimitRule | null,
): Omit<LimitCheck, 'plannedCount'> {
  const check = { action, flag: `--max-${action}`, existingCount, given } as const;
  const noRule = { shares: [], floorCount: null, ceilingCount: null };
  if (given === null) {
    const limitCount = byDefault === null ? null : boundedSum(byDefault);
    return { ...check, ...(byDefault ?? noRule), limitCount };
  }
  if ('count' in given) return { ...check, ...noRule, limitCount: given.count };
  const shares = [{ alarmCount: existingCount, percent: given.percent }];
  return { ...check, ...noRule, shares, limitCount: percentOf(given.percent, existingCount) };
}

/** Alarms and downtimes are limited each by themselves. Shape: [] when the plan may be applied. A plan is refused when it is over a limit, not when it meets it. */
export function guardRefusals(
  counts: GuardCounts,
  settings: GuardSettings,
  subject: 'alarm' | 'downtime' = 'alarm',
): readonly Refusal[] {
  return exceededLimits(counts, settings).map(
    ({ action, flag, plannedCount, existingCount, limitCount }) => ({
      code: 'ALARMSYNC_GUARD_REFUSED',
      message: `the plan ${action}s ${plannedCount} ${subject}${plannedCount === 1 ? '' : 's'}, where the service holds ${existingCount} in scope and the limit is ${limitCount}`,
      hint: `look at the plan, and if it is right accept it with ${flag} ${plannedCount}`,
      isForceable: true,
    }),
  );
}

/** Those that the plan is over; meeting one is not. */
function exceededLimits(counts: GuardCounts, settings: GuardSettings): readonly LimitCheck[] {
  return limitChecks(counts, settings).filter(
    ({ plannedCount, limitCount }) => limitCount !== null && plannedCount > limitCount,
  );
}

/** The plans of all targets together, as one: what each alone may do can be too much at once. Shape: [] when they may be applied. */
export function guardRefusalsOverAll(
  plans: readonly GuardCounts[],
  settings: GuardSettings,
): readonly { readonly action: LimitCheck['action']; readonly refusal: Refusal }[] {
  const sumOf = (count: keyof GuardCounts): number => plans.reduce((sum, plan) => sum + plan[count], 0);
  const counts = {
    createCount: sumOf('createCount'),
    updateCount: sumOf('updateCount'),
    deleteCount: sumOf('deleteCount'),
    existingInScopeCount: sumOf('existingInScopeCount'),
  };
  return exceededLimits(counts, settings).map(
    ({ action, flag, plannedCount, existingCount, limitCount }) => ({
      action,
      refusal: {
        code: 'ALARMSYNC_GUARD_REFUSED',
        message: `the plans of all targets ${action} ${plannedCount} alarms together, where the services hold ${existingCount} in scope and the limit over all is ${limitCount}`,
        hint: `look at the plans, and if they are right accept them with ${flag}-all ${plannedCount}`,
        isForceable: true,
      },
    }),
  );
}

/** Rounded down, in whole numbers: 0.57 % of 10 000 is 57, where floats make it 56. Percentages have six decimals at most. */
export function percentOf(percent: number, count: number): number {
  const millionths = BigInt(Math.round(percent * 1e6));
  return Number((BigInt(count) * millionths) / 100_000_000n);
}
