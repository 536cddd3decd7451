// What shapes a run, as it is kept in the plan file and read back from it.

import { z } from 'zod';

import type { CompareState } from '../alarm/meaning.ts';

export type Policy = 'sync' | 'upsert-only' | 'create-only';
export type CheckBefore = 'all' | 'deletes' | 'none';

/** A limit of the guard: a count, or a percentage of the existing alarms in scope. */
export type Limit = { readonly count: number } | { readonly percent: number };

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
}

const limit = z.union([z.strictObject({ count: z.number() }), z.strictObject({ percent: z.number() })]);

const schema: z.ZodType<RunSettings> = z.object({
  file: z.nullable(z.string()),
  service: z.string(),
  policy: z.enum(['sync', 'upsert-only', 'create-only']),
  scope: z.nullable(z.string()),
  exclude: z.nullable(z.string()),
  protect: z.nullable(z.string()),
  compareState: z.enum(['meaning', 'exact']),
  ignoreFields: z.array(z.string()),
  ignoreColumns: z.array(z.string()),
  onInvalid: z.enum(['fail', 'skip']),
  onDuplicate: z.enum(['fail', 'first', 'last']),
  expectRowCount: z.nullable(z.number()),
  expectSha256: z.nullable(z.string()),
  maxDelete: z.nullable(limit),
  maxUpdate: z.nullable(limit),
  maxCreate: z.nullable(limit),
  allowEmpty: z.boolean(),
  allowShrunkService: z.boolean(),
  allowMissingFinalNewline: z.boolean(),
  checkBefore: z.enum(['all', 'deletes', 'none']),
  ignoreErrors: z.boolean(),
});

/** Reads stored settings back. @throws {Error} for text that is none: a plan file is input from outside. */
export function decodeSettings(text: string): RunSettings {
  return schema.parse(JSON.parse(text));
}
