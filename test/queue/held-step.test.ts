// A held step and the time that passes -> which of its requests still leave.

import { expect, it, onTestFinished, vi } from 'vitest';

import { HeldStepGate, holdTimeMsOf, type HeldStepGateDeps } from '../../src/queue/held-step.ts';
import { LATE_MS } from '../../src/queue/limiter.ts';

const REQUEST_TIMEOUT_MS = 10_000;
const NEVER = new AbortController().signal;

function gateOf(deps: Partial<HeldStepGateDeps> = {}): HeldStepGate {
  return new HeldStepGate({
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    isConnectedSince: () => true,
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

it.each([
  ['in time', 0, 0],
  ['late', LATE_MS + 1, 1],
])(
  'counts a step whose first request leaves %s, %d ms after it was taken, %d times more',
  async (_when, heldMs, times) => {
    let placeCount = 0;
    const gate = gateOf({
      takePlace: async () => {
        placeCount += 1;
      },
    });
    await gate.whileHeld(Date.now() - heldMs, async () => {
      await gate.pass('read', NEVER);
      await gate.pass('write', NEVER);
    });
    expect(placeCount).toBe(times);
  },
);

it('refuses a request that waited for its place for so long that another worker may have the step', async () => {
  const takePlace = async (): Promise<void> => {
    vi.setSystemTime(Date.now() + 20_100);
  };
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  await expect(ask(gateOf({ takePlace }), LATE_MS + 1)).rejects.toMatchObject({
    code: 'ALARMSYNC_QUEUE_LOST',
  });
});
