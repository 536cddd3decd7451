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

/** Whoever is told of the connection. A connection is away from its break until it is ready again, whatever is tried meanwhile. */
export interface ConnectionListeners {
  readonly onAway: () => void;
  readonly onBack: () => void;
  /** Once, when it was away for a minute. */
  readonly onLost?: (error: AlarmSyncError) => void;
}

export class ConnectionWatch implements Disposable {
  readonly #redis: Redis;
  readonly #onClose: () => void;
  readonly #onReady: () => void;
  #isAway = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(redis: Redis, { onAway, onBack, onLost }: ConnectionListeners) {
    this.#redis = redis;
    this.#onClose = () => {
      if (this.#isAway) return;
      this.#isAway = true;
      onAway();
      if (onLost !== undefined) this.#timer = setTimeout(() => onLost(awayForTooLong()), AWAY_BUDGET_MS);
    };
    this.#onReady = () => {
      if (!this.#isAway) return;
      this.#isAway = false;
      clearTimeout(this.#timer);
      onBack();
    };
    redis.on('close', this.#onClose);
    redis.on('ready', this.#onReady);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#redis.off('close', this.#onClose);
    this.#redis.off('ready', this.#onReady);
  }
}

function awayForTooLong(): AlarmSyncError {
  return new AlarmSyncError('ALARMSYNC_QUEUE_CONNECTION', `Redis was away for ${AWAY_BUDGET_MS / 1000} s`, {
    failureClass: 'connection',
    hint: 'when it is back, run: alarmsync resume',
  });
}
