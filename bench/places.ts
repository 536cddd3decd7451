// Where the benchmark's files lie, once compiled to bench/.build.

import path from 'node:path';

/** The repository; this file is compiled to bench/.build/bench. */
export const ROOT = path.join(import.meta.dirname, '../../..');

export const BENCH = path.join(ROOT, 'bench');

export const README = path.join(ROOT, 'README.md');

/** The program that is measured. */
export const MAIN = path.join(ROOT, 'dist/cli/main.js');

/** Worlds, made once and kept. */
export const DATA = path.join(BENCH, '.data');

/** What the last run found. */
export const LAST = path.join(BENCH, '.last');

/** A script of the benchmark as Node can run it. */
export function script(name: string): string {
  return path.join(import.meta.dirname, `${name}.js`);
}
