// One line of JSON a result: what a question found out about one subject, with units in the keys.

import { readFileSync } from 'node:fs';

/** Shape: question and subject, then what else tells it from others (data, row_count, …), then figures. */
export interface ResultLine {
  readonly question: string;
  readonly subject: string;
  readonly [key: string]: string | number;
}

/** The first line of a run: the machine, the versions and the settings. Shape: date, cpu, core_count, …; all of them flat. */
export interface EnvironmentLine {
  readonly question: 'environment';
  readonly date: string;
  readonly [key: string]: string | number;
}

/** What one run of the benchmark found out. */
export interface Results {
  readonly environment: EnvironmentLine;
  readonly lines: readonly ResultLine[];
}

/** What tells one line from another, in reading order. */
export const IDENTITY_KEYS = [
  'question',
  'subject',
  'data',
  'row_count',
  'operation_count',
  'worker_count',
  'quota_per_second',
] as const;

/** The runs of a file, in its order. @throws {Error} when the file is missing or is no benchmark's result. */
export function readRuns(file: string): readonly [Results, ...Results[]] {
  const runs: { environment: EnvironmentLine; lines: ResultLine[] }[] = [];
  for (const text of readFileSync(file, 'utf8').split('\n')) {
    if (text === '') continue;
    const line = parseLine(text);
    if (isEnvironment(line)) {
      runs.push({ environment: line, lines: [] });
      continue;
    }
    const run = runs.at(-1);
    if (run === undefined)
      throw new Error(`expected the environment in the first line of ${file}, got: ${text.slice(0, 80)}`);
    run.lines.push(line);
  }
  const [first, ...others] = runs;
  if (first === undefined) throw new Error(`expected results in ${file}, got none`);
  return [first, ...others];
}

/** The text that `readRuns` reads. */
export function textOfRuns(runs: readonly Results[]): string {
  const all = runs.flatMap(({ environment, lines }) => [environment, ...lines]);
  return all.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** The questions that a run asked and found something out about. */
export function questionsOf({ lines }: Results): ReadonlySet<string> {
  return new Set(lines.map(({ question }) => question));
}

/** The number under that key; undefined when there is none. */
export function numberIn(line: ResultLine | undefined, key: string): number | undefined {
  const value = line?.[key];
  return typeof value === 'number' ? value : undefined;
}

/** The first line of that question and subject whose further members are as given. */
export function findLine(
  lines: readonly ResultLine[],
  wanted: Readonly<Record<string, string | number>>,
): ResultLine | undefined {
  return lines.find((line) => Object.entries(wanted).every(([key, value]) => line[key] === value));
}

function parseLine(text: string): EnvironmentLine | ResultLine {
  return JSON.parse(text) as EnvironmentLine | ResultLine;
}

function isEnvironment(line: EnvironmentLine | ResultLine): line is EnvironmentLine {
  return line.question === 'environment';
}
