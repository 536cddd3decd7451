// Answers of the service -> how many requests may be in flight, and whether the credentials are refused as a whole.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AdaptiveConcurrency } from '../src/pipeline/drain/adaptive-concurrency.ts';
import { ForbiddenWatch } from '../src/pipeline/drain/forbidden-watch.ts';

function noteGood(concurrency: AdaptiveConcurrency, count: number): void {
  for (let noted = 0; noted < count; noted += 1) concurrency.noteGood();
}

describe('AdaptiveConcurrency', () => {
  it('starts at the maximum, and good answers do not lift it above', () => {
    const concurrency = new AdaptiveConcurrency(8);
    expect(concurrency.count).toBe(8);

    noteGood(concurrency, 100);

    expect(concurrency.count).toBe(8);
  });

  it('halves at an overload, at most once a second', () => {
    const concurrency = new AdaptiveConcurrency(8);
    const counts = [0, 1, 999, 1000, 1999, 2000, 2500, 3000].map((nowMs) => {
      concurrency.noteOverload(nowMs);
      return concurrency.count;
    });

    expect(counts).toEqual([4, 4, 4, 2, 2, 1, 1, 1]);
  });

  it('counts the second from the last decrease, not from the last overload', () => {
    const concurrency = new AdaptiveConcurrency(8);
    for (let nowMs = 0; nowMs <= 1000; nowMs += 100) concurrency.noteOverload(nowMs);

    expect(concurrency.count).toBe(2);
  });

  it('grows by one after as many good answers as may be in flight', () => {
    const concurrency = new AdaptiveConcurrency(8);
    concurrency.noteOverload(0);

    for (const count of [4, 5, 6, 7]) {
      expect(concurrency.count).toBe(count);
      noteGood(concurrency, count - 1);
      expect(concurrency.count).toBe(count);
      noteGood(concurrency, 1);
    }

    expect(concurrency.count).toBe(8);
    noteGood(concurrency, 100);
    expect(concurrency.count).toBe(8);
  });

  it('begins its window anew at each overload, within the second too', () => {
    const concurrency = new AdaptiveConcurrency(8);
    concurrency.noteOverload(0);
    noteGood(concurrency, 3);
    concurrency.noteOverload(500);
    noteGood(concurrency, 3);
    expect(concurrency.count).toBe(4);

    noteGood(concurrency, 1);

    expect(concurrency.count).toBe(5);
  });

  it('comes back from one to the maximum', () => {
    const concurrency = new AdaptiveConcurrency(5);
    for (let second = 0; second < 20; second += 1) concurrency.noteOverload(second * 1000);
    expect(concurrency.count).toBe(1);

    noteGood(concurrency, 1);
    expect(concurrency.count).toBe(2);
    noteGood(concurrency, 2 + 3 + 4);
    expect(concurrency.count).toBe(5);
  });

  it('is a whole number within 1 and the maximum, whatever comes', () => {
    const event = fc.record({ isGood: fc.boolean(), laterMs: fc.integer({ min: 0, max: 1500 }) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(event, { maxLength: 200 }), (max, events) => {
        const concurrency = new AdaptiveConcurrency(max);
        let nowMs = 0;
        for (const { isGood, laterMs } of events) {
          nowMs += laterMs;
          const before = concurrency.count;
          if (isGood) concurrency.noteGood();
          else concurrency.noteOverload(nowMs);
          const { count } = concurrency;
          expect(Number.isInteger(count)).toBe(true);
          expect(count).toBeGreaterThanOrEqual(isGood ? before : Math.max(1, Math.floor(before / 2)));
          expect(count).toBeLessThanOrEqual(isGood ? Math.min(max, before + 1) : before);
        }
      }),
    );
  });
});

describe('ForbiddenWatch', () => {
  it('takes a success sent before the first 403 for no proof: nothing is parked', () => {
    const watch = new ForbiddenWatch<string>(8);
    watch.noteForbidden('a', 100);
    watch.noteForbidden('b', 120);

    expect(watch.noteOther(50)).toEqual([]);
    expect(watch.noteOther(100)).toEqual([]);
    expect(watch.noteOther(101)).toEqual(['a', 'b']);
    expect(watch.noteOther(200)).toEqual([]);
  });

  it('knows that everything is refused once as many in a row are as may be in flight', () => {
    const watch = new ForbiddenWatch<number>(3);

    expect([1, 2, 3].map((item) => watch.noteForbidden(item, item))).toEqual([false, false, true]);
    expect(watch.take()).toEqual([1, 2, 3]);
  });

  it('counts on over a success that was sent before the first 403', () => {
    const watch = new ForbiddenWatch<number>(3);
    watch.noteForbidden(1, 100);
    watch.noteForbidden(2, 110);
    watch.noteOther(90);

    expect(watch.noteForbidden(3, 120)).toBe(true);
  });

  it('begins anew after a success that was sent later', () => {
    const watch = new ForbiddenWatch<number>(3);
    watch.noteForbidden(1, 100);
    watch.noteForbidden(2, 110);
    expect(watch.noteOther(105)).toEqual([1, 2]);

    expect([3, 4, 5].map((item) => watch.noteForbidden(item, 200 + item))).toEqual([false, false, true]);
  });

  it('never takes a single 403 for all, even when one request is in flight at most', () => {
    const watch = new ForbiddenWatch<string>(1);

    expect(watch.noteForbidden('a', 0)).toBe(false);
    expect(watch.isEverythingForbidden()).toBe(false);
    expect(watch.noteForbidden('b', 1)).toBe(true);
    expect(watch.isEverythingForbidden()).toBe(true);
  });

  it('knows of nothing else answered only while nothing else was', () => {
    const watch = new ForbiddenWatch<string>(8);
    watch.noteForbidden('a', 0);
    watch.noteForbidden('b', 1);
    expect(watch.isEverythingForbidden()).toBe(true);

    watch.noteOther(-1);

    expect(watch.isEverythingForbidden()).toBe(false);
  });
});
