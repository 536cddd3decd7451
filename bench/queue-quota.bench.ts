// How much of a set quota do three workers use together, and do they ever go over it by more than a window of the limiter?

import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { makeCreates, planCreates, type SavedPlan } from './creates.ts';
import { fastestSecondCount, overallPerSecond } from './measuring/arrivals.ts';
import { readRecord } from './measuring/record.ts';
import { RedisProcess, REDIS_IS_MISSING, redisVersion } from './measuring/redis.ts';
import { measureRounds, type Subject } from './measuring/rounds.ts';
import { startCountingServer } from './measuring/services.ts';
import { rounded, spread } from './measuring/spread.ts';
import { QueuedDrain } from './queue-world.ts';
import type { QuestionContext } from './question.ts';

const WORKER_COUNT = 3;
const CONCURRENCY = 8;
const QUOTAS_PER_SECOND = [100, 500];
const RUN_SECONDS = 20;

/** Windows of BullMQ's limiter in a second: a sliding second may see one more than its quota. */
const WINDOWS_PER_SECOND = 10;

interface Sample {
  /** Of the quota, from the first request to the last. */
  readonly useRatio: number;
  /** The most requests in any one second, of quota and one window together. */
  readonly fastestSecondRatio: number;
}

export async function queueQuota(context: QuestionContext): Promise<void> {
  const { runCount, scratchDirectory, emit, progress } = context;
  if (redisVersion() === undefined) {
    progress(`queue-quota: left out, ${REDIS_IS_MISSING}`);
    return;
  }
  await using server = await startCountingServer(scratchDirectory);
  const subjects: Subject<Sample>[] = [];
  for (const perSecond of QUOTAS_PER_SECOND)
    subjects.push(await subjectOf(context, server.address, perSecond));
  const samples = await measureRounds(context, 'queue-quota', subjects);
  for (const [index, measured] of [...samples.values()].entries()) {
    emit({
      question: 'queue-quota',
      subject: 'workers',
      quota_per_second: QUOTAS_PER_SECOND[index] ?? 0,
      worker_count: WORKER_COUNT,
      run_count: runCount,
      ...spread(
        'quota_use_ratio',
        measured.map(({ useRatio }) => useRatio),
      ),
      fastest_second_ratio: rounded(Math.max(...measured.map((sample) => sample.fastestSecondRatio))),
    });
  }
}

async function subjectOf(
  { dataDirectory, scratchDirectory }: QuestionContext,
  address: string,
  perSecond: number,
): Promise<Subject<Sample>> {
  const operationCount = perSecond * RUN_SECONDS + 1; // the first leaves at once
  const planDirectory = path.join(scratchDirectory, `quota-${perSecond}`);
  mkdirSync(planDirectory);
  const csvFile = await makeCreates(dataDirectory, operationCount);
  const plan = await planCreates(csvFile, operationCount, address, planDirectory);
  return {
    name: `${perSecond}/s`,
    isPeer: false,
    run: async (directory) => {
      const arrivalsMs = await drained(plan, address, perSecond, directory);
      if (arrivalsMs.length !== operationCount)
        throw new Error(`expected ${operationCount} creates to arrive, got ${arrivalsMs.length}`);
      const mostPerSecond = perSecond * (1 + 1 / WINDOWS_PER_SECOND);
      return {
        useRatio: overallPerSecond(arrivalsMs) / perSecond,
        fastestSecondRatio: fastestSecondCount(arrivalsMs) / mostPerSecond,
      };
    },
    tell: ({ useRatio, fastestSecondRatio }) =>
      `${(useRatio * 100).toFixed(1)} % used, fastest second at ${(fastestSecondRatio * 100).toFixed(1)} %`,
  };
}

/** When each create came, once the run has ended. */
async function drained(
  plan: SavedPlan,
  address: string,
  perSecond: number,
  directory: string,
): Promise<readonly number[]> {
  await using redis = await RedisProcess.start(directory);
  const pace = { concurrency: CONCURRENCY, args: ['--tpslimit', String(perSecond)] };
  const settings = { address, redis, workerCount: WORKER_COUNT, ...pace };
  await using drain = await QueuedDrain.start(plan, settings, directory);
  const { code } = await drain.run.ended;
  if (code !== 0) throw new Error(`expected the run to end with 0, got ${code}: ${drain.run.stderr}`);
  return (await readRecord(address)).writeArrivalsMs;
}
