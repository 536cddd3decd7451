// A number of rows -> a file of that many alarms, and a saved plan to create them all at a service that has none.

import { createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { generateCsv } from '../src/pipeline/source/generate.ts';
import { measureProcess } from './measuring/measured.ts';
import { MAIN } from './places.ts';

/** Makes the file under `directory`, or takes that of an earlier benchmark. */
export async function makeCreates(directory: string, rowCount: number): Promise<string> {
  const file = path.join(directory, `creates-${rowCount}.csv`);
  if (existsSync(file)) return file;
  mkdirSync(directory, { recursive: true });
  await pipeline(Readable.from(generateCsv({ count: rowCount, seed: 1 })), createWriteStream(`${file}.new`));
  renameSync(`${file}.new`, file);
  return file;
}

export interface SavedPlan {
  readonly planFile: string;
  /** Arguments that name the state directory. */
  readonly stateArgs: readonly string[];
}

/** Plans the creates of a file into `directory`. @throws {Error} when they are not so many. */
export async function planCreates(
  csvFile: string,
  rowCount: number,
  address: string,
  directory: string,
): Promise<SavedPlan> {
  const planFile = path.join(directory, 'plan.db');
  const stateArgs = ['--state-dir', path.join(directory, 'state')];
  const { stdout } = await measureProcess(
    [MAIN, 'plan', csvFile, '--service', address, '--out', planFile, ...stateArgs],
    directory,
  );
  const wanted = `Plan: ${rowCount} to create, 0 to update, 0 to delete, 0 unchanged.`;
  if (!stdout.includes(wanted)) throw new Error(`expected "${wanted}", got: ${stdout.slice(0, 200)}`);
  return { planFile, stateArgs };
}
