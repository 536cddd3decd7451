// Settings -> a connection to Redis that answered, and word of when it is away.

import { Redis } from 'ioredis';

import { AlarmSyncError } from '../alarm/errors.ts';
import { redisOptionsOf, type RedisSettings } from './redis-address.ts';

const CONNECT_TIMEOUT_MS = 10_000;

/** A Redis that is away for longer ends the run, resumably. A restart that reads a large append-only file takes seconds. */
const AWAY_BUDGET_MS = 60_000;

/**
 * Connects; commands wait from then on while Redis is away.
 * @throws {ALARMSYNC_QUEUE_ADDRESS} for an address that cannot be used.
 * @throws {ALARMSYNC_QUEUE_CONNECTION} when nothing answers in 10 s, or the credentials are refused.
 */
export async function connectRedis(settings: RedisSettings): Promise<Redis> {
  const options = redisOptionsOf(settings);
  const redis = new Redis({ ...options, lazyConnect: true, connectTimeout: CONNECT_TIMEOUT_MS });
  let reason = 'no answer';
  redis.on('error', (error) => {
    reason = error.message;
  });
  const timer = setTimeout(() => redis.disconnect(), CONNECT_TIMEOUT_MS);
  try {
    await redis.connect();
    await redis.ping();
    return redis;
  } catch (thrown) {
    redis.disconnect();
    throw new AlarmSyncError(
      'ALARMSYNC_QUEUE_CONNECTION',
      `expected Redis at ${options.host}:${options.port}, got ${reason}`,
      {
        cause: thrown,
        failureClass: 'connection',
        hint: 'check --queue, ALARMSYNC_QUEUE_PASSWORD and that Redis runs',
      },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Calls back when Redis goes away and comes again, and once when it was away for too long. */
export class ConnectionWatch implements Disposable {
  readonly #redis: Redis;
  readonly #onAway: () => void;
  readonly #onBack: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    redis: Redis,
    told: {
      readonly onAway: () => void;
      readonly onBack: () => void;
      readonly onLost: (error: AlarmSyncError) => void;
    },
  ) {
    this.#redis = redis;
    this.#onAway = () => {
      if (this.#timer !== undefined) return;
      told.onAway();
      this.#timer = setTimeout(() => told.onLost(awayForTooLong()), AWAY_BUDGET_MS);
    };
    this.#onBack = () => {
      if (this.#timer === undefined) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      told.onBack();
    };
    redis.on('close', this.#onAway);
    redis.on('ready', this.#onBack);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#redis.off('close', this.#onAway);
    this.#redis.off('ready', this.#onBack);
  }
}

function awayForTooLong(): AlarmSyncError {
  return new AlarmSyncError('ALARMSYNC_QUEUE_CONNECTION', `Redis was away for ${AWAY_BUDGET_MS / 1000} s`, {
    failureClass: 'connection',
    hint: 'when it is back, run: alarmsync resume',
  });
}
