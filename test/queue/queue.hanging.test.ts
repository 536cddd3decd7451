// A worker that lives and does nothing any more, and one whose clock is wrong: the others go on, and nothing is sent twice.

import { expect, it } from 'vitest';

import { heldMeanings, meanings, rows } from '../e2e/world.ts';
import { startForwarder, type Forwarder, type Lost } from './forwarder.ts';
import { createdTwice, hasQueue, openQueueWorld, startSync, troubled, type QueueWorld } from './world.ts';

const WANTED = rows(400);

/** Slow enough to be caught in the middle. */
const PACE = ['--tpslimit', '200'];

const MIDDLE = 100;

const FIVE_MINUTES_MS = 300_000;

function expectDone(world: QueueWorld): void {
  expect(heldMeanings(world.service)).toEqual(meanings(WANTED));
  expect(createdTwice(world.service)).toEqual([]);
  expect(world.service.breaches).toEqual([]);
}

it.runIf(hasQueue).each([
  ['its clock right', 0],
  ['its clock five minutes ahead', FIVE_MINUTES_MS],
  ['its clock five minutes behind', -FIVE_MINUTES_MS],
])(
  'a worker that hangs with answers in its hands loses its steps to the other, and sends nothing late: %s',
  async (_, aheadMs) => {
    const world = await openQueueWorld(WANTED);
    const goesOn = world.workspace.path('goes-on');
    const hanging = await world.startWorker(
      [],
      troubled({ HANG_AT_ANSWER: '30', HANG_UNTIL: goesOn, CLOCK_AHEAD_MS: String(aheadMs) }),
    );
    await world.startWorker();
    const sync = world.workspace.run([...world.syncArguments, ...PACE]);
    await hanging.says(/^hangs$/u);
    const finished = await sync;
    expect(finished.stdout).toContain('Sync complete: 400 created');
    const writeCount = world.service.writes.length;
    world.workspace.write('goes-on', '');
    await hanging.says(/needs no worker any more/u);
    expect(world.service.writes.length).toBe(writeCount);
    expectDone(world);
  },
);

it.runIf(hasQueue).each<[Lost]>([['requests'], ['answers']])(
  'goes on when the connections of a worker fall silent, and its %s are lost',
  async (lost) => {
    let forwarder: Forwarder | undefined;
    const world = await openQueueWorld(WANTED, [], async (url) => {
      forwarder = await startForwarder(url);
      return forwarder.url;
    });
    await world.startWorker();
    const sync = await startSync(world, [...world.syncArguments, ...PACE], MIDDLE);
    forwarder?.fallSilent(lost);
    await world.startWorker();
    expect((await sync.ended).stdout).toContain('Sync complete: 400 created');
    expectDone(world);
  },
);

it.runIf(hasQueue)('three workers whose clocks differ by minutes share a run as if they agreed', async () => {
  const world = await openQueueWorld(WANTED);
  const workers = [
    await world.startWorker([], troubled({ CLOCK_AHEAD_MS: String(FIVE_MINUTES_MS) })),
    await world.startWorker([], troubled({ CLOCK_AHEAD_MS: String(-FIVE_MINUTES_MS) })),
    await world.startWorker(),
  ];
  const finished = await world.workspace.run([...world.syncArguments, ...PACE]);
  expect(finished.stdout).toContain('Sync complete: 400 created');
  // Nothing was lost and taken up again: each name was sent once.
  expect(world.service.writes).toHaveLength(WANTED.length);
  for (const { says } of workers)
    expect(await says(/needs no worker any more; [1-9]\d* steps were taken here/u)).toContain('steps');
  expectDone(world);
});

it.runIf(hasQueue).each([
  ['ahead', FIVE_MINUTES_MS],
  ['back', -FIVE_MINUTES_MS],
])('goes on when the clock of its only worker is set %s in the middle', async (_, setMs) => {
  const world = await openQueueWorld(WANTED);
  const worker = await world.startWorker([], troubled({ CLOCK_SET_MS: String(setMs) }));
  const sync = await startSync(world, [...world.syncArguments, ...PACE], MIDDLE);
  worker.child.kill('SIGUSR2');
  await worker.says(/the clock is set/u);
  expect((await sync.ended).stdout).toContain('Sync complete: 400 created');
  expectDone(world);
});
