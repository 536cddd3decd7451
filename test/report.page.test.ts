import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { writeWholeFile } from '../src/cli/whole-file.ts';
import { limitChecks } from '../src/pipeline/plan/guard.ts';
import { bucketsOf, courseOf } from '../src/pipeline/report/buckets.ts';
import { niceCeiling } from '../src/pipeline/report/chart.ts';
import { escapeHtml, markup, numberText } from '../src/pipeline/report/html.ts';
import { durationOf } from '../src/pipeline/report/page-course.ts';
import { arithmetic } from '../src/pipeline/report/page-guard.ts';
import { diffWorld, params, temporaryDirectory } from './plan.world.ts';

describe('text in a page', () => {
  const tricky = fc.string({
    unit: fc.constantFrom('<', '>', '&', '"', "'", 'a', ';', '\u202e', '\n', '\\'),
  });

  it('holds nothing that a browser would act on, and is different for different texts', () => {
    fc.assert(
      fc.property(tricky, tricky, (left, right) => {
        expect(escapeHtml(left)).not.toMatch(/[<>"'\p{Cc}\p{Cf}]|&(?!(?:amp|lt|gt|quot|#39);)/u);
        expect(escapeHtml(left) === escapeHtml(right)).toBe(left === right);
      }),
      { numRuns: 1000 },
    );
  });

  it('is escaped once, and HTML that was made here not again', () => {
    expect(markup`<b>${'a & b'}</b>${[markup`<i>${1234567}</i>`]}${null}`.html).toBe(
      '<b>a &amp; b</b><i>1\u202F234\u202F567</i>',
    );
  });

  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1\u202F000'],
    [1234.567, '1\u202F234.57'],
  ])('writes %d as %s', (value, text) => {
    expect(numberText(value)).toBe(text);
  });

  it.each([
    [0, '0 ms'],
    [250, '250 ms'],
    [1500, '1.5 s'],
    [9_000_000, '2.5 h'],
  ])('writes %i ms as %s', (durationMs, text) => {
    expect(durationOf(durationMs)).toBe(text);
  });
});

describe('a course over time', () => {
  /** All in one stretch, in a few, and far apart. */
  const moments = fc.constantFrom(90, 3000, 1e12).chain((spanMs) =>
    fc.array(
      fc.record({
        settledAtMs: fc.nat(spanMs).map((ms) => 1_700_000_000_000 + ms),
        latencyMs: fc.nat(500),
        isDone: fc.boolean(),
      }),
      { minLength: 1, maxLength: 60 },
    ),
  );

  it('has 120 points at most, and every operation in one of them with its median and 95th percentile', () => {
    fc.assert(
      fc.property(moments, (operations) => {
        const { plan } = diffWorld({});
        const insertQuery = plan.database.prepare(
          'INSERT INTO operation (action, name, state, sent_at_ms, settled_at_ms) VALUES (?, ?, ?, ?, ?)',
        );
        for (const [index, { settledAtMs, latencyMs, isDone }] of operations.entries())
          insertQuery.run(
            'create',
            `${index}`,
            isDone ? 'done' : 'failed',
            settledAtMs - latencyMs,
            settledAtMs,
          );
        const { statistics } = plan.alarms;
        const span = statistics.settledSpan();
        if (span === undefined) throw new Error('expected a span');
        const buckets = bucketsOf(span);
        const course = courseOf(buckets, statistics.settledCounts(buckets), statistics.latencies(buckets));

        expect(course.points.length).toBeLessThanOrEqual(120);
        for (const point of course.points) {
          const within = operations.filter(
            ({ settledAtMs }) =>
              settledAtMs >= point.fromEpochMs && settledAtMs < point.fromEpochMs + course.widthMs,
          );
          const latencies = within.map(({ latencyMs }) => latencyMs).toSorted((left, right) => left - right);
          const rank = (share: number): number | null =>
            latencies[Math.ceil((latencies.length * share) / 100) - 1] ?? null;
          expect([point.medianMs, point.p95Ms]).toEqual([rank(50), rank(95)]);
          expect([point.doneCount, point.undoneCount]).toEqual([
            within.filter(({ isDone }) => isDone).length,
            within.filter(({ isDone }) => !isDone).length,
          ]);
          expect(point.perSecond).toBeCloseTo((within.length * 1000) / course.widthMs);
        }
        const settledCount = course.points.reduce(
          (sum, point) => sum + point.doneCount + point.undoneCount,
          0,
        );
        expect(settledCount).toBe(operations.length);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves out what went back to be sent later, and conflicts from the start', () => {
    const { plan } = diffWorld({ existing: { twice: { params: params(), isHeldTwice: true } } });
    plan.database.exec(
      `INSERT INTO operation (action, name, state, sent_at_ms, settled_at_ms) VALUES ('create', 'a', 'pending', 1, 2)`,
    );
    expect(plan.alarms.statistics.settledSpan()).toBeUndefined();
    expect(plan.alarms.statistics.changeCount()).toBe(1);
  });

  it('has an axis that ends at a round value, no less than the largest and no more than twice it', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e9, noNaN: true }), (value) => {
        expect(niceCeiling(value)).toBeGreaterThanOrEqual(value);
        expect(niceCeiling(value)).toBeLessThanOrEqual(value * 2);
      }),
    );
  });
});

