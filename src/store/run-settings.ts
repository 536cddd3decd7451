// What shapes a run, as it is kept in the plan file and read back from it.

import * as v from 'valibot';

import type { Downtime } from '../alarm/downtime.ts';
import type { CompareState } from '../alarm/meaning.ts';

export type Policy = 'sync' | 'upsert-only' | 'create-only';
export type CheckBefore = 'all' | 'deletes' | 'none';

/** A limit of the guard: a count, or a percentage of the existing alarms in scope. */
export type Limit = { readonly count: number } | { readonly percent: number };

/** What a run has to do with those of other targets. */
export interface TargetShare {
  readonly name: string;
  /** The column whose cell names the target of a row; null where scopes say it. */
  readonly column: string | null;
  /** Every target that rows may be of. */
  readonly all: readonly { readonly name: string; readonly scope: string | null }[];
  /** Those that are planned together; nothing is sent to one before all of them are planned. */
  readonly chosen: readonly string[];
  readonly onUnclaimed: 'fail' | 'skip';
  readonly onFailure: 'stop' | 'continue';
  /** Of the chosen ones together. */
  readonly maxDelete: Limit | null;
  readonly maxUpdate: Limit | null;
  readonly maxCreate: Limit | null;
}

/** What shapes a run. Kept in the run: resume and apply may change its pace only. */
export interface RunSettings {
  /** The file as named on the command line; `-` for standard input. Null for a rollback. */
  readonly file: string | null;
  readonly service: string;
  readonly policy: Policy;
  readonly scope: string | null;
  readonly exclude: string | null;
  readonly protect: string | null;
  readonly compareState: CompareState;
  readonly ignoreFields: readonly string[];
  readonly ignoreColumns: readonly string[];
  readonly onInvalid: 'fail' | 'skip';
  readonly onDuplicate: 'fail' | 'first' | 'last';
  readonly expectRowCount: number | null;
  readonly expectSha256: string | null;
  readonly maxDelete: Limit | null;
  readonly maxUpdate: Limit | null;
  readonly maxCreate: Limit | null;
  readonly allowEmpty: boolean;
  readonly allowShrunkService: boolean;
  readonly allowMissingFinalNewline: boolean;
  readonly checkBefore: CheckBefore;
  readonly ignoreErrors: boolean;
  /** All that the service is to hold; null when they are left alone. */
  readonly downtimes: readonly Downtime[] | null;
  /** True for an adoption, and for the rollback of one: alarms change hands, and nothing else of them changes. */
  readonly adopts: boolean;
  /** Null where the whole file is for one service. */
  readonly target: TargetShare | null;
}

const number = v.pipe(v.number(), v.finite());
const limit = v.union([v.strictObject({ count: number }), v.strictObject({ percent: number })]);

const downtime: v.GenericSchema<unknown, Downtime> = v.object({
  name: v.string(),
  monitorTags: v.array(v.string()),
  scope: v.string(),
  message: v.string(),
  timezone: v.string(),
  recurrences: v.array(v.object({ start: v.string(), duration: v.string(), rrule: v.string() })),
});

const target: v.GenericSchema<unknown, TargetShare> = v.object({
  name: v.string(),
  column: v.nullable(v.string()),
  all: v.array(v.object({ name: v.string(), scope: v.nullable(v.string()) })),
  chosen: v.array(v.string()),
  onUnclaimed: v.picklist(['fail', 'skip']),
  onFailure: v.picklist(['stop', 'continue']),
  maxDelete: v.nullable(limit),
  maxUpdate: v.nullable(limit),
  maxCreate: v.nullable(limit),
});

const schema: v.GenericSchema<unknown, RunSettings> = v.object({
  file: v.nullable(v.string()),
  service: v.string(),
  policy: v.picklist(['sync', 'upsert-only', 'create-only']),
  scope: v.nullable(v.string()),
  exclude: v.nullable(v.string()),
  protect: v.nullable(v.string()),
  compareState: v.picklist(['meaning', 'exact']),
  ignoreFields: v.array(v.string()),
  ignoreColumns: v.array(v.string()),
  onInvalid: v.picklist(['fail', 'skip']),
  onDuplicate: v.picklist(['fail', 'first', 'last']),
  expectRowCount: v.nullable(number),
  expectSha256: v.nullable(v.string()),
  maxDelete: v.nullable(limit),
  maxUpdate: v.nullable(limit),
  maxCreate: v.nullable(limit),
  allowEmpty: v.boolean(),
  allowShrunkService: v.boolean(),
  allowMissingFinalNewline: v.boolean(),
  checkBefore: v.picklist(['all', 'deletes', 'none']),
  ignoreErrors: v.boolean(),
  // A run from before there were such things has none.
  downtimes: v.optional(v.nullable(v.array(downtime)), null),
  adopts: v.optional(v.boolean(), false),
  target: v.optional(v.nullable(target), null),
});

/** Reads stored settings back. @throws {Error} for text that is none: a plan file is input from outside. */
export function decodeSettings(text: string): RunSettings {
  return v.parse(schema, JSON.parse(text));
}
