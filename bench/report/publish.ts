// The last run -> the committed results, chart, and tables in the README.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { chartText } from './chart.ts';
import { questionsOf, readRuns, textOfRuns, type Results } from './result.ts';
import { reportText } from './table.ts';

const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';

export interface PublishPlaces {
  /** The directory of the committed results and chart. */
  readonly bench: string;
  readonly readme: string;
}

/**
 * Puts what the run found out in the place of what was known of its questions. The chart is left as it is by a run that did not ask for what
 * it shows.
 * @throws {Error} when the README has no place for the tables; nothing is written then.
 */
export function publish(last: Results, { bench, readme }: PublishPlaces): void {
  const file = path.join(bench, 'results.jsonl');
  const runs = withRun(existsSync(file) ? readRuns(file) : [], last);
  const text = withReport(readFileSync(readme, 'utf8'), reportText(runs));
  writeFileSync(file, textOfRuns(runs));
  const asked = questionsOf(last);
  if (asked.has('plan') && asked.has('drain'))
    writeFileSync(path.join(bench, 'figures.svg'), chartText(last));
  writeFileSync(readme, text);
}

/** All figures of a question are of one run, so that they can be compared. */
export function withRun(committed: readonly Results[], last: Results): readonly Results[] {
  const asked = questionsOf(last);
  const kept = committed.map(({ environment, lines }) => ({
    environment,
    lines: lines.filter(({ question }) => !asked.has(question)),
  }));
  return [...kept.filter(({ lines }) => lines.length > 0), last];
}

/** The README with the report between its marks. @throws {Error} when the markers are missing or stand in the wrong order. */
export function withReport(readme: string, report: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) {
    throw new Error(`expected "${BEGIN}" and after it "${END}" in README.md, each on a line of its own`);
  }
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${report.trim()}\n\n${readme.slice(end)}`;
}
