import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { Pacer } from '../src/services/pacer.ts';

const never = new AbortController().signal;

function pacer(perSecond: number, burst: number, concurrency = 8): Pacer {
  const made = new Pacer({ perSecond, burst, concurrency });
  onTestFinished(() => made[Symbol.dispose]());
  return made;
}

/** Sending times of greedy workers until the time is up. Units: ms. */
async function greedyTimes(gate: Pacer, workers: number, durationMs: number): Promise<number[]> {
  const controller = new AbortController();
  const times: number[] = [];
  const timer = setTimeout(() => controller.abort(), durationMs);
  const work = async (): Promise<void> => {
    while (!controller.signal.aborted) {
      await gate.pass('write', controller.signal);
      times.push(performance.now());
    }
  };
  await Promise.allSettled(Array.from({ length: workers }, work));
  clearTimeout(timer);
  return times;
}

function worstSecond(times: readonly number[]): number {
  return worstWindow(times, 1000);
}

/** On the real clock 900 ms stand for the second: a busy machine may write a time down late. */
function worstWindow(times: readonly number[], windowMs: number): number {
  let worst = 0;
  let from = 0;
  for (const [at, timeMs] of times.entries()) {
    while (timeMs - (times[from] ?? timeMs) >= windowMs) from += 1;
    worst = Math.max(worst, at - from + 1);
  }
  return worst;
}

describe('the sliding second', () => {
  it.each([
    [0.5, 1],
    [1, 1],
    [10, 1],
    [100, 2],
    [400, 40],
    [1000, 20],
    [5000, 100],
    [0.5, 1, 1],
    [1.5, 1, 1],
    [20, 20, 20],
  ])(
    'holds at most %d requests and a burst of %i, and the quota is used up',
    async (perSecond, burst, concurrency = 8) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
      onTestFinished(() => void vi.useRealTimers());
      const running = greedyTimes(pacer(perSecond, burst, concurrency), 16, 8000);
      await vi.advanceTimersByTimeAsync(8100);
      const times = await running;
      expect(worstSecond(times)).toBeLessThanOrEqual(perSecond + burst);
      expect(times.length).toBeGreaterThanOrEqual(Math.floor(perSecond * 8 * 0.98));
    },
  );

  it.each([
    [2, 1],
    [50, 1],
    [400, 40],
    [3000, 60],
  ])('never holds more than %i requests and a burst of %i on the real clock', async (perSecond, burst) => {
    const times = await greedyTimes(pacer(perSecond, burst), 16, 1500);
    expect(times.length).toBeGreaterThan(0);
    expect(worstWindow(times, 900)).toBeLessThanOrEqual(perSecond + burst);
  });

  it('leaves room for those in flight, which may arrive in a second before which they left', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const running = greedyTimes(pacer(1000, 100, 60), 16, 4000);
    await vi.advanceTimersByTimeAsync(4100);
    const times = await running;
    expect(worstSecond(times)).toBeLessThanOrEqual(1100 - 60);
    expect(times.length).toBeGreaterThanOrEqual(4000);
  });

  it('holds it after a lull, and after waiters who gave up', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const gate = pacer(100, 10);
    const times: number[] = [];
    for (const lullMs of [0, 500, 5, 3000]) {
      const running = greedyTimes(gate, 8, 700);
      await vi.advanceTimersByTimeAsync(700 + lullMs);
      times.push(...(await running));
    }
    expect(times.length).toBeGreaterThan(200);
    expect(worstSecond(times)).toBeLessThanOrEqual(110);
  });

  it('holds it while the wall clock jumps forward, and goes on after it jumped back', async () => {
    let stepMs = 0;
    const realNow = Date.now;
    vi.spyOn(Date, 'now').mockImplementation(() => realNow() + stepMs);
    onTestFinished(() => void vi.restoreAllMocks());
    const gate = pacer(50, 1);
    const times: number[] = [];
    // Each pass resolves, or the test runs into its time limit.
    for (let count = 0; count < 60; count += 1) {
      if (count === 15) stepMs += 3_600_000;
      if (count === 30) stepMs += 3_600_000;
      if (count === 45) stepMs -= 5_000_000;
      await gate.pass('write', never);
      times.push(performance.now());
    }
    expect(worstWindow(times, 900)).toBeLessThanOrEqual(51);
  });
});

