// The report of the last run -> the committed results, chart, and table in the README.

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';

export interface PublishPlaces {
  /** Where the last run's results.jsonl, figures.md and figures.svg are. */
  readonly last: string;
  /** Where the committed ones go. */
  readonly bench: string;
  readonly readme: string;
}

/** @throws {Error} when the README has no place for the table; nothing is written then. */
export function publish({ last, bench, readme }: PublishPlaces): void {
  const table = readFileSync(path.join(last, 'figures.md'), 'utf8');
  const text = withReport(readFileSync(readme, 'utf8'), table);
  for (const name of ['results.jsonl', 'figures.svg'])
    copyFileSync(path.join(last, name), path.join(bench, name));
  writeFileSync(readme, text);
}

/** @throws {Error} when the markers are missing or stand in the wrong order. */
export function withReport(readme: string, report: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) {
    throw new Error(`expected "${BEGIN}" and after it "${END}" in README.md, each on a line of its own`);
  }
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${report.trim()}\n\n${readme.slice(end)}`;
}
