// How many operations a second do workers send that are handed them one by one through Redis, beside a run that sends them itself, and
// what does it cost to hand one over?

import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { makeCreates, planCreates, type SavedPlan } from './creates.ts';
import { processorTimeMs } from './measuring/processor-time.ts';
import { readWriteCount } from './measuring/record.ts';
import { RedisProcess, REDIS_IS_MISSING, redisVersion } from './measuring/redis.ts';
import { measureRounds, type Subject } from './measuring/rounds.ts';
import { startCountingServer } from './measuring/services.ts';
import { monotonicMs } from './measuring/spawned.ts';
import { spread } from './measuring/spread.ts';
import { QueuedDrain } from './queue-world.ts';
import type { QuestionContext } from './question.ts';

/** Before what counts: workers look for runs once a second, and code is cold at first. */
const SETTLE_MS = 1500;

/** What counts. */
const WINDOW_MS = 2000;

interface Setting {
  readonly data: string;
  readonly latencyMs: number;
  /** More than are sent in the time. */
  readonly operationCount: number;
  /** Of each process that sends. */
  readonly concurrency: number;
  /** 0 for a run that sends by itself. */
  readonly workerCounts: readonly number[];
}

const SETTINGS: readonly Setting[] = [
  { data: '50 ms', latencyMs: 50, operationCount: 20_000, concurrency: 32, workerCounts: [0, 1, 2, 4] },
  { data: 'at once', latencyMs: 0, operationCount: 250_000, concurrency: 32, workerCounts: [0, 1, 2, 4] },
  { data: 'one at a time', latencyMs: 0, operationCount: 100_000, concurrency: 1, workerCounts: [0, 1] },
];

interface Sample {
  readonly operationsPerSecond: number;
  /** Of the run itself; of Redis; then of the run, its workers and Redis together. Undefined where the system does not tell. */
  readonly runMicroseconds: number | undefined;
  readonly redisMicroseconds: number | undefined;
  readonly allMicroseconds: number | undefined;
}

export async function queue(context: QuestionContext): Promise<void> {
  if (redisVersion() === undefined) {
    context.progress(`queue: left out, ${REDIS_IS_MISSING}`);
    return;
  }
  for (const setting of SETTINGS) await ask(context, setting);
}

async function ask(context: QuestionContext, setting: Setting): Promise<void> {
  const { runCount, dataDirectory, scratchDirectory, emit } = context;
  const { data, latencyMs, operationCount, concurrency, workerCounts } = setting;
  const planDirectory = path.join(scratchDirectory, `queue-${data}`);
  mkdirSync(planDirectory);
  await using server = await startCountingServer(scratchDirectory, latencyMs);
  const csvFile = await makeCreates(dataDirectory, operationCount);
  const plan = await planCreates(csvFile, operationCount, server.address, planDirectory);
  const subjects = workerCounts.map((workerCount) =>
    subjectOf(plan, server.address, workerCount, concurrency),
  );
  const samples = await measureRounds(context, `queue, ${data}`, subjects);
  for (const [index, measured] of [...samples.values()].entries()) {
    emit({
      question: 'queue',
      subject: workerCounts[index] === 0 ? 'alarmsync' : 'workers',
      data,
      worker_count: workerCounts[index] ?? 0,
      run_count: runCount,
      latency_ms: latencyMs,
      concurrency,
      ...spread(
        'operations_per_second',
        measured.map(({ operationsPerSecond }) => operationsPerSecond),
      ),
      ...spreadOfSome(
        'run_microseconds_per_operation',
        measured.map(({ runMicroseconds }) => runMicroseconds),
      ),
      ...spreadOfSome(
        'redis_microseconds_per_operation',
        measured.map(({ redisMicroseconds }) => redisMicroseconds),
      ),
      ...spreadOfSome(
        'microseconds_per_operation',
        measured.map(({ allMicroseconds }) => allMicroseconds),
      ),
    });
  }
}

function subjectOf(
  plan: SavedPlan,
  address: string,
  workerCount: number,
  concurrency: number,
): Subject<Sample> {
  return {
    name: workerCount === 0 ? 'one process' : `${workerCount} workers`,
    isPeer: false,
    run: async (directory) => {
      if (workerCount === 0)
        return sampleOf(plan, { address, workerCount, concurrency, redis: undefined }, directory);
      await using redis = await RedisProcess.start(directory);
      return await sampleOf(plan, { address, workerCount, concurrency, redis }, directory);
    },
    tell: ({ operationsPerSecond, runMicroseconds = Number.NaN, allMicroseconds = Number.NaN }) =>
      `${Math.round(operationsPerSecond)} operations/s, processor time of one ${Math.round(allMicroseconds)} µs, of the run ${Math.round(runMicroseconds)} µs`,
  };
}

async function sampleOf(
  plan: SavedPlan,
  settings: Parameters<typeof QueuedDrain.start>[1],
  directory: string,
): Promise<Sample> {
  await using drain = await QueuedDrain.start(plan, settings, directory);
  const { address, redis } = settings;
  const pids = { run: drain.run.pid, redis: redis?.pid, workers: drain.workers.map(({ pid }) => pid) };
  await waitMs(SETTLE_MS);
  const before = await lookAt(address, pids);
  await waitMs(WINDOW_MS);
  const after = await lookAt(address, pids);
  if (drain.run.hasEnded) throw new Error('expected a run that goes on for longer');
  const count = after.count - before.count;
  const perOperation = (untilMs: number | undefined, fromMs: number | undefined): number | undefined =>
    untilMs === undefined || fromMs === undefined ? undefined : ((untilMs - fromMs) * 1000) / count;
  return {
    operationsPerSecond: (count * 1000) / (after.atMs - before.atMs),
    runMicroseconds: perOperation(after.runMs, before.runMs),
    redisMicroseconds: perOperation(after.redisMs, before.redisMs),
    allMicroseconds: perOperation(after.allMs, before.allMs),
  };
}

interface Look {
  readonly atMs: number;
  readonly count: number;
  /** Processor time. */
  readonly runMs: number | undefined;
  readonly redisMs: number | undefined;
  readonly allMs: number | undefined;
}

interface Pids {
  readonly run: number;
  readonly redis: number | undefined;
  readonly workers: readonly number[];
}

async function lookAt(address: string, { run, redis, workers }: Pids): Promise<Look> {
  const count = await readWriteCount(address);
  const runMs = processorTimeMs(run);
  const redisMs = redis === undefined ? undefined : processorTimeMs(redis);
  const others = [...(redis === undefined ? [] : [redisMs]), ...workers.map(processorTimeMs)];
  const allMs = others.reduce(
    (sum, ms) => (sum === undefined || ms === undefined ? undefined : sum + ms),
    runMs,
  );
  return { atMs: monotonicMs(), count, runMs, redisMs, allMs };
}

function spreadOfSome(
  key: string,
  values: readonly (number | undefined)[],
): Readonly<Record<string, number>> {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? {} : spread(key, known);
}

async function waitMs(durationMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, durationMs));
}
