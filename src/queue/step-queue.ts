// Steps -> jobs of BullMQ -> what a worker made of each.

import { setTimeout as delay } from 'node:timers/promises';

import { Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';

import { asAlarmSyncError, type AlarmSyncError } from '../alarm/errors.ts';
import { KEY_PREFIX } from './board.ts';
import { limiterOf, MAX_REQUEST_COUNT, requestCountOf, type CheckedBy } from './limiter.ts';
import { decodeAnswer, type Step, type StepAnswer } from './step.ts';

/**
 * Steps that are asked for meanwhile go together, since each way to Redis and back costs processor time. Workers do not wait for it:
 * there are more steps in Redis than they hold. Beside a hand-over in each turn of the event loop, in three pairs of runs in turn: a
 * tenth less of the coordinator's processor time in two, as much in the other.
 */
const HAND_OVER_INTERVAL_MS = 5;

/** How often it is looked whether what was handed over is still in Redis. */
const LOSS_CHECK_INTERVAL_MS = 2000;

/** An answer that is under way takes its job out of Redis a moment before it is here. */
const ANSWER_GRACE_MS = 1000;

/** `withdrawn`: taken back before any worker had it. `lost`: nobody can tell what became of it. */
export type StepEnd = StepAnswer | 'withdrawn' | 'lost';

export interface StepQueueSettings {
  readonly queueName: string;
  /** Of requests, for all workers together; 0 for none. */
  readonly quotaPerSecond: number;
  readonly capabilities: CheckedBy;
  readonly requestTimeoutMs: number;
}

interface Asked {
  readonly step: Step;
  readonly requestCount: number;
  readonly resolve: (end: StepEnd) => void;
  /** Since when Redis has not had it, on the monotonic clock; undefined while it has. */
  missingSinceMs: number | undefined;
}

export class StepQueue implements Disposable {
  readonly #redis: Redis;
  readonly #settings: StepQueueSettings;
  readonly #queue: Queue;
  readonly #events: QueueEvents;
  readonly #eventsRedis: Redis;
  readonly #asked = new Map<string, Asked>();
  /** Ids that wait to be handed over together. */
  #batch: string[] = [];
  #isHandingOver = false;
  /** Requests a step that the limiter stands for; 0 before it is set. */
  #requestCount = 0;
  /** Of those that were asked for, the steps with a check before their write. */
  #checkedCount = 0;
  #number = 0;
  #isStopping = false;
  #failure: AlarmSyncError | undefined;
  readonly #lossTimer: NodeJS.Timeout;

  constructor(redis: Redis, settings: StepQueueSettings) {
    this.#redis = redis;
    this.#settings = settings;
    // Of our own, both of them: BullMQ closes its own by asking Redis, which may be away.
    this.#eventsRedis = redis.duplicate();
    this.#queue = new Queue(settings.queueName, {
      connection: redis,
      prefix: KEY_PREFIX,
      // What was answered is not kept: Redis holds what is under way and nothing else.
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    });
    // The queue is new: from its first event on, none is missed.
    this.#events = new QueueEvents(settings.queueName, {
      connection: this.#eventsRedis,
      prefix: KEY_PREFIX,
      lastEventId: '0',
    });
    // What is wrong with the connection is told by whoever watches it.
    this.#queue.on('error', () => {});
    this.#events.on('error', () => {});
    this.#events.on('completed', ({ jobId, returnvalue }) => this.#take(jobId, returnvalue));
    this.#events.on('failed', ({ jobId }) => this.#end(jobId, 'lost'));
    // Redis may have come back without what it was told.
    redis.on('ready', () => {
      this.#requestCount = 0;
    });
    this.#lossTimer = setInterval(() => void this.#lookForLost().catch(() => {}), LOSS_CHECK_INTERVAL_MS);
  }

  /** @throws what the queue failed with: then nothing was handed over. */
  async ask(step: Step): Promise<StepEnd> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isStopping) return 'withdrawn';
    this.#number += 1;
    const id = `step-${this.#number}`;
    const requestCount = requestCountOf(step, this.#settings.capabilities);
    return new Promise((resolve) => {
      this.#asked.set(id, { step, requestCount, resolve, missingSinceMs: undefined });
      if (requestCount > 1) this.#checkedCount += 1;
      this.#batch.push(id);
      if (!this.#isHandingOver) void this.#handOverAll();
    });
  }

  get failure(): AlarmSyncError | undefined {
    return this.#failure;
  }

  /** Takes back whatever no worker has begun with. */
  async withdraw(): Promise<void> {
    this.#isStopping = true;
    const unsent = this.#batch;
    this.#batch = [];
    for (const id of unsent) this.#end(id, 'withdrawn');
    await Promise.all([...this.#asked.keys()].map(async (id) => this.#withdrawOne(id)));
  }

  /** Waits for nothing any more: whatever is not answered is lost. */
  giveUp(error?: AlarmSyncError): void {
    this.#failure ??= error;
    for (const id of this.#asked.keys()) this.#end(id, 'lost');
  }

  /** The connection that was given stays open. */
  [Symbol.dispose](): void {
    clearInterval(this.#lossTimer);
    this.giveUp();
    void this.#events.close().catch(() => {});
    this.#eventsRedis.disconnect();
    void this.#queue.close().catch(() => {});
  }

  /** One batch after the other; whatever is asked for meanwhile goes with the next. */
  async #handOverAll(): Promise<void> {
    this.#isHandingOver = true;
    while (this.#batch.length > 0) {
      await delay(HAND_OVER_INTERVAL_MS);
      const ids = this.#batch;
      this.#batch = [];
      // Some may have been taken back or given up meanwhile.
      const jobs = ids.flatMap((id) => this.#jobOf(id));
      if (jobs.length === 0) continue;
      try {
        await this.#limit();
        await this.#queue.addBulk(jobs);
      } catch (thrown) {
        // Some of them may be there.
        for (const id of ids) this.#end(id, 'lost');
        this.#failure ??= asAlarmSyncError(thrown);
      }
    }
    this.#isHandingOver = false;
  }

  #jobOf(id: string): Parameters<Queue['addBulk']>[0] {
    const step = this.#asked.get(id)?.step;
    if (step === undefined) return [];
    return [{ name: step.kind, data: step, opts: { jobId: id, lifo: step.kind === 'lookup' } }];
  }

  /** The limiter counts steps, of which some take two requests: it stands for the largest that is under way. */
  async #limit(): Promise<void> {
    const requestCount = this.#checkedCount > 0 ? MAX_REQUEST_COUNT : 1;
    if (requestCount === this.#requestCount) return;
    const { max, durationMs } = limiterOf(this.#settings.quotaPerSecond, requestCount);
    await this.#queue.setGlobalRateLimit(max, durationMs);
    this.#requestCount = requestCount;
  }

  #take(id: string, answer: unknown): void {
    try {
      this.#end(id, decodeAnswer(answer));
    } catch {
      this.#end(id, 'lost');
    }
  }

  #end(id: string, end: StepEnd): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    this.#asked.delete(id);
    if (asked.requestCount > 1) this.#checkedCount -= 1;
    asked.resolve(end);
  }

  /** What was still waiting was never begun with, unless it came back from a worker that was lost. */
  async #withdrawOne(id: string): Promise<void> {
    const removedCount = await this.#redis.lrem(this.#queue.toKey('wait'), 1, id);
    if (removedCount === 0) return;
    const startedCount = await this.#redis.hget(this.#queue.toKey(id), 'ats');
    await this.#redis.del(this.#queue.toKey(id));
    this.#end(id, startedCount === null ? 'withdrawn' : 'lost');
  }

  /** Redis may have come back without what it held. No worker has a request under way once the time of one has passed. */
  async #lookForLost(): Promise<void> {
    if (this.#redis.status !== 'ready') return;
    const ids = [...this.#asked.keys()].filter((id) => !this.#batch.includes(id));
    const pipeline = this.#redis.pipeline();
    for (const id of ids) pipeline.exists(this.#queue.toKey(id));
    const found = (await pipeline.exec()) ?? [];
    const nowMs = performance.now();
    for (const [index, id] of ids.entries()) {
      const asked = this.#asked.get(id);
      if (asked === undefined) continue;
      asked.missingSinceMs = found[index]?.[1] === 0 ? (asked.missingSinceMs ?? nowMs) : undefined;
      const missingMs = nowMs - (asked.missingSinceMs ?? nowMs);
      if (missingMs > this.#settings.requestTimeoutMs + ANSWER_GRACE_MS) this.#end(id, 'lost');
    }
  }
}
