// The board -> the runs that this worker can serve, each served for as long as its coordinator lives.

import { setTimeout as delay } from 'node:timers/promises';

import type { Redis } from 'ioredis';

import { asAlarmSyncError } from '../alarm/errors.ts';
import {
  Board,
  isSameService,
  mismatchOf,
  RENEWAL_INTERVAL_MS,
  type RunNotice,
  type WorkerNotice,
} from './board.ts';
import { ConnectionWatch } from './connection.ts';
import { RunServer, type RunServerDeps } from './run-server.ts';

const POLL_INTERVAL_MS = 1000;

/** A notice that is missing for less may be on its way: Redis came back empty. */
const MISSING_GRACE_MS = RENEWAL_INTERVAL_MS + POLL_INTERVAL_MS;

export interface WorkerHostDeps extends Omit<RunServerDeps, 'isConnectedSince'> {
  readonly redis: Redis;
  readonly notice: WorkerNotice;
  /** Hears what it does, in words, and for which run where it is for one. */
  readonly say: (message: string, runId?: string) => void;
}

/** Serves runs until the signal aborts; then finishes what is under way. */
export async function serveRuns(deps: WorkerHostDeps, stop: AbortSignal): Promise<void> {
  const host = new WorkerHost(deps);
  const posted = await new Board(deps.redis).postWorker(deps.notice);
  try {
    while (!stop.aborted) {
      await host.look();
      await delay(POLL_INTERVAL_MS, undefined, { signal: stop }).catch(() => {});
    }
  } finally {
    await host.close();
    await posted[Symbol.asyncDispose]();
  }
}

class WorkerHost {
  readonly #deps: WorkerHostDeps;
  readonly #board: Board;
  readonly #serving = new Map<string, RunServer>();
  /** When a run that is served was last seen on the board, on the monotonic clock. */
  readonly #seenAtMs = new Map<string, number>();
  readonly #ending = new Set<Promise<void>>();
  /** Queues of runs that were refused, each told once. */
  readonly #refused = new Set<string>();
  readonly #watch: ConnectionWatch;
  #lastBreakMs = -Infinity;

  constructor(deps: WorkerHostDeps) {
    this.#deps = deps;
    this.#board = new Board(deps.redis);
    this.#watch = new ConnectionWatch(deps.redis, {
      onAway: () => {
        this.#lastBreakMs = performance.now();
        deps.warn('Redis is away; waiting for it');
      },
      onBack: () => deps.say('Redis is back'),
    });
  }

  /** Begins with runs that are new on the board, and ends those that are no longer there. */
  async look(): Promise<void> {
    // A command would wait for as long as Redis is away, and keep the worker from stopping.
    if (this.#deps.redis.status !== 'ready') return;
    const runs = await this.#board.runs();
    const nowMs = performance.now();
    for (const run of runs) {
      this.#seenAtMs.set(run.queueName, nowMs);
      if (!this.#serving.has(run.queueName)) await this.#consider(run);
    }
    for (const [queueName, seenAtMs] of this.#seenAtMs) {
      if (nowMs - seenAtMs > MISSING_GRACE_MS) this.#end(queueName);
    }
  }

  async close(): Promise<void> {
    for (const queueName of this.#serving.keys()) this.#end(queueName);
    await Promise.all(this.#ending);
    this.#watch[Symbol.dispose]();
  }

  async #consider(run: RunNotice): Promise<void> {
    const { notice, say, warn } = this.#deps;
    if (this.#refused.has(run.queueName)) return;
    if (!isSameService(run, notice)) return;
    const mismatch = mismatchOf(run, notice);
    if (mismatch !== undefined) {
      this.#refused.add(run.queueName);
      warn(`Run ${run.runId} is not served: ${mismatch}`, run.runId);
      return;
    }
    try {
      const isConnectedSince = (atMs: number): boolean =>
        this.#deps.redis.status === 'ready' && this.#lastBreakMs < atMs;
      this.#serving.set(run.queueName, await RunServer.open(run, { ...this.#deps, isConnectedSince }));
      say(`Serving run ${run.runId}`, run.runId);
    } catch (thrown) {
      this.#refused.add(run.queueName);
      warn(`Run ${run.runId} is not served: ${asAlarmSyncError(thrown).message}`, run.runId);
    }
  }

  /** In the background: other runs wait for nothing. */
  #end(queueName: string): void {
    const server = this.#serving.get(queueName);
    this.#seenAtMs.delete(queueName);
    this.#serving.delete(queueName);
    if (server === undefined) return;
    const ending = this.#close(server).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  async #close(server: RunServer): Promise<void> {
    await server[Symbol.asyncDispose]();
    const { notice, stepCount } = server;
    const { runId } = notice;
    this.#deps.say(`Run ${runId} needs no worker any more; ${stepCount} steps were taken here`, runId);
  }
}
