// What coordinator and workers hand each other through Redis: one step with one operation, and what it showed.

import * as v from 'valibot';

import { AlarmSyncError, ERROR_CODES, type ErrorCode } from '../alarm/errors.ts';
import { errorOf, plainErrorOf } from '../alarm/plain-error.ts';
import type { Likeness, Outcome, SendSettings } from '../pipeline/sync.ts';
import type { ClaimedOperation } from '../store/operation.ts';

/** One step to take. Bodies of alarms are in it; credentials never are. */
export interface Step {
  readonly kind: 'send' | 'lookup';
  readonly subject: 'alarm' | 'downtime';
  readonly operation: ClaimedOperation;
  readonly send: SendSettings;
}

/** What a step came to. `thrown` is what ends the run, or what a read met; writes are those that left. */
export type StepAnswer =
  | { readonly kind: 'outcome'; readonly outcome: Outcome; readonly writeCount: number }
  | { readonly kind: 'likeness'; readonly likeness: Likeness }
  | { readonly kind: 'thrown'; readonly error: AlarmSyncError; readonly writeCount: number };

const nullableText = v.nullable(v.string());

const ERROR_CODE = v.custom<ErrorCode>(
  (value) => typeof value === 'string' && Object.hasOwn(ERROR_CODES, value),
);

const FAILURE_CLASS = v.picklist([
  'http_4xx_403',
  'http_4xx_404',
  'http_4xx_409',
  'http_4xx_429',
  'http_4xx_other',
  'http_5xx',
  'timeout',
  'connection',
  'malformed',
  'other',
]);

const OPERATION = v.object({
  id: v.number(),
  action: v.picklist(['create', 'update', 'delete']),
  name: v.string(),
  attemptCount: v.number(),
  wasAmbiguous: v.boolean(),
  beforeParams: nullableText,
  afterParams: nullableText,
  handle: nullableText,
  etag: nullableText,
});

const SEND_SETTINGS = v.object({
  runId: v.string(),
  managed: v.union([v.literal('all'), v.array(v.string())]),
  compareState: v.picklist(['meaning', 'exact']),
  checkBefore: v.picklist(['all', 'deletes', 'none']),
});

const STEP = v.object({
  kind: v.picklist(['send', 'lookup']),
  subject: v.picklist(['alarm', 'downtime']),
  operation: OPERATION,
  send: SEND_SETTINGS,
});

const PLAIN_ERROR = v.object({
  code: ERROR_CODE,
  message: v.string(),
  failureClass: FAILURE_CLASS,
  hint: v.optional(v.string()),
  status: v.optional(v.number()),
  retryAfterMs: v.optional(v.number()),
  stack: v.optional(v.string()),
});

/** An `Outcome` whose error is plain. */
const PLAIN_OUTCOME = v.variant('kind', [
  v.object({
    kind: v.literal('done'),
    found: v.optional(v.picklist(['as_wanted', 'absent'])),
    replacedParams: v.optional(v.string()),
    sentParams: v.optional(v.string()),
  }),
  v.object({ kind: v.literal('conflict'), message: v.string() }),
  v.object({ kind: v.picklist(['refused', 'again', 'unknown']), error: PLAIN_ERROR }),
]);

const ANSWER = v.variant('kind', [
  v.object({ kind: v.literal('outcome'), outcome: PLAIN_OUTCOME, writeCount: v.number() }),
  v.object({
    kind: v.literal('likeness'),
    likeness: v.picklist(['absent', 'as_wanted', 'as_before', 'changed']),
  }),
  v.object({ kind: v.literal('thrown'), error: PLAIN_ERROR, writeCount: v.number() }),
]);

/** @throws {ALARMSYNC_QUEUE_LOST} for what no coordinator of this version wrote. */
export function decodeStep(data: unknown): Step {
  const { success, output } = v.safeParse(STEP, data);
  if (success) return output;
  throw lost('expected a step with an operation from Redis, got something else');
}

export function packAnswer(answer: StepAnswer): unknown {
  switch (answer.kind) {
    case 'likeness':
      return answer;
    case 'thrown':
      return { ...answer, error: plainErrorOf(answer.error) };
    case 'outcome': {
      const { outcome } = answer;
      return {
        ...answer,
        outcome: 'error' in outcome ? { ...outcome, error: plainErrorOf(outcome.error) } : outcome,
      };
    }
  }
}

/** @throws {ALARMSYNC_QUEUE_LOST} for what no worker of this version answers. */
export function decodeAnswer(data: unknown): StepAnswer {
  const { success, output } = v.safeParse(ANSWER, data);
  if (!success) throw lost('expected the answer of a worker from Redis, got something else');
  switch (output.kind) {
    case 'likeness':
      return output;
    case 'thrown':
      return { ...output, error: errorOf(output.error) };
    case 'outcome':
      return { ...output, outcome: outcomeOf(output.outcome) };
  }
}

function outcomeOf(outcome: v.InferOutput<typeof PLAIN_OUTCOME>): Outcome {
  switch (outcome.kind) {
    case 'done': {
      const { found, replacedParams, sentParams } = outcome;
      return {
        kind: 'done',
        ...(found === undefined ? {} : { found }),
        ...(replacedParams === undefined ? {} : { replacedParams }),
        ...(sentParams === undefined ? {} : { sentParams }),
      };
    }
    case 'conflict':
      return outcome;
    case 'refused':
    case 'again':
    case 'unknown':
      return { kind: outcome.kind, error: errorOf(outcome.error) };
  }
}

/** A step whose end nobody can tell: it has to be looked up. */
export function lost(message: string): AlarmSyncError {
  return new AlarmSyncError('ALARMSYNC_QUEUE_LOST', message, { failureClass: 'connection' });
}
