// What a plan says about itself once it is made: its counts, why it is refused, how long it will take.

import { z } from 'zod';

/** Why a plan is refused, and the flag that accepts it. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** True when `--force --checksum` accepts it. */
  readonly isForceable: boolean;
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
  readonly forecast: { readonly requestCount: number; readonly durationMs: number | null };
}

const count = z.number().nonnegative();

const schema: z.ZodType<PlanSummary> = z.object({
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
  managedMembers: z.array(z.string()),
  refusals: z.array(
    z.object({ code: z.string(), message: z.string(), hint: z.string(), isForceable: z.boolean() }),
  ),
  forecast: z.object({ requestCount: count, durationMs: z.nullable(count) }),
});

/** Reads a stored summary back. @throws {Error} for text that is none: a plan file is input from outside. */
export function decodeSummary(text: string): PlanSummary {
  return schema.parse(JSON.parse(text));
}