describe('a quota of nothing', () => {
  it('lets everyone pass at once, until a pause', async () => {
    const gate = pacer(0, 1);
    for (let count = 0; count < 10_000; count += 1) await gate.pass('write', never);
    gate.pause(60);
    const startMs = performance.now();
    await Promise.all(Array.from({ length: 100 }, async () => gate.pass('read', never)));
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(59);
  });
});

describe('a pause', () => {
  it.each([0, 1000])('stops everyone, and the longest of several counts (quota %i)', async (perSecond) => {
    const gate = pacer(perSecond, 20);
    const startMs = performance.now();
    gate.pause(100);
    const waiting = [gate.pass('list', never), gate.pass('read', never), gate.pass('write', never)];
    gate.pause(200);
    gate.pause(50);
    await Promise.race(waiting);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(199);
    await Promise.all(waiting);
  });

  it('longer than a timer can hold does not end at once', async () => {
    const gate = pacer(0, 1);
    gate.pause(1e12);
    const warnings: Error[] = [];
    const note = (warning: Error): number => warnings.push(warning);
    process.on('warning', note);
    await expect(gate.pass('read', AbortSignal.timeout(50))).rejects.toThrow('timeout');
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });
});

describe('a long pause', () => {
  it('is told as soon as it begins, and again only when it becomes much longer', () => {
    const told: number[] = [];
    using gate = new Pacer({ perSecond: 0, burst: 1, concurrency: 8 }, (durationMs) => told.push(durationMs));
    for (const durationMs of [1000, 30_000, 29_999, 30_001, 60_000, 5000]) gate.pause(durationMs);
    expect(told).toEqual([30_000, 60_000]);
  });
});

describe('a waiter', () => {
  it('is served in its turn', async () => {
    const gate = pacer(200, 1);
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 30 }, async (_, at) => {
        await gate.pass('write', never);
        order.push(at);
      }),
    );
    expect(order).toEqual(order.toSorted((one, other) => one - other));
  });

  it('who gives up gets the reason of his signal, and leaves the turn of the others alone', async () => {
    const gate = pacer(20, 1);
    const controller = new AbortController();
    const order: string[] = [];
    const first = gate.pass('write', never).then(() => order.push('first'));
    const quitter = gate.pass('write', controller.signal);
    const last = gate.pass('write', never).then(() => order.push('last'));
    controller.abort('gone');
    await expect(quitter).rejects.toBe('gone');
    await Promise.all([first, last]);
    expect(order).toEqual(['first', 'last']);
    await expect(gate.pass('write', AbortSignal.abort('before'))).rejects.toBe('before');
  });

  it('is refused when the pacer is closed, and so is whoever comes after', async () => {
    const gate = new Pacer({ perSecond: 1, burst: 1, concurrency: 8 });
    await gate.pass('write', never);
    const waiting = gate.pass('write', never);
    gate[Symbol.dispose]();
    await expect(waiting).rejects.toThrow('closed');
    await expect(gate.pass('write', never)).rejects.toThrow('closed');
  });

  it('who gives up leaves no timer behind', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const gate = pacer(0.01, 1);
    const first = gate.pass('write', never);
    await vi.advanceTimersByTimeAsync(100);
    await first;
    const controller = new AbortController();
    const waiting = gate.pass('write', controller.signal);
    await vi.advanceTimersByTimeAsync(100);
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    controller.abort('gone');
    await expect(waiting).rejects.toBe('gone');
    await vi.advanceTimersByTimeAsync(100);
    expect(vi.getTimerCount()).toBe(0);
  });
});
