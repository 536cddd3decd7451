// How much of a set quota does a drain use, and does it ever go over it?

import { makeCreates, planCreates } from './creates.ts';
import { fastestSecondCount, overallPerSecond } from './measuring/arrivals.ts';
import { measureProcess } from './measuring/measured.ts';
import { forgetRecord, readRecord } from './measuring/record.ts';
import { measureRounds, type Subject } from './measuring/rounds.ts';
import { startCountingServer } from './measuring/services.ts';
import { rounded, spread } from './measuring/spread.ts';
import { MAIN } from './places.ts';
import type { QuestionContext } from './question.ts';

/** How long each is drained. At the highest pace the code has to be warm, so that the start must count for little. */
const RUN_SECONDS: ReadonlyMap<number, number> = new Map([
  [1, 5],
  [10, 5],
  [100, 5],
  [1000, 5],
  [5000, 60],
]);

interface Sample {
  /** Of the quota, from the first request to the last. */
  readonly useRatio: number;
  /** The most requests in any one second, of quota and burst together. */
  readonly fastestSecondRatio: number;
}

export async function quota(context: QuestionContext): Promise<void> {
  const { runCount, emit } = context;
  await using server = await startCountingServer(context.scratchDirectory);
  const subjects: Subject<Sample>[] = [];
  for (const perSecond of RUN_SECONDS.keys())
    subjects.push(await pacedDrain(context, server.address, perSecond));
  const samples = await measureRounds(context, 'quota', subjects);
  for (const [index, measured] of [...samples.values()].entries()) {
    const perSecond = [...RUN_SECONDS.keys()][index] ?? 0;
    emit({
      question: 'quota',
      subject: 'alarmsync',
      quota_per_second: perSecond,
      operation_count: operationCountOf(perSecond),
      run_count: runCount,
      burst_count: burstOf(perSecond),
      ...spread(
        'quota_use_ratio',
        measured.map(({ useRatio }) => useRatio),
      ),
      fastest_second_ratio: rounded(Math.max(...measured.map((sample) => sample.fastestSecondRatio))),
    });
  }
}

async function pacedDrain(
  { dataDirectory }: QuestionContext,
  address: string,
  perSecond: number,
): Promise<Subject<Sample>> {
  const operationCount = operationCountOf(perSecond);
  const csvFile = await makeCreates(dataDirectory, operationCount);
  return {
    name: `${perSecond}/s`,
    isPeer: false,
    run: async (directory) => {
      const { planFile, stateArgs } = await planCreates(csvFile, operationCount, address, directory);
      await forgetRecord(address);
      await measureProcess(
        [MAIN, 'apply', planFile, ...stateArgs, '--tpslimit', String(perSecond)],
        directory,
      );
      const { writeArrivalsMs } = await readRecord(address);
      if (writeArrivalsMs.length !== operationCount) {
        throw new Error(`expected ${operationCount} creates to arrive, got ${writeArrivalsMs.length}`);
      }
      return {
        useRatio: overallPerSecond(writeArrivalsMs) / perSecond,
        fastestSecondRatio: fastestSecondCount(writeArrivalsMs) / (perSecond + burstOf(perSecond)),
      };
    },
    tell: ({ useRatio, fastestSecondRatio }) =>
      `${(useRatio * 100).toFixed(1)} % used, fastest second at ${(fastestSecondRatio * 100).toFixed(1)} %`,
  };
}

/** One more, since the first leaves at once. */
function operationCountOf(perSecond: number): number {
  return perSecond * (RUN_SECONDS.get(perSecond) ?? 0) + 1;
}

/** The default of --tpslimit-burst. */
function burstOf(perSecond: number): number {
  return Math.max(1, perSecond / 50);
}
