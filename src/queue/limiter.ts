// A quota of requests -> how many steps workers may begin in one window of BullMQ's limiter, which counts all workers together.

import type { ServiceCapabilities } from '../services/alarm-service.ts';
import type { Step } from './step.ts';

/**
 * The limiter's window is a fixed one: a sliding second may see one window's worth more than the quota. The shorter, the less; but
 * whoever waits for the next one loses the way to Redis and back.
 */
const WINDOW_MS = 100;

/**
 * Windows are so much longer than the quota asks for: what leaves late, if not so late that it is counted again, and the way of a request
 * arrive with the next window's. Three workers at 100/s, where a window more than the quota is 110 in a second: 116 were seen without this
 * room and without counting again, 111 with a room of 1.05 alone; with this room and counting again 107 at most in twelve runs of 20 s, and
 * 96 % of the quota used.
 */
const ROOM_RATIO = 1.03;

/** What the limiter takes for no limit; without one it would not keep the rest that a 429 asks for. */
const NO_LIMIT: Limiter = { max: 1_000_000, durationMs: 1000 };

export interface Limiter {
  /** Steps that may begin in a window. At least 1. */
  readonly max: number;
  readonly durationMs: number;
}

/** Requests that a step takes at most, as it usually goes. */
export const MAX_REQUEST_COUNT = 2;

/**
 * The duration is that of the largest steps, since that of a worker's own limiter counts, whatever the queue's is.
 * @param quotaPerSecond of requests; 0 for none
 * @param requestCount that one step may need: 1 or MAX_REQUEST_COUNT
 */
export function limiterOf(quotaPerSecond: number, requestCount: number): Limiter {
  if (quotaPerSecond === 0) return NO_LIMIT;
  const largestPerSecond = quotaPerSecond / MAX_REQUEST_COUNT;
  const largestMax = Math.max(1, Math.floor((largestPerSecond * WINDOW_MS) / 1000));
  return {
    max: (largestMax * MAX_REQUEST_COUNT) / requestCount,
    durationMs: Math.ceil((ROOM_RATIO * largestMax * 1000) / largestPerSecond),
  };
}

/** A step whose first request leaves later than this after it was handed out is counted again. */
export function lateMsOf({ durationMs }: Limiter): number {
  return durationMs / 2;
}

/** The tightest of the run's own quota and those that the service states for the requests of a drain; 0 for none. */
export function drainQuotaOf(
  runQuotaPerSecond: number,
  { quotaPerSecond }: Pick<ServiceCapabilities, 'quotaPerSecond'>,
): number {
  const quotas = [runQuotaPerSecond, quotaPerSecond.read ?? 0, quotaPerSecond.write ?? 0];
  const stated = quotas.filter((quota) => quota > 0);
  return stated.length === 0 ? 0 : Math.min(...stated);
}

/** What decides whether a write is checked by a read. */
export type CheckedBy = Pick<ServiceCapabilities, 'createIsUpsert' | 'hasConditionalWrites'>;

/** Requests that a step takes, as it usually goes: the check before a write is one more. */
export function requestCountOf(step: Step, capabilities: CheckedBy): number {
  return step.kind === 'send' && isChecked(step, capabilities) ? MAX_REQUEST_COUNT : 1;
}

function isChecked({ operation, send }: Step, { createIsUpsert, hasConditionalWrites }: CheckedBy): boolean {
  switch (operation.action) {
    case 'create':
      return createIsUpsert && send.checkBefore === 'all';
    case 'update':
      return true;
    case 'delete':
      return send.checkBefore !== 'none' && !(hasConditionalWrites && operation.etag !== null);
  }
}
