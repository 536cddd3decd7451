// A run's operations, handed to workers through Redis: announced, watched, and taken back at the end.

import { randomBytes } from 'node:crypto';

import type { Redis } from 'ioredis';

import { AlarmSyncError } from '../alarm/errors.ts';
import type { OpenSender } from '../pipeline/sync.ts';
import type { ServiceCapabilities } from '../services/alarm-service.ts';
import { publish } from '../telemetry/names.ts';
import { Board, isSameService, mismatchOf, type RunNotice, type Suited } from './board.ts';
import { connectRedis, ConnectionWatch } from './connection.ts';
import { drainQuotaOf, limiterOf, MAX_REQUEST_COUNT } from './limiter.ts';
import { QueuedSender } from './queued-sender.ts';
import type { RedisSettings } from './redis-address.ts';
import { retireQueue, type LeftQueue } from './retire.ts';
import { StepQueue } from './step-queue.ts';

/** Steps in Redis at most, whatever the size of the plan: more than workers hold at once, and what a crash costs in look-ups at most. */
export const WINDOW_COUNT = 1000;

const WORKER_CHECK_INTERVAL_MS = 5000;

export interface WorkQueueSettings {
  readonly redis: RedisSettings;
  readonly suited: Suited;
  readonly runId: string;
  readonly adopts: boolean;
  readonly requestTimeoutMs: number;
  /** Requests a second; 0 for none. */
  readonly quotaPerSecond: number;
  readonly capabilities: ServiceCapabilities;
  /** Null when the run is not traced. */
  readonly traceparent: string | null;
}

export class WorkQueue implements AsyncDisposable {
  readonly left: LeftQueue;
  readonly #redis: Redis;
  readonly #settings: WorkQueueSettings;
  readonly #board: Board;
  readonly #steps: StepQueue;
  readonly #watch: ConnectionWatch;
  #posted: AsyncDisposable | undefined;
  #workerTimer: NodeJS.Timeout | undefined;
  #isUnserved = false;

  /**
   * Opens a queue of its own name. Nothing is on the board yet.
   * @throws {ALARMSYNC_QUEUE_ADDRESS} {ALARMSYNC_QUEUE_CONNECTION} as connecting does.
   */
  static async open(settings: WorkQueueSettings): Promise<WorkQueue> {
    return new WorkQueue(await connectRedis(settings.redis), settings);
  }

  private constructor(redis: Redis, settings: WorkQueueSettings) {
    const { runId, requestTimeoutMs, quotaPerSecond, capabilities } = settings;
    this.left = { queueName: `${runId}-${randomBytes(4).toString('hex')}`, requestTimeoutMs };
    this.#redis = redis;
    this.#settings = settings;
    this.#board = new Board(redis);
    this.#steps = new StepQueue(redis, {
      ...this.left,
      quotaPerSecond: drainQuotaOf(quotaPerSecond, capabilities),
      capabilities,
    });
    this.#watch = new ConnectionWatch(redis, {
      onAway: () => tell('ALARMSYNC_QUEUE_CONNECTION', 'Redis is away; waiting for it'),
      onBack: () => tell('ALARMSYNC_QUEUE_CONNECTION', 'Redis is back'),
      onLost: (error) => this.#steps.giveUp(error),
    });
  }

  /**
   * Asks for workers: from here on they take what is handed over.
   * @throws {ALARMSYNC_QUEUE_MISMATCH} when the only workers of this service cannot serve the run.
   */
  async announce(): Promise<void> {
    const { suited, runId, adopts, quotaPerSecond, capabilities, traceparent } = this.#settings;
    const limiter = limiterOf(drainQuotaOf(quotaPerSecond, capabilities), MAX_REQUEST_COUNT);
    const notice: RunNotice = { ...suited, ...this.left, runId, adopts, traceparent, limiter };
    const mismatch = await this.#lookForWorkers();
    if (mismatch !== undefined) {
      throw new AlarmSyncError('ALARMSYNC_QUEUE_MISMATCH', `no worker can serve this run: ${mismatch}`, {
        hint: 'start workers of the same version with the same configuration file',
      });
    }
    this.#posted = await this.#board.postRun(notice);
    this.#workerTimer = setInterval(
      () => void this.#lookForWorkers().catch(() => {}),
      WORKER_CHECK_INTERVAL_MS,
    );
  }

  readonly openSender: OpenSender = (subject, settings, signals) =>
    new QueuedSender(this.#steps, subject, settings, signals);

  /**
   * Leaves nothing in Redis, and no worker with something to send. False when that cannot be proved now.
   * @param signal aborts the wait for a worker that still has
   */
  async retire(signal: AbortSignal): Promise<boolean> {
    if (this.#steps.failure !== undefined || this.#redis.status !== 'ready' || signal.aborted) return false;
    await this.#posted?.[Symbol.asyncDispose]();
    this.#posted = undefined;
    try {
      await retireQueue(this.#redis, this.left, signal);
      return true;
    } catch {
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#workerTimer);
    this.#watch[Symbol.dispose]();
    this.#steps[Symbol.dispose]();
    await this.#posted?.[Symbol.asyncDispose]();
    this.#redis.disconnect();
  }

  /** Says once when there is no worker, and why. Gives what keeps all there are from serving. */
  async #lookForWorkers(): Promise<string | undefined> {
    if (this.#redis.status !== 'ready') return undefined;
    const { suited } = this.#settings;
    const workers = await this.#board.workers();
    const mismatches = workers
      .filter((worker) => isSameService(suited, worker))
      .map((worker) => mismatchOf(suited, worker));
    const isServed = mismatches.includes(undefined);
    const mismatch = isServed ? undefined : mismatches[0];
    if (!isServed && !this.#isUnserved) {
      tell(
        'ALARMSYNC_QUEUE_UNSERVED',
        `no worker serves this run yet${mismatch === undefined ? '' : `: ${mismatch}`}; start one with: alarmsync worker --queue ${this.#settings.redis.address} --service URL`,
      );
    }
    this.#isUnserved = !isServed;
    return mismatch;
  }
}

/** Ends what an earlier coordinator of the run left in Redis. @throws as connecting does, and the signal's reason. */
export async function retireLeftQueue(
  redisSettings: RedisSettings,
  left: LeftQueue,
  signal: AbortSignal,
): Promise<void> {
  const redis = await connectRedis(redisSettings);
  try {
    await retireQueue(redis, left, signal);
  } finally {
    redis.disconnect();
  }
}

function tell(code: string, message: string): void {
  publish('diagnostic', { code, message });
}
