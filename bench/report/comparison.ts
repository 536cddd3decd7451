// The committed runs and the last one -> what changed.

import { rounded } from '../measuring/spread.ts';
import { figuresOf } from './figures.ts';
import {
  IDENTITY_KEYS,
  numberIn,
  questionsOf,
  type EnvironmentLine,
  type ResultLine,
  type Results,
} from './result.ts';
import { markdownTable, ratioText } from './table.ts';

/** Ratios first, since they can be compared from machine to machine; then the figures themselves. */
export function comparisonText(runs: readonly Results[], last: Results): string {
  const asked = questionsOf(last);
  const compared = runs.filter((run) => [...questionsOf(run)].some((question) => asked.has(question)));
  if (compared.length === 0) return 'Nothing of what the last run asked is committed.\n';
  const committed = compared.flatMap(({ lines }) => lines);
  const environments = compared.map(({ environment }) => environment);
  const differing = [
    ...new Set(environments.flatMap((environment) => differingKeys(environment, last.environment))),
  ];
  const warning =
    differing.length === 0
      ? 'Both were measured in the same environment.'
      : `The environments differ in ${differing.join(', ')}: only ratios between subjects of one run are comparable.`;
  return [
    `Committed: ${environments.map(({ date }) => date).join(', ')}. Last run: ${last.environment.date}. ${warning}`,
    '',
    'Ratios between subjects of one run',
    '',
    ...markdownTable(['what', 'beside', 'committed', 'last', 'goal', ''], ratioRows(committed, last.lines)),
    '',
    'Figures',
    '',
    ...markdownTable(['figure', 'committed', 'last', 'last / committed'], figureRows(committed, last.lines)),
    '',
  ].join('\n');
}

/** What may differ and leaves the figures comparable: what is measured, when, and how often. */
const FREE_KEYS: ReadonlySet<string> = new Set(['date', 'alarmsync', 'run_count']);

function differingKeys(left: EnvironmentLine, right: EnvironmentLine): readonly string[] {
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys]
    .filter((key) => !FREE_KEYS.has(key) && left[key] !== right[key])
    .map((key) => `${key} (${left[key]}, now ${right[key]})`);
}

function ratioRows(
  committed: readonly ResultLine[],
  last: readonly ResultLine[],
): readonly (readonly string[])[] {
  const earlier = new Map(figuresOf(committed).map((figure) => [figure.id, figure]));
  return figuresOf(last)
    .filter(({ ratio }) => ratio !== undefined)
    .map((figure) => [
      figure.what,
      figure.beside,
      ratioText({ ratio: earlier.get(figure.id)?.ratio }),
      ratioText(figure),
      figure.goal?.text ?? '',
      figure.verdict ?? '',
    ]);
}

function figureRows(
  committed: readonly ResultLine[],
  last: readonly ResultLine[],
): readonly (readonly string[])[] {
  const earlier = new Map(committed.map((line) => [identityOf(line), line]));
  return last.flatMap((line) => {
    const before = earlier.get(identityOf(line));
    return Object.keys(line)
      .filter(isFigure)
      .map((key) => figureRow(`${identityOf(line)}: ${key}`, numberIn(before, key), numberIn(line, key)));
  });
}

function figureRow(name: string, before: number | undefined, now: number | undefined): readonly string[] {
  const ratio = before === undefined || now === undefined || before === 0 ? undefined : now / before;
  return [
    name,
    before === undefined ? '–' : String(rounded(before)),
    String(now ?? '–'),
    ratioText({ ratio }),
  ];
}

function isFigure(key: string): boolean {
  return key.endsWith('_median') || key.endsWith('_ratio');
}

function identityOf(line: ResultLine): string {
  return IDENTITY_KEYS.map((key) => [key, line[key]] as const)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => (typeof value === 'number' ? `${key} ${value}` : value))
    .join(', ');
}
