// A quota -> windows of BullMQ's limiter, the same for steps of one request and of two.

import { expect, it } from 'vitest';

import { limiterOf, MAX_REQUEST_COUNT } from '../../src/queue/limiter.ts';

const QUOTAS = [0.5, 1, 3, 10, 15, 19, 20, 29, 39, 50, 99, 100, 500, 999, 5000];

it.each(QUOTAS)(
  'uses nine tenths of a quota of %d/s and more, with room for what is late',
  (quotaPerSecond) => {
    for (const requestCount of [1, MAX_REQUEST_COUNT]) {
      const { max, durationMs } = limiterOf(quotaPerSecond, requestCount);
      const usedPerSecond = (max * requestCount * 1000) / durationMs;
      expect(usedPerSecond).toBeLessThanOrEqual(quotaPerSecond * 0.98);
      expect(usedPerSecond).toBeGreaterThanOrEqual(quotaPerSecond * 0.92);
      expect(Number.isInteger(max)).toBe(true);
    }
  },
);

it.each(QUOTAS)('has windows of one length at %d/s, whatever the steps', (quotaPerSecond) => {
  const { durationMs } = limiterOf(quotaPerSecond, 1);
  expect(limiterOf(quotaPerSecond, MAX_REQUEST_COUNT).durationMs).toBe(durationMs);
  if (quotaPerSecond >= 20) expect(durationMs).toBeLessThanOrEqual(106);
});