describe('groups of changes', () => {
  it('go by the name up to its first separator, whatever the name', () => {
    const name = fc.string({
      unit: fc.constantFrom('a', 'b', '/', '.', '-', ':', '🔥', ' '),
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 15 }), (names) => {
        const { plan } = diffWorld({ desired: Object.fromEntries(names.map((one) => [one, params()])) });
        const wanted = new Map<string | null, number>();
        for (const one of names) {
          const prefix = /^[/.:-]*[^/.:-]+[/.:-]/u.exec(one)?.[0] ?? null;
          wanted.set(prefix, (wanted.get(prefix) ?? 0) + 1);
        }
        const groups = plan.alarms.statistics.largestGroups(100);
        expect(new Map(groups.map(({ prefix, createCount }) => [prefix, createCount]))).toEqual(wanted);
        expect(groups).toHaveLength(wanted.size);
      }),
      { numRuns: 100 },
    );
  });

  it('come the largest first, and no more than asked for', () => {
    const names = ['b/1', 'a/1', 'a/2', 'c'];
    const { plan } = diffWorld({ desired: Object.fromEntries(names.map((one) => [one, params()])) });
    expect(plan.alarms.statistics.largestGroups(2).map(({ prefix }) => prefix)).toEqual(['a/', null]);
  });

  it('of updates count the members whose meaning changes, not their text', () => {
    const existing = {
      a: { params: params({ threshold: '1.0' }) },
      b: { params: params({ threshold: '7.0' }) },
    };
    const desired = {
      a: params({ contact: ['x@y.z'] }),
      b: params({ threshold: '8', contact: ['x@y.z', 'a@b.c'] }),
    };
    const { plan } = diffWorld({ existing, desired });
    expect(plan.alarms.statistics.changedMembers('meaning')).toEqual({
      updateCount: 2,
      otherCount: 0,
      byMember: [
        { member: 'contact', count: 2 },
        { member: 'threshold', count: 1 },
      ],
    });
  });
});

describe('the arithmetic of a limit', () => {
  const counts = { createCount: 1, updateCount: 1, deleteCount: 1 };
  const checksOf = (existingInScopeCount: number, limits: object = {}): readonly string[] =>
    limitChecks(
      { ...counts, existingInScopeCount },
      { maxDelete: null, maxUpdate: null, maxCreate: null, ...limits },
    ).map((check) => `${check.limitCount ?? 'none'}: ${arithmetic(check)}`.replaceAll('\u202F', ' '));

  it('names each bracket, their sum, and what bounds it', () => {
    expect(checksOf(10_050)).toEqual([
      '1021: 30 % of 100 = 30 + 10 % of 9 900 = 990 + 2 % of 50 = 1; together 1 021; at least 10, but at most half of 10 050, 5 025',
      '3015: 30 % of 10 050 = 3 015; at least 10',
      'none: no limit unless --max-create gives one',
    ]);
    expect(checksOf(0)[0]).toBe(
      '0: nothing exists in scope, so that is 0; at least 10, but at most half of 0, 0',
    );
  });

  it('of a limit that was given names the flag', () => {
    expect(
      checksOf(200, { maxDelete: { count: 0 }, maxUpdate: { percent: 0.57 }, maxCreate: { percent: 50 } }),
    ).toEqual([
      '0: given: --max-delete 0',
      '1: given: --max-update 0.57%; 0.57 % of 200 = 1.14, rounded down',
      '100: given: --max-create 50%; 50 % of 200 = 100, rounded down',
    ]);
  });
});

it('a file that cannot be put in its place is named, and leaves nothing behind', () => {
  const directory = temporaryDirectory();
  const file = path.join(directory, 'page.html');
  writeWholeFile(file, 'first');
  writeWholeFile(file, 'second');
  expect(readFileSync(file, 'utf8')).toBe('second');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const missing = path.join(directory, 'no-such', 'page.html');
  expect(() => writeWholeFile(missing, 'text')).toThrow(`expected to write ${missing}, got ENOENT`);
});
