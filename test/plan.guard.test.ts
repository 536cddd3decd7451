import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { defaultDeleteLimit, defaultUpdateLimit, guardRefusals } from '../src/pipeline/plan/guard.ts';

const NO_LIMITS = { maxDelete: null, maxUpdate: null, maxCreate: null };

function refusedFlags(
  counts: Partial<Parameters<typeof guardRefusals>[0]>,
  limits: Partial<Parameters<typeof guardRefusals>[1]> = {},
): readonly (string | undefined)[] {
  const all = { createCount: 0, updateCount: 0, deleteCount: 0, existingInScopeCount: 1000, ...counts };
  return guardRefusals(all, { ...NO_LIMITS, ...limits }).map(({ hint }) => /--max-\w+ \d+/u.exec(hint)?.[0]);
}

describe('the limit of deletes', () => {
  it.each([
    [0, 0],
    [1, 0],
    [10, 5],
    [20, 10],
    [33, 10],
    [100, 30],
    [110, 31],
    [1_000, 120],
    [10_000, 1_020],
    [10_050, 1_021],
    [1_000_000, 20_820],
    [1_000_200, 20_821],
    [10_000_000, 65_820],
  ])('of %i alarms is %i', (existingCount, limit) => {
    expect(defaultDeleteLimit(existingCount)).toBe(limit);
  });

  it('never falls as the service grows, and is never more than half', () => {
    fc.assert(
      fc.property(fc.nat(3_000_000), fc.nat(1000), (existingCount, moreCount) => {
        const limit = defaultDeleteLimit(existingCount);
        expect(defaultDeleteLimit(existingCount + moreCount)).toBeGreaterThanOrEqual(limit);
        expect(limit).toBeLessThanOrEqual(existingCount / 2);
        expect(limit).toBeGreaterThanOrEqual(Math.min(10, Math.floor(existingCount / 2)));
      }),
    );
  });
});

it.each([
  [0, 10],
  [10, 10],
  [34, 10],
  [40, 12],
  [1_000_000, 300_000],
])('the limit of updates of %i alarms is %i', (existingCount, limit) => {
  expect(defaultUpdateLimit(existingCount)).toBe(limit);
});

describe('a plan', () => {
  it('is refused when over a limit, not when it meets it', () => {
    expect(refusedFlags({ deleteCount: 120, updateCount: 300, createCount: 1e9 })).toEqual([]);
    expect(refusedFlags({ deleteCount: 121 })).toEqual(['--max-delete 121']);
    expect(refusedFlags({ updateCount: 301 })).toEqual(['--max-update 301']);
    expect(refusedFlags({ deleteCount: 121, updateCount: 301 })).toEqual([
      '--max-delete 121',
      '--max-update 301',
    ]);
  });

  it('is refused with the numbers in the message', () => {
    const counts = { createCount: 0, updateCount: 0, deleteCount: 121, existingInScopeCount: 1000 };
    const [refusal] = guardRefusals(counts, NO_LIMITS);
    expect(refusal).toMatchObject({ code: 'ALARMSYNC_GUARD_REFUSED', isForceable: true });
    expect(refusal?.message).toMatch(/121.*1000.*120/u);
  });

  it('is held to the limits that the user gave, which have no floor', () => {
    expect(refusedFlags({ deleteCount: 1 }, { maxDelete: { count: 0 } })).toEqual(['--max-delete 1']);
    expect(refusedFlags({ deleteCount: 1 }, { maxDelete: { percent: 0 } })).toEqual(['--max-delete 1']);
    expect(refusedFlags({ updateCount: 1 }, { maxUpdate: { count: 0 } })).toEqual(['--max-update 1']);
    expect(refusedFlags({ createCount: 6 }, { maxCreate: { count: 5 } })).toEqual(['--max-create 6']);
    expect(refusedFlags({ deleteCount: 999 }, { maxDelete: { count: 999 } })).toEqual([]);
    expect(refusedFlags({ deleteCount: 1000 }, { maxDelete: { percent: 100 } })).toEqual([]);
  });

  it('may change just as many as a percentage allows, in exact arithmetic', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(1_000_000), (hundredths, existingInScopeCount) => {
        const allowedCount = Number((BigInt(existingInScopeCount) * BigInt(hundredths)) / 10_000n);
        const maxDelete = { percent: Number(`${hundredths}e-2`) };
        expect(refusedFlags({ deleteCount: allowedCount, existingInScopeCount }, { maxDelete })).toEqual([]);
        expect(
          refusedFlags({ deleteCount: allowedCount + 1, existingInScopeCount }, { maxDelete }),
        ).toHaveLength(1);
      }),
      { numRuns: 2000, examples: [[57, 10_000]] },
    );
  });
});
