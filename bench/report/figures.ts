// Result lines -> the figures of the report, in the order in which it tells them.

import {
  DISK,
  FIRST_WRITE,
  grouped,
  measureIn,
  MEMORY,
  PER_ROW,
  QUOTA_USE,
  RATE,
  TELLING,
  WALL,
  type Unit,
  withSpread,
} from './amount.ts';
import { boundedFigure, comparedFigure, verdictOf, type Figure, type Goal } from './figure.ts';
import { queueFigures } from './queue-figures.ts';
import { findLine, numberIn, type ResultLine } from './result.ts';

type Lines = readonly ResultLine[];

const MAX_MEMORY: Goal = { kind: 'at most', value: 256e6, text: '≤ 256 MB' };
const MAX_DISK: Goal = { kind: 'at most', value: 1.5, text: '≤ 1.5 × file and listing' };
const MIN_QUOTA_USE: Goal = { kind: 'at least', value: 0.98, text: '≥ 98 %' };
const MAX_SECOND: Goal = { kind: 'at most', value: 1, text: '≤ quota + burst' };
const MAX_TELLING: Goal = { kind: 'at most', value: 0.01, text: '< 1 % of the plan' };
const MAX_FIRST_WRITE: Goal = { kind: 'at most', value: 2000, text: '< 2 s, nothing listed' };

/** By data: how a plan must compare with each peer. Without an entry it is only shown. */
const PLAN_GOALS: Readonly<Record<string, Readonly<Record<string, Goal>>>> = {
  plain: { duckdb: timesAtMost(1), 'in-memory': timesAtMost(0.4) },
  multiline: { duckdb: timesAtMost(1.6), 'in-memory': timesAtMost(0.4) },
};

const PEERS: Readonly<Record<string, string>> = {
  duckdb: 'DuckDB',
  'in-memory': 'script in memory',
  sqlite3: 'sqlite3 shell',
};

export function figuresOf(lines: Lines): readonly Figure[] {
  return [
    ...planFigures(lines),
    ...scaleFigures(lines),
    ...resyncFigures(lines),
    ...drainFigures(lines),
    ...quotaFigures(lines),
    ...resumeFigures(lines),
    ...watchedFigures(lines),
    ...queueFigures(lines),
  ];
}

function planFigures(lines: Lines): readonly Figure[] {
  return ['plain', 'multiline'].flatMap((data) =>
    [
      besidePeers(lines, data, 'time', WALL, PLAN_GOALS[data] ?? {}),
      besidePeers(lines, data, 'memory', MEMORY, {}),
      diskFigure(lines, data),
    ].flat(),
  );
}

function besidePeers(
  lines: Lines,
  data: string,
  name: string,
  unit: Unit,
  goals: Readonly<Record<string, Goal>>,
): readonly Figure[] {
  const ours = findLine(lines, { question: 'plan', subject: 'alarmsync', data });
  const what = `plan of ${rowsIn(ours)}, ${data}: ${name}`;
  return Object.entries(PEERS).flatMap(([subject, besideName]) => {
    const beside = findLine(lines, { question: 'plan', subject, data });
    const row = { id: `plan ${data} ${name} ${subject}`, what, besideName };
    return comparedFigure(row, [ours, beside], unit, goals[subject]);
  });
}

function diskFigure(lines: Lines, data: string): readonly Figure[] {
  const line = findLine(lines, { question: 'plan', subject: 'alarmsync', data });
  const disk = measureIn(line, DISK);
  const ratio = numberIn(line, 'peak_disk_per_input_ratio');
  const inputBytes = (numberIn(line, 'csv_bytes') ?? 0) + (numberIn(line, 'listing_bytes') ?? 0);
  if (disk === undefined || ratio === undefined) return [];
  return [
    {
      id: `plan ${data} disk`,
      what: `plan of ${rowsIn(line)}, ${data}: disk`,
      ours: withSpread(disk, DISK),
      beside: `file and listing ${DISK.write(inputBytes)}`,
      ratio,
      goal: MAX_DISK,
      verdict: verdictOf(MAX_DISK, ratio, ratio),
    },
  ];
}

