// What a plan says about itself once it is made: its counts, why it is refused, how long it will take.

import * as v from 'valibot';

import type { Limit } from './run-settings.ts';

/** Why a plan is refused, and the flag that accepts it. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** True when `--force --checksum` accepts it. */
  readonly isForceable: boolean;
}

/** How one limit of the guard came about, and what the plan has. */
export interface LimitCheck {
  readonly action: 'create' | 'update' | 'delete';
  readonly flag: string;
  readonly plannedCount: number;
  /** Existing alarms, or downtimes, in scope. */
  readonly existingCount: number;
  /** As the user gave it; null for the default. */
  readonly given: Limit | null;
  /** Of a limit by percentage: so many of the existing alarms, and what share of them; [] otherwise. */
  readonly shares: readonly { readonly alarmCount: number; readonly percent: number }[];
  /** What it is at least and at most, whatever the shares; null where that does not hold. */
  readonly floorCount: number | null;
  readonly ceilingCount: number | null;
  /** Null where there is none. */
  readonly limitCount: number | null;
}

/** The same counts of downtimes. */
export interface DowntimeSummary {
  readonly createCount: number;
  readonly updateCount: number;
  readonly deleteCount: number;
  readonly unchangedCount: number;
  readonly conflictCount: number;
  /** Null in a plan that does not say it. */
  readonly existingInScopeCount: number | null;
}

/** The counts of a plan, as it stood when it was made. */
export interface PlanSummary {
  readonly createCount: number;
  readonly updateCount: number;
  readonly deleteCount: number;
  readonly unchangedCount: number;
  /** Alarms the service really holds twice; never touched. */
  readonly conflictCount: number;
  /** Alarms of the service that no request can name. */
  readonly unaddressableCount: number;
  /** Changes left out because of --protect. */
  readonly protectedCount: number;
  readonly rejectedRowCount: number;
  /** Distinct alarms the service listed, in scope and in all. */
  readonly existingInScopeCount: number;
  readonly existingCount: number;
  /** Members that the file manages. */
  readonly managedMembers: readonly string[];
  readonly refusals: readonly Refusal[];
  /** Null where they are left alone. */
  readonly downtimes: DowntimeSummary | null;
  readonly forecast: { readonly requestCount: number; readonly durationMs: number | null };
}

const count = v.pipe(v.number(), v.finite(), v.minValue(0));

const schema: v.GenericSchema<unknown, PlanSummary> = v.object({
  createCount: count,
  updateCount: count,
  deleteCount: count,
  unchangedCount: count,
  conflictCount: count,
  unaddressableCount: count,
  protectedCount: count,
  rejectedRowCount: count,
  existingInScopeCount: count,
  existingCount: count,
  managedMembers: v.array(v.string()),
  refusals: v.array(
    v.object({ code: v.string(), message: v.string(), hint: v.string(), isForceable: v.boolean() }),
  ),
  // A plan from before there were any has none.
  downtimes: v.optional(
    v.nullable(
      v.object({
        createCount: count,
        updateCount: count,
        deleteCount: count,
        unchangedCount: count,
        conflictCount: count,
        existingInScopeCount: v.optional(v.nullable(count), null),
      }),
    ),
    null,
  ),
  forecast: v.object({ requestCount: count, durationMs: v.nullable(count) }),
});

/** Reads a stored summary back. @throws {Error} for text that is none: a plan file is input from outside. */
export function decodeSummary(text: string): PlanSummary {
  return v.parse(schema, JSON.parse(text));
}
