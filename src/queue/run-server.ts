// One run's queue -> its steps, taken with this worker's own connection and credentials.

import { setTimeout as delay } from 'node:timers/promises';

import { Queue, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';

import { asAlarmSyncError } from '../alarm/errors.ts';
import { Sender } from '../pipeline/sync.ts';
import type { AlarmService } from '../services/alarm-service.ts';
import { openService, type ServiceSettings } from '../services/registry.ts';
import { KEY_PREFIX, type RunNotice } from './board.ts';
import { HeldStepGate, holdTimeMsOf } from './held-step.ts';
import { lateMsOf } from './limiter.ts';
import { takePlace } from './place.ts';
import type { RedisOptions } from './redis-address.ts';
import { decodeStep, lost, packAnswer, type Step, type StepAnswer } from './step.ts';

/** A fetch that failed is tried again after that long: Redis may be back. */
const FETCH_RETRY_MS = 500;

/** A step that was lost goes to another worker however often, since that one only says so. */
const MAX_STALLED_COUNT = 1_000_000;

/** Does something, so that what it asks of the service belongs to a trace. */
type InTrace = <Result>(work: () => Promise<Result>) => Promise<Result>;

export interface RunServerDeps {
  readonly redis: Redis;
  readonly options: RedisOptions;
  readonly service: ServiceSettings;
  /** Aborted when what is in flight must end. */
  readonly kill: AbortSignal;
  /** @param traceparent of a run; null for one that is not traced */
  readonly inTraceOf: (traceparent: string | null) => InTrace;
  /** Whether Redis was there all the time since then, on the monotonic clock. */
  readonly isConnectedSince: (atMs: number) => boolean;
  /** Hears of faults, in words, and of which run where they are of one. */
  readonly warn: (message: string, runId?: string) => void;
}

export class RunServer implements AsyncDisposable {
  readonly notice: RunNotice;
  readonly #service: AlarmService;
  readonly #gate: HeldStepGate;
  readonly #kill: AbortSignal;
  readonly #inTrace: InTrace;
  readonly #concurrency: number;
  readonly #worker: Worker;
  readonly #queue: Queue;
  readonly #redis: Redis;
  #pausedUntilMs = 0;
  #pausing: Promise<void> | undefined;
  #stepCount = 0;

  /** Begins at once. @throws what opening the service throws. */
  static async open(notice: RunNotice, deps: RunServerDeps): Promise<RunServer> {
    const { requestTimeoutMs, adopts } = notice;
    let server: RunServer | undefined;
    const gate = new HeldStepGate({
      requestTimeoutMs,
      isConnectedSince: deps.isConnectedSince,
      lateMs: lateMsOf(notice.limiter),
      takePlace: async (maxWaitMs, signal) => server?.takePlace(maxWaitMs, signal),
      onPause: (durationMs) => server?.pause(durationMs),
    });
    const service = await openService({ ...deps.service, requestTimeoutMs, adopts }, gate);
    server = new RunServer(notice, deps, gate, service);
    return server;
  }

  private constructor(notice: RunNotice, deps: RunServerDeps, gate: HeldStepGate, service: AlarmService) {
    this.notice = notice;
    this.#service = service;
    this.#gate = gate;
    this.#redis = deps.redis;
    this.#kill = deps.kill;
    this.#inTrace = deps.inTraceOf(notice.traceparent);
    this.#concurrency = deps.service.concurrency;
    const holdTimeMs = holdTimeMsOf(notice.requestTimeoutMs);
    this.#worker = new Worker(notice.queueName, async (job: Job) => packAnswer(await this.#take(job)), {
      connection: { ...deps.options },
      prefix: KEY_PREFIX,
      // The code is cold and no connection is open: what is sent first comes late, together with what later windows of the quota allow.
      concurrency: 1,
      limiter: { max: notice.limiter.max, duration: notice.limiter.durationMs },
      lockDuration: holdTimeMs,
      // A step ends within its time, or sends nothing more: see HeldStepGate.
      skipLockRenewal: true,
      stalledInterval: Math.max(1000, notice.requestTimeoutMs / 2),
      maxStalledCount: MAX_STALLED_COUNT,
      runRetryDelay: FETCH_RETRY_MS,
    });
    this.#queue = new Queue(notice.queueName, {
      connection: deps.redis,
      prefix: KEY_PREFIX,
      skipMetasUpdate: true,
    });
    this.#queue.on('error', () => {});
    // The connection is watched elsewhere; what else goes wrong concerns a step that somebody else has by now.
    this.#worker.on('error', (error) => {
      if (!('code' in error)) deps.warn(error.message, notice.runId);
    });
  }

  /** Steps that were answered here. */
  get stepCount(): number {
    return this.#stepCount;
  }

  /** Counts one step more, as soon as the quota allows it. @throws {ALARMSYNC_QUEUE_LOST} as takePlace. */
  async takePlace(maxWaitMs: number, signal: AbortSignal): Promise<void> {
    return takePlace(this.#redis, this.#queue, maxWaitMs, signal);
  }

  /** No worker begins with a step of this run for that long. Of several pauses the one that ends last counts. */
  pause(durationMs: number): void {
    const untilMs = performance.now() + durationMs;
    if (untilMs <= this.#pausedUntilMs) return;
    this.#pausedUntilMs = untilMs;
    this.#pausing = this.#queue.rateLimit(durationMs).catch(() => {});
  }

  /** Finishes what is under way: after the time that a step is held there is nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    const holdTimeMs = holdTimeMsOf(this.notice.requestTimeoutMs);
    // BullMQ waits for ever where Redis came back without the steps that were under way.
    await Promise.race([this.#worker.close(), delay(holdTimeMs, undefined, { ref: false })]);
    void this.#worker.disconnect().catch(() => {});
    await this.#queue.close();
    await this.#service[Symbol.asyncDispose]();
  }

  async #take(job: Job): Promise<StepAnswer> {
    const step = decodeStep(job.data);
    this.#stepCount += 1;
    if (step.kind === 'send' && job.attemptsStarted > 1) {
      const error = lost('a worker was lost while it had this step');
      return { kind: 'outcome', outcome: { kind: 'unknown', error }, writeCount: 1 };
    }
    const answer = await this.#gate.whileHeld(job.processedOn ?? 0, async () =>
      this.#inTrace(async () => this.#answer(step)),
    );
    this.#worker.concurrency = this.#concurrency;
    // The next step is fetched together with this answer: a pause has to stand by then.
    await this.#pausing;
    return answer;
  }

  async #answer({ kind, subject, operation, send }: Step): Promise<StepAnswer> {
    let writeCount = 0;
    try {
      const service = subject === 'alarm' ? this.#service : this.#service.downtimes;
      if (service === undefined) throw new Error('expected a service that has downtimes');
      const sender = new Sender(service, send);
      if (kind === 'lookup')
        return { kind: 'likeness', likeness: await sender.lookUp(operation, this.#kill) };
      const counter = { noteWrite: () => (writeCount += 1) };
      return { kind: 'outcome', outcome: await sender.send(operation, counter, this.#kill), writeCount };
    } catch (thrown) {
      return { kind: 'thrown', error: asAlarmSyncError(thrown), writeCount };
    }
  }
}
