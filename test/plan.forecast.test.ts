import { expect, it } from 'vitest';

import { forecast, type ForecastSettings } from '../src/pipeline/plan/forecast.ts';

const COUNTS = { createCount: 100, updateCount: 10, deleteCount: 1 };

function requestCount(changes: Partial<ForecastSettings>): number {
  return forecast(COUNTS, {
    checkBefore: 'all',
    quotaPerSecond: 0,
    hasConditionalWrites: true,
    createIsUpsert: false,
    quotaPerSecondByKind: {},
    ...changes,
  }).requestCount;
}

it('every update is read before it is written', () => {
  expect(requestCount({})).toBe(100 + 20 + 1);
  expect(requestCount({ checkBefore: 'none' })).toBe(100 + 20 + 1);
});

it('deletes are read before where the service does not check etags itself', () => {
  expect(requestCount({ hasConditionalWrites: false })).toBe(100 + 20 + 2);
  expect(requestCount({ hasConditionalWrites: false, checkBefore: 'deletes' })).toBe(100 + 20 + 2);
  expect(requestCount({ hasConditionalWrites: false, checkBefore: 'none' })).toBe(100 + 20 + 1);
});

it('creates are read before where a create would replace an alarm', () => {
  expect(requestCount({ createIsUpsert: true })).toBe(200 + 20 + 1);
  expect(requestCount({ createIsUpsert: true, checkBefore: 'deletes' })).toBe(100 + 20 + 1);
});

it('the duration is that of the quota, and unknown without one', () => {
  const settings = {
    checkBefore: 'all',
    hasConditionalWrites: true,
    createIsUpsert: false,
    quotaPerSecondByKind: {},
  } as const;
  expect(forecast(COUNTS, { ...settings, quotaPerSecond: 0 }).durationMs).toBeNull();
  expect(forecast(COUNTS, { ...settings, quotaPerSecond: 2 }).durationMs).toBe(60_500);
  expect(forecast(COUNTS, { ...settings, quotaPerSecond: 0.5 }).durationMs).toBe(242_000);
});

it('the duration is that of the kind of request that takes longest, where the service allows so many of each', () => {
  const settings = {
    checkBefore: 'all',
    quotaPerSecond: 0,
    hasConditionalWrites: false,
    createIsUpsert: true,
  } as const;
  const durationMs = (quotaPerSecondByKind: ForecastSettings['quotaPerSecondByKind'], quotaPerSecond = 0) =>
    forecast(COUNTS, { ...settings, quotaPerSecondByKind, quotaPerSecond }).durationMs;
  expect(durationMs({ write: 3, read: 9 })).toBe(37_000);
  expect(durationMs({ write: 3, read: 1 })).toBe(111_000);
  expect(durationMs({ write: 3 }, 1)).toBe(222_000);
  expect(durationMs({ list: 1 })).toBeNull();
});
