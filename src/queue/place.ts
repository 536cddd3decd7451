// A step that comes late -> a place in a later window of BullMQ's limiter.

import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

import { asAlarmSyncError } from '../alarm/errors.ts';
import { sleep } from '../services/retry.ts';
import { lost } from './step.ts';

/** As BullMQ counts a step that it hands out, a rest that a 429 asks for included. Gives the milliseconds to wait; 0 when it is counted. */
const TAKE_PLACE = `
local max = tonumber(redis.call('HGET', KEYS[2], 'max'))
if not max then return 0 end
if max <= tonumber(redis.call('GET', KEYS[1]) or 0) then
  local restMs = redis.call('PTTL', KEYS[1])
  if restMs > 0 then return restMs end
end
if redis.call('INCR', KEYS[1]) == 1 then
  redis.call('PEXPIRE', KEYS[1], redis.call('HGET', KEYS[2], 'duration'))
end
return 0`;

/**
 * Waits until the limiter counts one step more. Rejects with the signal's reason when it aborts.
 * @throws {ALARMSYNC_QUEUE_LOST} when Redis fails.
 */
export async function takePlace(redis: Redis, queue: Queue, signal: AbortSignal): Promise<void> {
  for (;;) {
    const restMs = await askForPlace(redis, queue);
    if (restMs === 0) return;
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
