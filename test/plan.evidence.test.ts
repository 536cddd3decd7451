import { describe, expect, it } from 'vitest';

import { makePlan, type PlanFacts } from '../src/pipeline/plan/plan.ts';
import type { RunSettings } from '../src/store/run-settings.ts';
import type { PlanSummary } from '../src/store/plan-summary.ts';
import { diffWorld, params, REQUIRED, RUN_SETTINGS, type World } from './plan.world.ts';

const FORECAST = {
  checkBefore: 'all',
  quotaPerSecond: 0,
  hasConditionalWrites: true,
  createIsUpsert: false,
  quotaPerSecondByKind: {},
} as const;
const WORLD: World = {
  desired: { a: params(), b: params() },
  existing: { a: { params: params() }, gone: { params: params() } },
};

function planOf(facts: Partial<PlanFacts>, settings: Partial<RunSettings> = {}, world = WORLD): PlanSummary {
  const { plan, counts } = diffWorld(world);
  const all = {
    ...counts,
    managedMembers: REQUIRED,
    endsWithoutLineEnd: false,
    lastExistingCount: null,
    downtimes: null,
    ...facts,
  };
  const summary = makePlan(plan, all, { ...RUN_SETTINGS, ...settings, forecast: FORECAST }, 5_000);
  const run = plan.run.read();
  expect(run).toMatchObject({ phase: 'planned', plannedAtMs: 5_000, summary });
  expect(run.checksum).toMatch(/^[0-9a-f]{64}$/u);
  return summary;
}

const codesOf = (summary: PlanSummary): readonly string[] => summary.refusals.map(({ code }) => code);

describe('a plan', () => {
  it('is counted and kept in the plan file', () => {
    expect(planOf({})).toMatchObject({
      createCount: 1,
      updateCount: 0,
      deleteCount: 1,
      unchangedCount: 1,
      refusals: [],
      forecast: { requestCount: 2, durationMs: null },
    });
  });

  it('that the guard refuses is kept for review all the same', () => {
    const summary = planOf({}, { maxDelete: { count: 0 } });
    expect(summary).toMatchObject({ deleteCount: 1, refusals: [{ isForceable: true }] });
    expect(codesOf(summary)).toEqual(['ALARMSYNC_GUARD_REFUSED']);
  });

  it('counts names held twice as conflicts and as nothing else', () => {
    const existing = {
      a: { params: params({ threshold: '2' }), isHeldTwice: true },
      x: { params: params(), isHeldTwice: true },
    };
    expect(planOf({}, {}, { desired: { a: params() }, existing })).toMatchObject({
      createCount: 0,
      updateCount: 0,
      deleteCount: 0,
      conflictCount: 2,
    });
  });
});

describe('an empty file', () => {
  const empty: World = { existing: { a: { params: params() }, b: { params: params() } } };

  it('is refused, and accepted with --allow-empty', () => {
    expect(codesOf(planOf({}, {}, empty))).toEqual(['ALARMSYNC_SOURCE_EMPTY', 'ALARMSYNC_GUARD_REFUSED']);
    expect(codesOf(planOf({}, { allowEmpty: true }, empty))).toEqual(['ALARMSYNC_GUARD_REFUSED']);
    expect(codesOf(planOf({}, { allowEmpty: true, maxDelete: { count: 2 } }, empty))).toEqual([]);
  });
});

describe('a last record without a line end', () => {
  it('refuses a plan that deletes, unless --allow-missing-final-newline', () => {
    const facts = { endsWithoutLineEnd: true };
    expect(codesOf(planOf(facts))).toEqual(['ALARMSYNC_SOURCE_UNSEALED']);
    expect(planOf(facts).refusals).toMatchObject([
      { isForceable: false, hint: expect.stringContaining('--allow-missing-final-newline') },
    ]);
    expect(codesOf(planOf(facts, { allowMissingFinalNewline: true }))).toEqual([]);
  });

  it('does not matter to a plan that deletes nothing', () => {
    expect(codesOf(planOf({ endsWithoutLineEnd: true }, {}, { desired: { a: params() } }))).toEqual([]);
  });
});

describe('a service that shrank', () => {
  it.each([
    [null, []],
    [0, []],
    [4, []],
    [5, ['ALARMSYNC_LISTING_SHRUNK']],
  ])('to 2 alarms from %s is refused when that is under half', (lastExistingCount, codes) => {
    expect(codesOf(planOf({ lastExistingCount }))).toEqual(codes);
    expect(codesOf(planOf({ lastExistingCount }, { allowShrunkService: true }))).toEqual([]);
  });
});
