// A step that comes late: it is counted by BullMQ's limiter as if it were handed out now.

import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';

import { takePlace } from '../../src/queue/place.ts';
import { startRedis } from '../redis-server.ts';
import { hasQueue } from './world.ts';

const NEVER = new AbortController().signal;
const MAX = 2;
const LONG_MS = 3_600_000;

interface World {
  readonly redis: Redis;
  readonly queue: Queue;
  readonly countOf: () => Promise<string | null>;
}

async function openWorld(durationMs: number): Promise<World> {
  const { port } = await startRedis();
  const redis = new Redis(port);
  const queue = new Queue('run', { connection: redis, prefix: 'alarmsync' });
  onTestFinished(async () => {
    await queue.close();
    redis.disconnect();
  });
  await queue.setGlobalRateLimit(MAX, durationMs);
  return { redis, queue, countOf: async () => redis.get(queue.toKey('limiter')) };
}

it.runIf(hasQueue)('is counted in a window that is open, or opens one', async () => {
  const { redis, queue, countOf } = await openWorld(LONG_MS);
  await takePlace(redis, queue, LONG_MS, NEVER);
  expect(await countOf()).toBe('1');
  expect(await redis.pttl(queue.toKey('limiter'))).toBeGreaterThan(LONG_MS - 60_000);
  await takePlace(redis, queue, LONG_MS, NEVER);
  expect(await countOf()).toBe('2');
});

it.runIf(hasQueue)('waits for the next window where this one is full', async () => {
  const { redis, queue, countOf } = await openWorld(1000);
  for (let count = 0; count <= MAX; count += 1) await takePlace(redis, queue, LONG_MS, NEVER);
  expect(await countOf()).toBe('1');
});

it.runIf(hasQueue)('waits for the end of the rest that a 429 asked for', async () => {
  const { redis, queue, countOf } = await openWorld(LONG_MS);
  await queue.rateLimit(200);
  await takePlace(redis, queue, LONG_MS, NEVER);
  expect(await countOf()).toBe('1');
});

it.runIf(hasQueue)('waits no longer than the run', async () => {
  const { redis, queue } = await openWorld(LONG_MS);
  for (let count = 0; count < MAX; count += 1) await takePlace(redis, queue, LONG_MS, NEVER);
  const kill = new AbortController();
  const waiting = takePlace(redis, queue, 2 * LONG_MS, kill.signal);
  kill.abort(new Error('killed'));
  await expect(waiting).rejects.toThrow('killed');
});

it.runIf(hasQueue)('is lost where it would wait longer than it may, and is not counted', async () => {
  const { redis, queue, countOf } = await openWorld(LONG_MS);
  for (let count = 0; count < MAX; count += 1) await takePlace(redis, queue, LONG_MS, NEVER);
  await expect(takePlace(redis, queue, LONG_MS / 2, NEVER)).rejects.toMatchObject({
    code: 'ALARMSYNC_QUEUE_LOST',
  });
  expect(await countOf()).toBe(String(MAX));
});

it.runIf(hasQueue)('opens a window where one is over whose key still stands', async () => {
  const { redis, queue, countOf } = await openWorld(LONG_MS);
  await redis.set(queue.toKey('limiter'), MAX);
  await takePlace(redis, queue, LONG_MS, NEVER);
  expect(await countOf()).toBe('1');
  expect(await redis.pttl(queue.toKey('limiter'))).toBeGreaterThan(0);
});

it.runIf(hasQueue)('is not kept back by a queue without a limit', async () => {
  const { redis, queue, countOf } = await openWorld(LONG_MS);
  await queue.removeGlobalRateLimit();
  await takePlace(redis, queue, LONG_MS, NEVER);
  expect(await countOf()).toBe(null);
});

it.runIf(hasQueue)('is lost where Redis fails: nothing is sent for it', async () => {
  const { redis, queue } = await openWorld(LONG_MS);
  redis.disconnect();
  await expect(takePlace(redis, queue, LONG_MS, NEVER)).rejects.toMatchObject({
    code: 'ALARMSYNC_QUEUE_LOST',
  });
});
