// A held step and the time that passes -> which of its requests still leave.

import { expect, it } from 'vitest';

import { HeldStepGate, holdTimeMsOf } from '../../src/queue/held-step.ts';

const REQUEST_TIMEOUT_MS = 10_000;
const NEVER = new AbortController().signal;

function gateOf(isConnectedSince: (atMs: number) => boolean = () => true): HeldStepGate {
  return new HeldStepGate(REQUEST_TIMEOUT_MS, isConnectedSince, () => {});
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
  await expect(
    ask(
      gateOf(() => false),
      0,
    ),
  ).rejects.toMatchObject({
    code: 'ALARMSYNC_QUEUE_LOST',
  });
});

it('keeps no request back that belongs to no step', async () => {
  await expect(gateOf(() => false).pass('read', NEVER)).resolves.toBeUndefined();
});
