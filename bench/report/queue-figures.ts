// Result lines of operations that workers send -> their figures.

import { grouped, MEMORY_SMALL, PROCESSOR, QUOTA_USE, RATE, type Unit } from './amount.ts';
import { boundedFigure, comparedFigure, verdictOf, type Figure, type Goal } from './figure.ts';
import { findLine, numberIn, type ResultLine } from './result.ts';

type Lines = readonly ResultLine[];

/** As what the setting of a drain is called, by what it is in the results. */
const SETTINGS: Readonly<Record<string, string>> = {
  '50 ms': 'answers after 50 ms',
  'at once': 'answers at once',
  'one at a time': 'answers at once, one at a time',
};

const MAX_GROWTH: Goal = { kind: 'at most', value: 1.1, text: '≤ 1.1 ×' };
const MIN_USE: Goal = { kind: 'at least', value: 0.9, text: '≥ 90 %' };
const MAX_SECOND: Goal = { kind: 'at most', value: 1, text: '≤ quota + window' };

export function queueFigures(lines: Lines): readonly Figure[] {
  return [...drainFigures(lines), ...memoryFigures(lines), ...quotaFigures(lines)];
}

function drainFigures(lines: Lines): readonly Figure[] {
  const queued = lines.filter(({ question, subject }) => question === 'queue' && subject === 'workers');
  return queued.flatMap((line) => {
    const data = String(line['data']);
    const workers = workersIn(line);
    const figure = (name: string, unit: Unit): readonly Figure[] =>
      comparedFigure(
        {
          id: `queue ${data} ${workers} ${name}`,
          what: `${workers}, ${SETTINGS[data] ?? data}${name}`,
          besideName: 'without queue',
        },
        [line, findLine(lines, { question: 'queue', subject: 'alarmsync', data })],
        unit,
        undefined,
      );
    return figure('', RATE).concat(figure(': processor time of an operation', PROCESSOR));
  });
}

function memoryFigures(lines: Lines): readonly Figure[] {
  const [least, ...larger] = lines
    .filter(({ question }) => question === 'queue-memory')
    .toSorted((left, right) => countIn(left) - countIn(right));
  return larger.flatMap((line) =>
    comparedFigure(
      {
        id: `queue memory ${countIn(line)}`,
        what: `Redis, plan of ${grouped(countIn(line))}: memory`,
        besideName: `of ${grouped(countIn(least))}`,
      },
      [line, least],
      MEMORY_SMALL,
      MAX_GROWTH,
    ),
  );
}

function quotaFigures(lines: Lines): readonly Figure[] {
  return lines
    .filter(({ question }) => question === 'queue-quota')
    .flatMap((line) => {
      const what = `${workersIn(line)}, quota of ${grouped(numberIn(line, 'quota_per_second') ?? 0)}/s`;
      const ratio = numberIn(line, 'fastest_second_ratio') ?? Number.NaN;
      const fastest: Figure = {
        id: `${what} fastest second`,
        what: `${what}: fastest second`,
        ours: `${(ratio * 100).toFixed(1)} %`,
        beside: '',
        ratio: undefined,
        goal: MAX_SECOND,
        verdict: verdictOf(MAX_SECOND, ratio, ratio),
      };
      const used = { id: `${what} use`, what: `${what}: used` };
      return boundedFigure(used, line, QUOTA_USE, MIN_USE).concat(fastest);
    });
}

function workersIn(line: ResultLine): string {
  const count = numberIn(line, 'worker_count') ?? 0;
  return count === 1 ? '1 worker' : `${count} workers`;
}

function countIn(line: ResultLine | undefined): number {
  return numberIn(line, 'operation_count') ?? 0;
}
