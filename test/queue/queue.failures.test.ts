// Workers, coordinator and Redis killed or stopped in the middle of a run: it ends as if nothing had been, and nothing is sent twice.

import { expect, it } from 'vitest';

import { heldMeanings, meanings, paramsOf, row, rows } from '../e2e/world.ts';
import {
  createdTwice,
  openQueueWorld,
  startSync,
  type QueueWorld,
  type RunningSync,
  hasQueue,
} from './world.ts';

const WANTED = rows(400);

/** Slow enough to be caught in the middle. */
const PACE = ['--tpslimit', '200'];

const MIDDLE = 100;

async function startInTheMiddle(world: QueueWorld, args = world.syncArguments): Promise<RunningSync> {
  return startSync(world, [...args, ...PACE], MIDDLE);
}

function expectDone(world: QueueWorld): void {
  expect(heldMeanings(world.service)).toEqual(meanings(WANTED));
  expect(createdTwice(world.service)).toEqual([]);
  expect(world.service.breaches).toEqual([]);
}

it.runIf(hasQueue)('goes on when one of two workers is killed', async () => {
  const world = await openQueueWorld(WANTED);
  const killed = await world.startWorker();
  await world.startWorker();
  const sync = await startInTheMiddle(world);
  killed.child.kill('SIGKILL');
  const finished = await sync.ended;
  expect(finished.stdout).toContain('Sync complete: 400 created');
  expectDone(world);
});

it.runIf(hasQueue)('goes on when its only worker is killed and another one comes', async () => {
  const world = await openQueueWorld(WANTED);
  const killed = await world.startWorker();
  const sync = await startInTheMiddle(world);
  killed.child.kill('SIGKILL');
  await world.startWorker();
  expect((await sync.ended).exitCode).toBe(0);
  expectDone(world);
});

it.runIf(hasQueue)(
  'a worker that was stopped and wakes up late sends nothing that another one has',
  async () => {
    const world = await openQueueWorld(WANTED);
    const stopped = await world.startWorker();
    await world.startWorker();
    const sync = await startInTheMiddle(world);
    // Workers look for runs once a second: the other one may have sent all that there is so far.
    await stopped.says(/Serving run/u);
    stopped.child.kill('SIGSTOP');
    expect((await sync.ended).exitCode).toBe(0);
    const requestCount = world.service.writes.length;
    stopped.child.kill('SIGCONT');
    await stopped.says(/needs no worker any more/u);
    expect(world.service.writes.length).toBe(requestCount);
    expectDone(world);
  },
);

it.runIf(hasQueue)(
  'a worker that is stopped between check and write does not write when it wakes up',
  async () => {
    const [wanted] = rows(1).map(({ name }) => row(name, { threshold: '4' }));
    if (wanted === undefined) throw new Error('expected a row');
    const world = await openQueueWorld([wanted]);
    for (const item of rows(1)) world.service.put(item.name, paramsOf(item));
    const stopped = await world.startWorker();
    const isStopped = new Promise<void>((resolve) => {
      world.service.beforeRead = () => {
        world.service.beforeRead = undefined;
        stopped.child.kill('SIGSTOP');
        resolve();
      };
    });
    const sync = world.workspace.run(world.syncArguments);
    await isStopped;
    await world.startWorker();
    expect((await sync).stdout).toContain('Sync complete: 0 created, 1 updated');
    stopped.child.kill('SIGCONT');
    await stopped.says(/needs no worker any more/u);
    expect(world.service.writes).toHaveLength(1);
  },
);

it.runIf(hasQueue).each([
  ['with the queue', true],
  ['without it', false],
])('a coordinator that was killed is gone on with by resume %s, while workers live', async (_, isQueued) => {
  const world = await openQueueWorld(WANTED);
  await world.startWorker();
  await world.startWorker();
  const sync = await startInTheMiddle(world);
  sync.child.kill('SIGKILL');
  await sync.ended;
  const resumed = await world.workspace.run([
    'resume',
    '--settle-time',
    '100ms',
    '--request-timeout',
    '1000ms',
    ...(isQueued ? ['--queue', world.redis.url] : []),
  ]);
  expect(resumed.stdout).toContain('Sync complete: 400 created');
  expect(resumed.exitCode).toBe(0);
  expectDone(world);
});

it.runIf(hasQueue)('goes on when Redis is killed and comes back with its append-only file', async () => {
  const world = await openQueueWorld(WANTED, ['--appendonly', 'yes', '--appendfsync', 'always']);
  await world.startWorker();
  await world.startWorker();
  const sync = await startInTheMiddle(world);
  await world.redis.kill();
  await world.redis.start();
  const finished = await sync.ended;
  expect(finished.stderr).toContain('Redis is back');
  expect(finished.exitCode).toBe(0);
  expectDone(world);
});

it.runIf(hasQueue)('goes on from the ledger alone when Redis is killed and comes back empty', async () => {
  const world = await openQueueWorld(WANTED);
  await world.startWorker();
  await world.startWorker();
  const sync = await startInTheMiddle(world);
  await world.redis.kill();
  await world.redis.start();
  expect((await sync.ended).exitCode).toBe(0);
  expectDone(world);
});

it.runIf(hasQueue)('stops in order at a signal, leaves nothing to workers, and is resumed', async () => {
  const world = await openQueueWorld(WANTED);
  await world.startWorker();
  const sync = await startInTheMiddle(world);
  sync.child.kill('SIGTERM');
  const stopped = await sync.ended;
  expect(stopped.exitCode).toBe(143);
  expect(stopped.stdout).toMatch(/Sync stopped: [0-9]+ created/u);
  const count = world.service.names.length;
  expect(count).toBeLessThan(WANTED.length);
  const resumed = await world.workspace.run(['resume', '--queue', world.redis.url, '--settle-time', '100ms']);
  expect(resumed.exitCode).toBe(0);
  expectDone(world);
});

it.runIf(hasQueue)('stops in order, coordinator and worker, while Redis is away', async () => {
  const world = await openQueueWorld(WANTED, ['--appendonly', 'yes', '--appendfsync', 'always']);
  const worker = await world.startWorker();
  const sync = await startInTheMiddle(world);
  await world.redis.kill();
  await worker.says(/Redis is away/u);
  sync.child.kill('SIGTERM');
  worker.child.kill('SIGTERM');
  expect((await sync.ended).exitCode).toBe(143);
  expect((await worker.ended).exitCode).toBe(0);
  await world.redis.start();
  const resumed = await world.workspace.run(['resume', '--settle-time', '100ms']);
  expect(resumed.stdout).toContain('Sync complete: 400 created');
  expectDone(world);
});
