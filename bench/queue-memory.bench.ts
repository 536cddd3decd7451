// How much does Redis hold of a plan that workers drain, and does it hold more of a larger one?

import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { makeCreates, planCreates, type SavedPlan } from './creates.ts';
import { RedisProcess, REDIS_IS_MISSING, redisVersion } from './measuring/redis.ts';
import { measureRounds, type Subject } from './measuring/rounds.ts';
import { startCountingServer } from './measuring/services.ts';
import { monotonicMs } from './measuring/spawned.ts';
import { spread } from './measuring/spread.ts';
import { QueuedDrain } from './queue-world.ts';
import type { QuestionContext } from './question.ts';

const WORKER_COUNT = 2;
const CONCURRENCY = 8;

/** Long enough that BullMQ's stream of events, which it cuts at about 10 000, is full. */
const WATCH_MS = 8000;

const LOOK_INTERVAL_MS = 100;

/** The smallest plan, as a part of --rows: there are always more operations than the 1000 steps of the window. */
const LEAST_PART = 0.04;

interface Sample {
  readonly peakBytes: number;
  readonly datasetBytes: number;
  readonly stepCount: number;
}

export async function queueMemory(context: QuestionContext): Promise<void> {
  const { rowCount, runCount, scaleFactors, scratchDirectory, emit, progress } = context;
  if (redisVersion() === undefined) {
    progress(`queue-memory: left out, ${REDIS_IS_MISSING}`);
    return;
  }
  const counts = [Math.ceil(rowCount * LEAST_PART), ...scaleFactors.map((factor) => factor * rowCount)];
  await using server = await startCountingServer(scratchDirectory);
  const subjects: Subject<Sample>[] = [];
  for (const count of counts) subjects.push(await subjectOf(context, server.address, count));
  const samples = await measureRounds(context, 'queue-memory', subjects);
  for (const [index, measured] of [...samples.values()].entries()) {
    emit({
      question: 'queue-memory',
      subject: 'redis',
      operation_count: counts[index] ?? 0,
      run_count: runCount,
      ...spread(
        'peak_memory_bytes',
        measured.map(({ peakBytes }) => peakBytes),
      ),
      ...spread(
        'dataset_bytes',
        measured.map(({ datasetBytes }) => datasetBytes),
      ),
      step_count_max: Math.max(...measured.map(({ stepCount }) => stepCount)),
    });
  }
}

async function subjectOf(
  { dataDirectory, scratchDirectory }: QuestionContext,
  address: string,
  operationCount: number,
): Promise<Subject<Sample>> {
  const planDirectory = path.join(scratchDirectory, `memory-${operationCount}`);
  mkdirSync(planDirectory);
  const csvFile = await makeCreates(dataDirectory, operationCount);
  const plan = await planCreates(csvFile, operationCount, address, planDirectory);
  return {
    name: `${operationCount} operations`,
    isPeer: false,
    run: async (directory) => watch(plan, address, directory),
    tell: ({ peakBytes, datasetBytes, stepCount }) =>
      `peak ${(peakBytes / 1e6).toFixed(1)} MB, data ${(datasetBytes / 1e6).toFixed(1)} MB at most, ${stepCount} steps at most`,
  };
}

/** The most of each while it drains, or until that has lasted long enough. */
async function watch(plan: SavedPlan, address: string, directory: string): Promise<Sample> {
  await using redis = await RedisProcess.start(directory);
  const settings = { address, redis, workerCount: WORKER_COUNT, concurrency: CONCURRENCY };
  await using drain = await QueuedDrain.start(plan, settings, directory);
  const untilMs = monotonicMs() + WATCH_MS;
  let most: Sample = { peakBytes: 0, datasetBytes: 0, stepCount: 0 };
  while (!drain.run.hasEnded && monotonicMs() < untilMs) {
    const { peakBytes, datasetBytes } = await redis.memory();
    most = {
      peakBytes,
      datasetBytes: Math.max(most.datasetBytes, datasetBytes),
      stepCount: Math.max(most.stepCount, await redis.stepCount()),
    };
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
  }
  return most;
}
