// The last run's results and the committed ones -> a table of both on standard output.

import { existsSync } from 'node:fs';
import path from 'node:path';

import { BENCH, LAST } from './places.ts';
import { comparisonText } from './report/comparison.ts';
import { readRuns, type Results } from './report/result.ts';

const [last] = read(path.join(LAST, 'results.jsonl'), 'npm run bench');
const committed = read(path.join(BENCH, 'results.jsonl'), 'npm run bench -- --publish');
if (last !== undefined && committed.length > 0) console.log(comparisonText(committed, last));

function read(file: string, origin: string): readonly Results[] {
  if (existsSync(file)) return readRuns(file);
  console.error(`expected results in ${path.relative('.', file)}, there are none: make them with ${origin}`);
  process.exitCode = 1;
  return [];
}
