// The counts of a plan and the limits -> every reason to refuse it. Pure.

import type { Limit } from '../../store/run-settings.ts';
import type { PlanSummary, Refusal } from '../../store/plan-summary.ts';

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
  let fromCount = 0;
  let hundredths = 0;
  for (const { upToCount, percent } of DELETE_BRACKETS) {
    hundredths += percent * Math.max(0, Math.min(existingCount, upToCount) - fromCount);
    fromCount = upToCount;
  }
  const limit = Math.max(FLOOR_COUNT, Math.floor(hundredths / 100));
  return Math.min(limit, Math.floor(existingCount / 2));
}

/** How many updates are allowed without a word, of that many existing alarms. */
export function defaultUpdateLimit(existingCount: number): number {
  return Math.max(FLOOR_COUNT, Math.floor((existingCount * UPDATE_PERCENT) / 100));
}

/** Alarms and downtimes are limited each by themselves. Shape: [] when the plan may be applied. A plan is refused when it is over a limit, not when it meets it. */
export function guardRefusals(
  counts: GuardCounts,
  settings: GuardSettings,
  subject: 'alarm' | 'downtime' = 'alarm',
): readonly Refusal[] {
  const existing = counts.existingInScopeCount;
  const limits = [
    {
      verb: 'deletes',
      flag: '--max-delete',
      count: counts.deleteCount,
      limit: limitOf(settings.maxDelete, existing, defaultDeleteLimit),
    },
    {
      verb: 'updates',
      flag: '--max-update',
      count: counts.updateCount,
      limit: limitOf(settings.maxUpdate, existing, defaultUpdateLimit),
    },
    {
      verb: 'creates',
      flag: '--max-create',
      count: counts.createCount,
      limit: limitOf(settings.maxCreate, existing, () => Infinity),
    },
  ];
  return limits
    .filter(({ count, limit }) => count > limit)
    .map(({ verb, flag, count, limit }) => ({
      code: 'ALARMSYNC_GUARD_REFUSED',
      message: `the plan ${verb} ${count} ${subject}${count === 1 ? '' : 's'}, where the service holds ${existing} in scope and the limit is ${limit}`,
      hint: `look at the plan, and if it is right accept it with ${flag} ${count}`,
      isForceable: true,
    }));
}

/** A limit that the user gave has no floor: 0 means none. */
function limitOf(
  given: Limit | null,
  existingCount: number,
  byDefault: (existingCount: number) => number,
): number {
  if (given === null) return byDefault(existingCount);
  return 'count' in given ? given.count : percentOf(given.percent, existingCount);
}

/** Rounded down, in whole numbers: 0.57 % of 10 000 is 57, where floats make it 56. Percentages have six decimals at most. */
export function percentOf(percent: number, count: number): number {
  const millionths = BigInt(Math.round(percent * 1e6));
  return Number((BigInt(count) * millionths) / 100_000_000n);
}
