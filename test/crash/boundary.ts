// A table of boundaries -> one case for each side and passing, and the number that a passing stands for.

import { expect } from 'vitest';

import { openCrashWorld, type KillPoint } from './world.ts';

export type Passing = 'first' | 'middle' | 'last';

/** `every`: the first, the middle and the last passing. `once`: there is one alone. */
export type Boundary = readonly [point: string, passings: 'every' | 'once', whens?: 'before' | 'after'];

export interface BoundaryCase {
  readonly point: string;
  readonly when: 'before' | 'after';
  readonly passing: Passing;
}

/** Each case with its title: `after the middle OperationTable.claim`. */
export function casesOf(boundaries: readonly Boundary[]): [title: string, boundary: BoundaryCase][] {
  return boundaries.flatMap(([point, passings, onlyWhen]) => {
    const numbers = passings === 'once' ? (['first'] as const) : (['first', 'middle', 'last'] as const);
    return (['before', 'after'] as const)
      .filter((when) => onlyWhen === undefined || when === onlyWhen)
      .flatMap((when) =>
        numbers.map((passing): [string, BoundaryCase] => [
          `${when} ${passings === 'once' ? '' : `the ${passing} `}${point}`,
          { point, when, passing },
        ]),
      );
  });
}

/** Counts how often an undisturbed sync passes each point. */
export async function countPassings(): Promise<ReadonlyMap<string, number>> {
  await using world = await openCrashWorld();
  return await world.countPassings();
}

export function killPointOf(
  passings: ReadonlyMap<string, number>,
  { point, when, passing }: BoundaryCase,
): KillPoint {
  const count = passings.get(point) ?? 0;
  expect(count, `expected a sync to pass ${point}`).toBeGreaterThanOrEqual(passing === 'first' ? 1 : 3);
  const number = { first: 1, middle: Math.ceil(count / 2), last: count }[passing];
  return `${point} ${when} ${number}`;
}
