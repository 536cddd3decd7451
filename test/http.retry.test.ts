import { describe, expect, it } from 'vitest';

import { AlarmSyncError } from '../src/alarm/errors.ts';
import type { ErrorCode } from '../src/alarm/errors.ts';
import { backoffDelayMs, sleep, withRetries } from '../src/services/retry.ts';
import { failureOf } from './http.loopback.ts';

const signal = new AbortController().signal;
const atOnce = { retries: 3, random: () => 0 };

function failing(
  codes: readonly ErrorCode[],
  retryAfterMs?: number,
): { run: () => Promise<string>; count: () => number } {
  let count = 0;
  return {
    run: async () => {
      const code = codes[count];
      count += 1;
      if (code === undefined) return 'done';
      throw new AlarmSyncError(code, 'planted', retryAfterMs === undefined ? {} : { retryAfterMs });
    },
    count: () => count,
  };
}

describe('backoffDelayMs', () => {
  it('doubles the longest wait from 200 ms up to 30 s', () => {
    const longest = [1, 2, 3, 8, 9, 2000].map((attempt) => backoffDelayMs(attempt, () => 0.999_999_9));
    expect(longest).toEqual([199, 399, 799, 25_599, 29_999, 29_999]);
  });

  it('spreads the waits from nothing to the longest', () => {
    expect(backoffDelayMs(5, () => 0)).toBe(0);
    expect(backoffDelayMs(5, () => 0.5)).toBe(1600);
  });
});

describe('withRetries', () => {
  it('gives the result of the first attempt that succeeds', async () => {
    const action = failing([
      'ALARMSYNC_SERVICE_TIMEOUT',
      'ALARMSYNC_SERVICE_UNAVAILABLE',
      'ALARMSYNC_SERVICE_CONNECTION',
    ]);
    expect(await withRetries(action.run, atOnce, signal)).toBe('done');
    expect(action.count()).toBe(4);
  });

  it('throws the last error when the retries are used up', async () => {
    const action = failing(Array.from({ length: 9 }, () => 'ALARMSYNC_SERVICE_UNAVAILABLE'));
    expect((await failureOf(async () => withRetries(action.run, atOnce, signal))).code).toBe(
      'ALARMSYNC_SERVICE_UNAVAILABLE',
    );
    expect(action.count()).toBe(4);
  });

  it.each(['ALARMSYNC_SERVICE_REFUSED', 'ALARMSYNC_SERVICE_CREDENTIALS'] as const)(
    'does not repeat %s',
    async (code) => {
      const action = failing([code]);
      expect((await failureOf(async () => withRetries(action.run, atOnce, signal))).code).toBe(code);
      expect(action.count()).toBe(1);
    },
  );

  it('does not repeat what is no error of ours', async () => {
    let count = 0;
    const action = async (): Promise<never> => {
      count += 1;
      throw new TypeError('planted');
    };
    await expect(withRetries(action, atOnce, signal)).rejects.toThrow(TypeError);
    expect(count).toBe(1);
  });

  it('spends no retry on being throttled', async () => {
    const action = failing(
      Array.from({ length: 20 }, () => 'ALARMSYNC_SERVICE_THROTTLED'),
      0,
    );
    expect(await withRetries(action.run, { retries: 0, random: () => 0 }, signal)).toBe('done');
    expect(action.count()).toBe(21);
  });

  it.each(['ALARMSYNC_SERVICE_THROTTLED', 'ALARMSYNC_SERVICE_UNAVAILABLE'] as const)(
    'gives up at once when %s asks for more than 15 minutes',
    async (code) => {
      const action = failing([code], 15 * 60_000 + 1);
      expect((await failureOf(async () => withRetries(action.run, atOnce, signal))).code).toBe(code);
    },
  );

  it('throws the reason of the signal while it waits', async () => {
    const controller = new AbortController();
    const action = failing(['ALARMSYNC_SERVICE_THROTTLED'], 60_000);
    const running = withRetries(action.run, atOnce, controller.signal);
    controller.abort('enough');
    await expect(running).rejects.toBe('enough');
    expect(action.count()).toBe(1);
  });
});

describe('sleep', () => {
  it('throws the reason at once when the signal has aborted already', async () => {
    await expect(sleep(60_000, AbortSignal.abort('before'))).rejects.toBe('before');
  });

  it('lets a hundred sleepers wait on one signal without a warning', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): number => warnings.push(warning);
    process.on('warning', note);
    const controller = new AbortController();
    const sleepers = Array.from({ length: 100 }, async () => sleep(60_000, controller.signal));
    controller.abort('all');
    const ends = await Promise.allSettled(sleepers);
    // Node warns a tick later.
    await new Promise(setImmediate);
    process.off('warning', note);
    expect(ends.every((end) => end.status === 'rejected' && end.reason === 'all')).toBe(true);
    expect(warnings).toEqual([]);
  });
});
