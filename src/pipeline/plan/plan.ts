// The operations in the plan file -> a plan: counted, guarded, forecast, checksummed.

import type { PlanFile } from '../../store/plan-file.ts';
import type { RunSettings } from '../../store/run-settings.ts';
import type { DowntimeSummary, PlanSummary, Refusal } from '../../store/plan-summary.ts';
import { publish } from '../../telemetry/names.ts';
import { planChecksum } from './checksum.ts';
import { forecast, type ForecastSettings } from './forecast.ts';
import { guardRefusals } from './guard.ts';

export { planChecksum } from './checksum.ts';

/** What was found out before: counts of names in scope, but for `existingCount`. */
export interface PlanFacts {
  readonly desiredInScopeCount: number;
  readonly existingInScopeCount: number;
  readonly existingCount: number;
  readonly unchangedCount: number;
  readonly unaddressableCount: number;
  readonly protectedCount: number;
  readonly managedMembers: readonly string[];
  /** True when the last record lacks the line end that all others have: the file may be cut. */
  readonly endsWithoutLineEnd: boolean;
  /** Alarms that the last completed run left at this service; null when there was none. */
  readonly lastExistingCount: number | null;
  /** Null where they are left alone. */
  readonly downtimes: DowntimeFacts | null;
}

/** What was found out about downtimes. */
export interface DowntimeFacts {
  readonly existingCount: number;
  readonly unchangedCount: number;
}

type PlanSettings = Pick<
  RunSettings,
  | 'maxDelete'
  | 'maxUpdate'
  | 'maxCreate'
  | 'allowEmpty'
  | 'allowShrunkService'
  | 'allowMissingFinalNewline'
  | 'compareState'
> & { readonly forecast: ForecastSettings };

/** Completes the plan and writes its summary into the plan file. A refused plan is written too, for review. */
export function makePlan(
  plan: PlanFile,
  facts: PlanFacts,
  settings: PlanSettings,
  nowEpochMs: number,
): PlanSummary {
  publish('phase', { name: 'plan', state: 'started' });
  const operations = plan.alarms.operations.counts();
  const counts = {
    createCount: operations.create.pending,
    updateCount: operations.update.pending,
    deleteCount: operations.delete.pending,
    existingInScopeCount: facts.existingInScopeCount,
  };
  const downtimes = downtimeCounts(plan, facts.downtimes);
  const refusals = [
    ...evidenceRefusals(facts, counts.deleteCount, settings),
    ...guardRefusals(counts, settings),
    ...(downtimes === null ? [] : guardRefusals(downtimes, settings, 'downtime')),
  ];
  const summary: PlanSummary = {
    ...counts,
    unchangedCount: facts.unchangedCount,
    conflictCount: operations.update.conflict + operations.delete.conflict,
    unaddressableCount: facts.unaddressableCount,
    protectedCount: facts.protectedCount,
    rejectedRowCount: plan.rejectedRows.count(),
    existingCount: facts.existingCount,
    managedMembers: facts.managedMembers,
    refusals,
    downtimes,
    forecast: forecast(counts, settings.forecast),
  };
  plan.run.notePlanned(summary, planChecksum(plan, settings.compareState), nowEpochMs);
  publish('phase', { name: 'plan', state: refusals.length === 0 ? 'done' : 'refused' });
  return summary;
}

function downtimeCounts(
  plan: PlanFile,
  facts: DowntimeFacts | null,
): (DowntimeSummary & { readonly existingInScopeCount: number }) | null {
  if (facts === null) return null;
  const { create, update, delete: deleted } = plan.downtimes.operations.counts();
  return {
    createCount: create.pending,
    updateCount: update.pending,
    deleteCount: deleted.pending,
    unchangedCount: facts.unchangedCount,
    conflictCount: create.conflict + update.conflict + deleted.conflict,
    existingInScopeCount: facts.existingCount,
  };
}

function evidenceRefusals(facts: PlanFacts, deleteCount: number, settings: PlanSettings): readonly Refusal[] {
  const refusals: Refusal[] = [];
  if (facts.desiredInScopeCount === 0 && !settings.allowEmpty) {
    refusals.push({
      code: 'ALARMSYNC_SOURCE_EMPTY',
      message: 'expected at least one alarm in the file and its scope, got none',
      hint: 'check the file and --scope; if nothing is meant, accept it with --allow-empty',
      isForceable: true,
    });
  }
  if (facts.endsWithoutLineEnd && deleteCount > 0 && !settings.allowMissingFinalNewline) {
    refusals.push({
      code: 'ALARMSYNC_SOURCE_UNSEALED',
      message: `the last record lacks the line end that all others have, so the file may be cut, and the plan deletes ${deleteCount}`,
      hint: 'check the end of the file; if it is whole, accept it with --allow-missing-final-newline',
      isForceable: false,
    });
  }
  const { lastExistingCount } = facts;
  if (
    lastExistingCount !== null &&
    facts.existingCount < lastExistingCount / 2 &&
    !settings.allowShrunkService
  ) {
    refusals.push({
      code: 'ALARMSYNC_LISTING_SHRUNK',
      message: `the service lists ${facts.existingCount} alarms, where the last completed run left ${lastExistingCount}`,
      hint: 'a token that sees less looks just like that; if it is right, accept it with --allow-shrunk-service',
      isForceable: false,
    });
  }
  return refusals;
}
