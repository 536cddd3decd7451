// Do time per row and memory stay as they are when there are more rows?

import type { Measured } from './measuring/measured.ts';
import { measureRounds, type Subject } from './measuring/rounds.ts';
import { startPageServer } from './measuring/services.ts';
import { spread } from './measuring/spread.ts';
import { alarmsyncPlan } from './plan-subject.ts';
import type { QuestionContext } from './question.ts';
import { makeWorld, type World } from './world.ts';

export async function scale(context: QuestionContext): Promise<void> {
  const { runCount, dataDirectory, emit } = context;
  const rowCounts = context.scaleFactors.map((factor) => factor * context.rowCount);
  const subjects = [];
  for (const rowCount of rowCounts) subjects.push(planOf(await makeWorld(dataDirectory, rowCount, 'plain')));
  const samples = await measureRounds(context, 'scale', subjects);
  for (const [index, measured] of [...samples.values()].entries()) {
    const rowCount = rowCounts[index] ?? Number.NaN;
    emit({
      question: 'scale',
      subject: 'alarmsync',
      data: 'plain',
      row_count: rowCount,
      run_count: runCount,
      ...spread(
        'wall_ms',
        measured.map(({ wallMs }) => wallMs),
      ),
      ...spread(
        'microseconds_per_row',
        measured.map(({ wallMs }) => (wallMs * 1000) / rowCount),
      ),
      ...spread(
        'peak_memory_bytes',
        measured.map(({ peakMemoryBytes }) => peakMemoryBytes),
      ),
    });
  }
}

/** With a service of its own, so that no other world's takes memory meanwhile. */
function planOf(world: World): Subject<Measured> {
  const name = `${world.rowCount} rows`;
  return {
    ...alarmsyncPlan(world, '', { name }),
    run: async (directory) => {
      await using server = await startPageServer(world, directory);
      return await alarmsyncPlan(world, server.address, { name }).run(directory);
    },
  };
}
