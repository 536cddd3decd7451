// How soon after a kill does a resumed run send its first operation?

import { copyFileSync, rmSync } from 'node:fs';
import path from 'node:path';

import { makeCreates, planCreates, type SavedPlan } from './creates.ts';
import { MemoryWatch } from './measuring/process-tree.ts';
import { forgetRecord, readRecord, readWriteCount } from './measuring/record.ts';
import { measureRounds, type Subject } from './measuring/rounds.ts';
import { startCountingServer } from './measuring/services.ts';
import { Spawned } from './measuring/spawned.ts';
import { spread } from './measuring/spread.ts';
import { MAIN } from './places.ts';
import type { QuestionContext } from './question.ts';

/** The run is killed once so many creates came. */
const KILL_AFTER_COUNT = 500;

const LOOK_INTERVAL_MS = 10;

interface Sample {
  /** From just before the process is started to the arrival of its first write. */
  readonly firstWriteMs: number;
  readonly peakMemoryBytes: number;
}

export async function resume(context: QuestionContext): Promise<void> {
  const { rowCount, runCount, dataDirectory, emit } = context;
  const csvFile = await makeCreates(dataDirectory, rowCount);
  const subject: Subject<Sample> = {
    name: 'alarmsync',
    isPeer: false,
    run: async (directory) => resumeOnce(csvFile, rowCount, directory),
    tell: ({ firstWriteMs }) => `first write after ${Math.round(firstWriteMs)} ms`,
  };
  const samples = await measureRounds(context, `resume of ${rowCount} creates`, [subject]);
  const measured = samples.get('alarmsync') ?? [];
  emit({
    question: 'resume',
    subject: 'alarmsync',
    row_count: rowCount,
    run_count: runCount,
    ...spread(
      'first_write_ms',
      measured.map(({ firstWriteMs }) => firstWriteMs),
    ),
    ...spread(
      'peak_memory_bytes',
      measured.map(({ peakMemoryBytes }) => peakMemoryBytes),
    ),
    listing_count: 0,
  });
}

async function resumeOnce(csvFile: string, rowCount: number, directory: string): Promise<Sample> {
  await using service = await startCountingServer(directory);
  const { address } = service;
  const copy = path.join(directory, 'alarms.csv');
  copyFileSync(csvFile, copy);
  const saved = await planCreates(copy, rowCount, address, directory);
  // What is not there cannot be read.
  rmSync(copy);
  await killMidway(saved, address, directory);
  await forgetRecord(address);

  await using resumed = new Spawned([MAIN, 'resume', ...saved.stateArgs], directory);
  const memory = new MemoryWatch(resumed.pid);
  await untilWrites(resumed, address, 1);
  const peakMemoryBytes = memory.end();
  const { writeArrivalsMs, listingCount } = await readRecord(address);
  if (listingCount > 0) throw new Error(`expected no listing by a resumed run, got ${listingCount} pages`);
  return { firstWriteMs: (writeArrivalsMs[0] ?? Number.NaN) - resumed.startedMs, peakMemoryBytes };
}

async function killMidway(saved: SavedPlan, address: string, directory: string): Promise<void> {
  await using applied = new Spawned([MAIN, 'apply', saved.planFile, ...saved.stateArgs], directory);
  await untilWrites(applied, address, KILL_AFTER_COUNT);
}

async function untilWrites(spawned: Spawned, address: string, count: number): Promise<void> {
  while ((await readWriteCount(address)) < count) {
    if (spawned.hasEnded)
      throw new Error(`expected ${count} writes, the run ended before: ${spawned.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
  }
}
