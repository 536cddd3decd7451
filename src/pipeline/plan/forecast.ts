// The counts of a plan -> how many requests it will take, and how long at the set quota. Pure.

import type { CheckBefore } from '../../store/run-settings.ts';
import type { ServiceCapabilities } from '../../services/alarm-service.ts';
import type { PlanSummary } from '../../store/plan-summary.ts';

export interface ForecastSettings {
  readonly checkBefore: CheckBefore;
  /** Requests a second; 0 when no quota is set. */
  readonly quotaPerSecond: number;
  /** True when the service checks the etag itself, which saves a read for each delete. */
  readonly hasConditionalWrites: boolean;
  readonly createIsUpsert: boolean;
  /** What the service itself allows, by kind of request. */
  readonly quotaPerSecondByKind: ServiceCapabilities['quotaPerSecond'];
}

/** Duration is that of the quota which takes longest, null without any: then nobody can tell beforehand. Retries are not foreseen. */
export function forecast(
  counts: Pick<PlanSummary, 'createCount' | 'updateCount' | 'deleteCount'>,
  settings: ForecastSettings,
): PlanSummary['forecast'] {
  const perCreate = settings.createIsUpsert && settings.checkBefore === 'all' ? 2 : 1;
  const perUpdate = 2; // always read just before, for its weather and the members the file does not manage
  const perDelete = settings.checkBefore === 'none' || settings.hasConditionalWrites ? 1 : 2;
  const writeCount = counts.createCount + counts.updateCount + counts.deleteCount;
  const requestCount =
    counts.createCount * perCreate + counts.updateCount * perUpdate + counts.deleteCount * perDelete;
  const { read = 0, write = 0 } = settings.quotaPerSecondByKind;
  const durationsMs = [
    durationMsOf(requestCount, settings.quotaPerSecond),
    durationMsOf(writeCount, write),
    durationMsOf(requestCount - writeCount, read),
  ].filter((durationMs) => durationMs !== null);
  return { requestCount, durationMs: durationsMs.length === 0 ? null : Math.max(...durationsMs) };
}

/** Null without a quota. */
function durationMsOf(requestCount: number, perSecond: number): number | null {
  return perSecond === 0 ? null : Math.ceil((requestCount / perSecond) * 1000);
}
