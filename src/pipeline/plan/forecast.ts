// The counts of a plan -> how many requests it will take, and how long at the set quota. Pure.

import type { CheckBefore } from '../../store/run-settings.ts';
import type { PlanSummary } from '../../store/plan-summary.ts';

export interface ForecastSettings {
  readonly checkBefore: CheckBefore;
  /** Requests a second; 0 when no quota is set. */
  readonly quotaPerSecond: number;
  /** True when the service checks the etag itself, which saves a read for each delete. */
  readonly hasConditionalWrites: boolean;
  readonly createIsUpsert: boolean;
}

/** Duration is null without a quota: then nobody can tell beforehand. Retries are not foreseen. */
export function forecast(
  counts: Pick<PlanSummary, 'createCount' | 'updateCount' | 'deleteCount'>,
  settings: ForecastSettings,
): PlanSummary['forecast'] {
  const perCreate = settings.createIsUpsert && settings.checkBefore === 'all' ? 2 : 1;
  const perUpdate = 2; // always read just before, for its weather and the members the file does not manage
  const perDelete = settings.checkBefore === 'none' || settings.hasConditionalWrites ? 1 : 2;
  const requestCount =
    counts.createCount * perCreate + counts.updateCount * perUpdate + counts.deleteCount * perDelete;
  const { quotaPerSecond } = settings;
  return {
    requestCount,
    durationMs: quotaPerSecond === 0 ? null : Math.ceil((requestCount / quotaPerSecond) * 1000),
  };
}
