// How long does a plan take, and how much memory and disk, beside tools that only count the same differences?

import { measureRounds } from './measuring/rounds.ts';
import { startPageServer } from './measuring/services.ts';
import { rounded, spread } from './measuring/spread.ts';
import { alarmsyncPlan, peerPlans } from './plan-subject.ts';
import type { QuestionContext } from './question.ts';
import { makeWorld, type Quoting } from './world.ts';

export async function plan(context: QuestionContext): Promise<void> {
  for (const quoting of ['plain', 'multiline'] as const) await planOf(context, quoting);
}

async function planOf(context: QuestionContext, quoting: Quoting): Promise<void> {
  const { rowCount, runCount, progress, emit } = context;
  const world = await makeWorld(context.dataDirectory, rowCount, quoting);
  await using server = await startPageServer(world, context.scratchDirectory);
  const subjects = [alarmsyncPlan(world, server.address), ...peerPlans(world, server.address, progress)];
  const inputBytes = world.csvBytes + world.pagesBytes;
  const samples = await measureRounds(context, `plan of ${rowCount} ${quoting}`, subjects);
  for (const [subject, measured] of samples) {
    const diskBytes = measured.map(({ peakDiskBytes }) => peakDiskBytes);
    const identity = { question: 'plan', subject, data: quoting, row_count: rowCount };
    emit(
      measured.length === 0
        ? { ...identity, failure: 'could not do it on this machine' }
        : {
            ...identity,
            run_count: runCount,
            ...spread(
              'wall_ms',
              measured.map(({ wallMs }) => wallMs),
            ),
            ...spread(
              'peak_memory_bytes',
              measured.map(({ peakMemoryBytes }) => peakMemoryBytes),
            ),
            ...spread('peak_disk_bytes', diskBytes),
            peak_disk_per_input_ratio: rounded(Math.max(...diskBytes) / inputBytes),
            csv_bytes: world.csvBytes,
            listing_bytes: world.pagesBytes,
          },
    );
  }
}
