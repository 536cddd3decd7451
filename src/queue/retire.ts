// A queue of a coordinator that is gone, or is done -> nothing of it in Redis, and no worker that still sends for it.

import { setTimeout as delay } from 'node:timers/promises';

import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

import type { HandedOver } from '../store/handed-over-table.ts';
import { Board, KEY_PREFIX } from './board.ts';

const POLL_INTERVAL_MS = 200;

/** What a plan file remembers of a queue, so that whoever goes on with it ends that queue first. */
export type LeftQueue = Omit<HandedOver, 'queueAddress'>;

/**
 * Resolves when no step of the queue can be begun with any more, and none is under way: then its outcomes can be looked up.
 * A step is under way for as long as its lock lasts. Where Redis has lost the queue, a worker may have one request under way.
 */
export async function retireQueue(
  redis: Redis,
  { queueName, requestTimeoutMs }: LeftQueue,
  signal: AbortSignal,
): Promise<void> {
  await new Board(redis).removeRun(queueName);
  const queue = new Queue(queueName, {
    connection: redis,
    prefix: KEY_PREFIX,
    skipMetasUpdate: true,
  });
  queue.on('error', () => {});
  try {
    if ((await redis.exists(queue.toKey('meta'))) === 0) {
      await delay(requestTimeoutMs, undefined, { signal });
      return;
    }
    await queue.pause();
    while (await hasLocked(redis, queue)) await delay(POLL_INTERVAL_MS, undefined, { signal });
    await queue.obliterate({ force: true });
  } finally {
    await queue.close();
  }
}

async function hasLocked(redis: Redis, queue: Queue): Promise<boolean> {
  const ids = await redis.lrange(queue.toKey('active'), 0, -1);
  if (ids.length === 0) return false;
  return (await redis.exists(ids.map((id) => `${queue.toKey(id)}:lock`))) > 0;
}
