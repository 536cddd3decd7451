// One line of JSON a result: what a question found out about one subject, with units in the keys.

import { readFileSync } from 'node:fs';

/** Shape: question and subject, then what else tells it from others (data, row_count, …), then figures. */
export interface ResultLine {
  readonly question: string;
  readonly subject: string;
  readonly [key: string]: string | number;
}

/** The first line: the machine, the versions and the settings. Shape: date, cpu, core_count, …; all of them flat. */
export interface EnvironmentLine {
  readonly question: 'environment';
  readonly date: string;
  readonly [key: string]: string | number;
}

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

/** @throws {Error} when the file is missing or is no benchmark's result. */
export function readResults(file: string): Results {
  const [first = '', ...others] = readFileSync(file, 'utf8')
    .split('\n')
    .filter((text) => text !== '');
  const environment = parseLine(first);
  if (environment['question'] !== 'environment' || typeof environment['date'] !== 'string') {
    throw new Error(`expected the environment in the first line of ${file}, got: ${first.slice(0, 80)}`);
  }
  return { environment: parseEnvironment(first), lines: others.map(parseResult) };
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

function parseLine(text: string): Readonly<Record<string, unknown>> {
  return JSON.parse(text) as Record<string, unknown>;
}

function parseEnvironment(text: string): EnvironmentLine {
  return JSON.parse(text) as EnvironmentLine;
}

function parseResult(text: string): ResultLine {
  return JSON.parse(text) as ResultLine;
}
