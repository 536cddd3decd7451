// A step that comes late -> a place in a later window of BullMQ's limiter.

import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

import { asAlarmSyncError } from '../alarm/errors.ts';
import { sleep } from '../services/retry.ts';
import { lost } from './step.ts';

/**
 * As BullMQ counts a step that it hands out, a rest that a 429 asks for included. A window is over in the millisecond in which its key
 * still stands with no time left. Gives the milliseconds to wait; 0 when the step is counted, or the queue has no limit.
 */
const TAKE_PLACE = `
local max = tonumber(redis.call('HGET', KEYS[2], 'max'))
if not max then return 0 end
if max <= tonumber(redis.call('GET', KEYS[1]) or 0) then
  local restMs = redis.call('PTTL', KEYS[1])
  if restMs > 0 then return restMs end
  redis.call('DEL', KEYS[1])
end
if redis.call('INCR', KEYS[1]) == 1 then
  redis.call('PEXPIRE', KEYS[1], redis.call('HGET', KEYS[2], 'duration'))
end
return 0`;

/**
 * Waits until the limiter counts one step more, and while Redis is away. Rejects with the signal's reason when it aborts between.
 * @param maxWaitMs beyond it nothing would be sent any more
 * @throws {ALARMSYNC_QUEUE_LOST} when there is no place within that time, or Redis fails.
 */
export async function takePlace(
  redis: Redis,
  queue: Queue,
  maxWaitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = performance.now() + maxWaitMs;
  for (;;) {
    const restMs = await askForPlace(redis, queue);
    if (restMs === 0) return;
    if (performance.now() + restMs > untilMs)
      throw lost('nothing is sent for a late step: the quota has no place for it while it is held');
    await sleep(restMs, signal);
  }
}

async function askForPlace(redis: Redis, queue: Queue): Promise<number> {
  try {
    return Number(await redis.eval(TAKE_PLACE, 2, queue.toKey('limiter'), queue.toKey('meta')));
  } catch (thrown) {
    throw lost(`nothing is sent for a late step, since Redis fails: ${asAlarmSyncError(thrown).message}`);
  }
}
