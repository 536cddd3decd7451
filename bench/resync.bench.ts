// Does a second sync, which finds nothing to do, take longer than the plan alone?

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { measureProcess, type Measured } from './measuring/measured.ts';
import { measureRounds, type Subject } from './measuring/rounds.ts';
import { startPageServer } from './measuring/services.ts';
import { spread } from './measuring/spread.ts';
import { MAIN } from './places.ts';
import type { QuestionContext } from './question.ts';
import { makeWorld } from './world.ts';

export async function resync(context: QuestionContext): Promise<void> {
  const { rowCount, runCount, dataDirectory, scratchDirectory, emit } = context;
  const world = await makeWorld(dataDirectory, rowCount, 'plain');
  await using server = await startPageServer(world, scratchDirectory);
  const csvFile = await exportService(server.address, scratchDirectory);
  // The same state for all rounds: the warm-up is the first sync, and each that counts comes after it.
  const stateDirectory = path.join(scratchDirectory, 'state');
  const given = [csvFile, '--service', server.address];
  const nothing = `Plan: 0 to create, 0 to update, 0 to delete, ${rowCount} unchanged.`;
  const subjects = [
    telling('plan', [MAIN, 'plan', ...given], nothing),
    telling('sync', [MAIN, 'sync', ...given, '--auto-approve', '--state-dir', stateDirectory], nothing),
  ];
  const samples = await measureRounds(context, `resync of ${rowCount}`, subjects);
  for (const [subject, measured] of samples) {
    emit({
      question: 'resync',
      subject,
      data: 'equal',
      row_count: rowCount,
      run_count: runCount,
      ...spread(
        'wall_ms',
        measured.map(({ wallMs }) => wallMs),
      ),
      ...spread(
        'peak_memory_bytes',
        measured.map(({ peakMemoryBytes }) => peakMemoryBytes),
      ),
    });
  }
}

/** The file that says exactly what the service holds. */
async function exportService(address: string, directory: string): Promise<string> {
  const { stdout } = await measureProcess([MAIN, 'export', '--service', address], directory);
  const file = path.join(directory, 'equal.csv');
  writeFileSync(file, stdout);
  return file;
}

function telling(name: string, args: readonly string[], line: string): Subject<Measured> {
  return {
    name,
    isPeer: false,
    run: async (directory) => {
      const measured = await measureProcess(args, directory);
      if (measured.stdout.includes(line)) return measured;
      throw new Error(`expected ${name} to say "${line}", got: ${measured.stdout.slice(0, 200)}`);
    },
    tell: ({ wallMs }) => `${(wallMs / 1000).toFixed(2)} s`,
  };
}