function scaleFigures(lines: Lines): readonly Figure[] {
  const [least, ...larger] = lines.filter(({ question }) => question === 'scale').toSorted(byRows);
  const memory = [least, ...larger].flatMap((line, index) =>
    boundedFigure(
      { id: `scale memory ${index}`, what: `plan of ${rowsIn(line)}: memory` },
      line,
      MEMORY,
      MAX_MEMORY,
    ),
  );
  const time = larger.flatMap((line, index) =>
    comparedFigure(
      {
        id: `scale time ${index + 1}`,
        what: `plan of ${rowsIn(line)}: time per row`,
        besideName: `of ${rowsIn(least)}`,
      },
      [line, least],
      PER_ROW,
      timesAtMost(1.2),
    ),
  );
  return [...memory, ...time];
}

function resyncFigures(lines: Lines): readonly Figure[] {
  const sync = findLine(lines, { question: 'resync', subject: 'sync' });
  const plan = findLine(lines, { question: 'resync', subject: 'plan' });
  const what = `sync of ${rowsIn(sync)}, nothing to do: time`;
  return comparedFigure({ id: 'resync', what, besideName: 'plan alone' }, [sync, plan], WALL, timesAtMost(1));
}

function watchedFigures(lines: Lines): readonly Figure[] {
  const [unheard, timed, watched] = ['unheard', 'timed', 'watched'].map((subject) =>
    findLine(lines, { question: 'watched', subject }),
  );
  const telling = {
    id: 'watched telling',
    what: `plan of ${rowsIn(timed)}: telling how it goes, unwatched`,
  };
  const listened = {
    id: 'watched metrics',
    what: `plan of ${rowsIn(watched)}, metrics sent each second: time`,
    besideName: 'nobody listens',
  };
  return [
    ...boundedFigure(telling, timed, TELLING, MAX_TELLING),
    ...comparedFigure(listened, [watched, unheard], WALL, undefined),
  ];
}

function drainFigures(lines: Lines): readonly Figure[] {
  const ours = findLine(lines, { question: 'drain', subject: 'alarmsync' });
  const bare = findLine(lines, { question: 'drain', subject: 'bare-loop' });
  const what = `drain of ${grouped(numberIn(ours, 'operation_count') ?? 0)} creates`;
  const goal: Goal = { kind: 'at least', value: 0.8, text: '≥ 0.8 ×' };
  return comparedFigure({ id: 'drain', what, besideName: 'bare loop' }, [ours, bare], RATE, goal);
}

function quotaFigures(lines: Lines): readonly Figure[] {
  return lines
    .filter(({ question }) => question === 'quota')
    .flatMap((line) => {
      const quota = `quota of ${grouped(numberIn(line, 'quota_per_second') ?? 0)}/s`;
      const used = { id: `${quota} use`, what: `${quota}: used` };
      return boundedFigure(used, line, QUOTA_USE, MIN_QUOTA_USE).concat(fastestSecond(quota, line));
    });
}

function fastestSecond(quota: string, line: ResultLine): Figure {
  const ratio = numberIn(line, 'fastest_second_ratio') ?? Number.NaN;
  return {
    id: `${quota} fastest second`,
    what: `${quota}: fastest second`,
    ours: `${(ratio * 100).toFixed(1)} %`,
    beside: '',
    ratio: undefined,
    goal: MAX_SECOND,
    verdict: verdictOf(MAX_SECOND, ratio, ratio),
  };
}

function resumeFigures(lines: Lines): readonly Figure[] {
  const line = findLine(lines, { question: 'resume' });
  const what = `resume of ${rowsIn(line)} creates: first write`;
  return boundedFigure({ id: 'resume', what }, line, FIRST_WRITE, MAX_FIRST_WRITE);
}

function timesAtMost(value: number): Goal {
  return { kind: 'at most', value, text: `≤ ${value.toFixed(1)} ×` };
}

function rowsIn(line: ResultLine | undefined): string {
  return grouped(numberIn(line, 'row_count') ?? 0);
}

function byRows(left: ResultLine, right: ResultLine): number {
  return (numberIn(left, 'row_count') ?? 0) - (numberIn(right, 'row_count') ?? 0);
}
