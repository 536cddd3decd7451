// The board in Redis where coordinators say which runs want workers, and workers say that they are there.

import type { Redis } from 'ioredis';
import * as v from 'valibot';

import type { Limiter } from './limiter.ts';

/** Names of everything of ours in Redis begin so. In braces: a cluster keeps it in one slot, as BullMQ's scripts demand. */
export const KEY_PREFIX = '{alarmsync}';

/** A notice is gone that long after its author was last heard of. */
const NOTICE_TTL_MS = 15_000;
export const RENEWAL_INTERVAL_MS = 5000;

/** What a run and its workers have to agree on. */
export interface Suited {
  /** Of alarmsync: what is handed over has no other version. */
  readonly version: string;
  /** Which service it is, as its adapter says. */
  readonly address: string;
  readonly account: string;
  /** Of the parts of the configuration that shape what is sent. */
  readonly configurationDigest: string;
}

export interface RunNotice extends Suited {
  readonly queueName: string;
  readonly runId: string;
  readonly adopts: boolean;
  /** Of one request. A step is held for three times as long, whoever has it. */
  readonly requestTimeoutMs: number;
  /** Of the run's trace, which requests of workers go on with; null when it is not traced. */
  readonly traceparent: string | null;
  /** What workers keep to while the queue does not say, as when Redis came back empty: never more than the quota. */
  readonly limiter: Limiter;
}

export interface WorkerNotice extends Suited {
  readonly workerId: string;
  readonly hostName: string;
}

const SUITED = {
  version: v.string(),
  address: v.string(),
  account: v.string(),
  configurationDigest: v.string(),
};

const RUN_NOTICE = v.object({
  ...SUITED,
  queueName: v.string(),
  runId: v.string(),
  adopts: v.boolean(),
  requestTimeoutMs: v.number(),
  traceparent: v.nullable(v.string()),
  limiter: v.object({ max: v.number(), durationMs: v.number() }),
});

const WORKER_NOTICE = v.object({ ...SUITED, workerId: v.string(), hostName: v.string() });

export function isSameService(run: Suited, worker: Suited): boolean {
  return run.address === worker.address && run.account === worker.account;
}

/** Why a worker cannot serve a run of its own service; undefined when it can. */
export function mismatchOf(run: Suited, worker: Suited): string | undefined {
  if (run.version !== worker.version)
    return `the run is of alarmsync ${run.version}, the worker of ${worker.version}`;
  if (run.configurationDigest !== worker.configurationDigest)
    return 'the sections contacts and cloudwatch of their configuration files differ';
  return undefined;
}

export class Board {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Keeps the notice there until it is disposed of, or its author dies. */
  async postRun(notice: RunNotice): Promise<AsyncDisposable> {
    return this.#post('run', notice.queueName, notice);
  }

  async postWorker(notice: WorkerNotice): Promise<AsyncDisposable> {
    return this.#post('worker', notice.workerId, notice);
  }

  /** Runs whose coordinator lives. What no alarmsync wrote is passed over. */
  async runs(): Promise<readonly RunNotice[]> {
    return readAll(await this.#texts('run'), RUN_NOTICE);
  }

  async workers(): Promise<readonly WorkerNotice[]> {
    return readAll(await this.#texts('worker'), WORKER_NOTICE);
  }

  /** Takes the notice of a run away that no coordinator renews any more: from now on no worker begins with it. */
  async removeRun(queueName: string): Promise<void> {
    await this.#remove('run', queueName);
  }

  async #post(kind: 'run' | 'worker', id: string, notice: object): Promise<AsyncDisposable> {
    const put = async (): Promise<void> => {
      await this.#redis
        .multi()
        .set(keyOf(kind, id), JSON.stringify(notice), 'PX', NOTICE_TTL_MS)
        .sadd(setOf(kind), id)
        .exec();
    };
    await put();
    // A renewal that fails is made up by the next one; whoever watches the connection says so.
    const renew = (): void => void put().catch(() => {});
    const timer = setInterval(renew, RENEWAL_INTERVAL_MS);
    // Redis may have come back empty.
    this.#redis.on('ready', renew);
    return {
      [Symbol.asyncDispose]: async () => {
        clearInterval(timer);
        this.#redis.off('ready', renew);
        // A command would wait for as long as Redis is away; the notice ends by itself.
        if (this.#redis.status === 'ready') await this.#remove(kind, id);
      },
    };
  }

  async #remove(kind: 'run' | 'worker', id: string): Promise<void> {
    await this.#redis.multi().del(keyOf(kind, id)).srem(setOf(kind), id).exec();
  }

  async #texts(kind: 'run' | 'worker'): Promise<readonly string[]> {
    const ids = await this.#redis.smembers(setOf(kind));
    if (ids.length === 0) return [];
    const texts = await this.#redis.mget(ids.map((id) => keyOf(kind, id)));
    const gone = ids.filter((_, index) => texts[index] === null);
    if (gone.length > 0) await this.#redis.srem(setOf(kind), ...gone);
    return texts.filter((text) => text !== null);
  }
}

function keyOf(kind: 'run' | 'worker', id: string): string {
  return `${KEY_PREFIX}:${kind}:${id}`;
}

function setOf(kind: 'run' | 'worker'): string {
  return `${KEY_PREFIX}:${kind}s`;
}

function readAll<Schema extends v.GenericSchema>(
  texts: readonly string[],
  schema: Schema,
): readonly v.InferOutput<Schema>[] {
  return texts.flatMap((text) => {
    const { success, output } = v.safeParse(schema, parsed(text));
    return success ? [output] : [];
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
