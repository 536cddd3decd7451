// Turns an action that may fail for a while into one that was tried often enough.

import { asAlarmSyncError } from '../alarm/errors.ts';
import type { AlarmSyncError } from '../alarm/errors.ts';
import { onAbort } from './abort-listener.ts';

const BASE_DELAY_MS = 200;
const MAX_DELAY_MS = 30_000;

/** A service that wants everyone to wait longer than this ends the run, resumably. */
export const MAX_THROTTLE_MS: number = 15 * 60 * 1000;

const MAX_TIMER_MS = 2 ** 31 - 1;

export interface RetrySettings {
  /** Attempts beyond the first. */
  readonly retries: number;
  /** 0 (inclusive) to 1. */
  readonly random: () => number;
}

/**
 * How long to wait before attempt number `attempt` is repeated: anything up to 200 ms, then up to twice that, and so on up to 30 s.
 * Full jitter, so that clients that failed together do not come back together.
 * @param attempt counted from 1
 */
export function backoffDelayMs(attempt: number, random: () => number): number {
  return Math.floor(random() * Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** (attempt - 1)));
}

/**
 * What is left of the retries of one action that may be repeated safely.
 * Being throttled is no failure and costs no retry, until the waits in a row add up to more than 15 minutes.
 */
export class RetryBudget {
  readonly #settings: RetrySettings;
  #failureCount = 0;
  #throttleCount = 0;
  #throttledMs = 0;

  constructor(settings: RetrySettings) {
    this.#settings = settings;
  }

  /**
   * How long to wait before the action is repeated: what the service asked for, else a growing time.
   * @throws what was thrown, when it is not to be retried or the budget is spent.
   */
  delayMsAfter(thrown: unknown): number {
    const error = requireRetryable(thrown);
    const isThrottled = error.code === 'ALARMSYNC_SERVICE_THROTTLED';
    if (isThrottled) this.#throttleCount += 1;
    else this.#failureCount += 1;
    const count = isThrottled ? this.#throttleCount : this.#failureCount;
    const delayMs = error.retryAfterMs ?? backoffDelayMs(count, this.#settings.random);
    this.#throttledMs = isThrottled ? this.#throttledMs + delayMs : 0;
    const isSpent = this.#failureCount > this.#settings.retries;
    if (isSpent || Math.max(delayMs, this.#throttledMs) > MAX_THROTTLE_MS) throw error;
    return delayMs;
  }
}

/**
 * Runs the action until it succeeds, fails for good, or has had its retries. Only for actions that may be repeated safely.
 * @throws what the action threw last; the signal's own reason when it aborts
 */
export async function withRetries<Result>(
  action: () => Promise<Result>,
  settings: RetrySettings,
  signal: AbortSignal,
): Promise<Result> {
  const budget = new RetryBudget(settings);
  for (;;) {
    try {
      return await action();
    } catch (thrown) {
      signal.throwIfAborted();
      await sleep(budget.delayMsAfter(thrown), signal);
    }
  }
}

function requireRetryable(thrown: unknown): AlarmSyncError {
  const error = asAlarmSyncError(thrown);
  if (error.disposition !== 'retry') throw thrown;
  return error;
}

/**
 * Resolves after that long.
 * @param durationMs 0 to 2^31-1; more is cut to that
 * @throws the signal's own reason when it aborts
 */
export async function sleep(durationMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stopListening = onAbort(signal, () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
    const timer = setTimeout(
      () => {
        stopListening();
        resolve();
      },
      Math.min(durationMs, MAX_TIMER_MS),
    );
  });
}
