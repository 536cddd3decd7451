// A held step and the time that passes -> which of its requests still leave.

import { expect, it, onTestFinished, vi } from 'vitest';

import { HeldStepGate, holdTimeMsOf, type HeldStepGateDeps } from '../../src/queue/held-step.ts';

const REQUEST_TIMEOUT_MS = 10_000;
const LATE_MS = 5000;
const NEVER = new AbortController().signal;

function gateOf(deps: Partial<HeldStepGateDeps> = {}): HeldStepGate {
  return new HeldStepGate({
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    isConnectedSince: () => true,
    lateMs: LATE_MS,
    takePlace: async () => {},
    onPause: () => {},
    ...deps,
  });
}

/** Asks for one request of a step that was taken so long ago. */
async function ask(gate: HeldStepGate, heldMs: number): Promise<void> {
  return gate.whileHeld(Date.now() - heldMs, async () => gate.pass('write', NEVER));
}

it('a step is held for its check, its write and a look at what stood in its way', () => {
  expect(holdTimeMsOf(REQUEST_TIMEOUT_MS)).toBe(30_000);
});

it.each([0, 19_000])(
  'lets a request go that ends while the step is held, taken %d ms ago',
  async (heldMs) => {
    await expect(ask(gateOf(), heldMs)).resolves.toBeUndefined();
  },
);

it.each([20_100, 30_000, 3_600_000])(
  'refuses one that may end when another worker has the step, taken %d ms ago',
  async (heldMs) => {
    await expect(ask(gateOf(), heldMs)).rejects.toMatchObject({ code: 'ALARMSYNC_QUEUE_LOST' });
  },
);

it('refuses one of a step that was taken before Redis was away', async () => {
  await expect(ask(gateOf({ isConnectedSince: () => false }), 0)).rejects.toMatchObject({
    code: 'ALARMSYNC_QUEUE_LOST',
  });
});

it('keeps no request back that belongs to no step', async () => {
  await expect(gateOf({ isConnectedSince: () => false }).pass('read', NEVER)).resolves.toBeUndefined();
});

/** How often a step is counted again whose two requests leave so long after it was taken, when Redis gave another in `wayMs`. */
async function placeCountOf(heldMs: number, wayMs: number): Promise<number> {
  let placeCount = 0;
  const gate = gateOf({
    takePlace: async () => {
      placeCount += 1;
    },
  });
  await gate.whileHeld(Date.now() - wayMs, async () => {});
  await gate.whileHeld(Date.now() - heldMs, async () => {
    await gate.pass('read', NEVER);
    await gate.pass('write', NEVER);
  });
  return placeCount;
}

it('counts a step once more when its first request leaves late, however far Redis is', async () => {
  expect(await placeCountOf(0, 0)).toBe(0);
  expect(await placeCountOf(LATE_MS + 100, 0)).toBe(1);
  expect(await placeCountOf(LATE_MS + 100, 4000)).toBe(0);
});

it('lets a late step wait for its place no longer than it may still begin', async () => {
  let waitMs = 0;
  const takePlace = async (maxWaitMs: number): Promise<void> => {
    waitMs = maxWaitMs;
  };
  const gate = gateOf({ takePlace });
  await gate.whileHeld(Date.now(), async () => {});
  await ask(gate, 12_000);
  expect(waitMs).toBeLessThanOrEqual(8000);
  expect(waitMs).toBeGreaterThan(3000);
});

it('refuses a request that came by its place when another worker may have the step', async () => {
  const takePlace = async (): Promise<void> => {
    vi.setSystemTime(Date.now() + 20_100);
  };
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const gate = gateOf({ takePlace });
  await gate.whileHeld(Date.now(), async () => {});
  await expect(ask(gate, LATE_MS + 100)).rejects.toMatchObject({ code: 'ALARMSYNC_QUEUE_LOST' });
});
