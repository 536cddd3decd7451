// What a row of the report says: one figure of alarmsync, what stands beside it, and whether it reaches its goal.

import { measureIn, withSpread, type Measure, type Unit } from './amount.ts';
import type { ResultLine } from './result.ts';

export interface Goal {
  readonly kind: 'at most' | 'at least';
  readonly value: number;
  /** Shape: `≤ 0.4 ×`. */
  readonly text: string;
}

/** `within the spread`: the medians miss the goal, by less than the runs of either side differ among themselves. */
export type Verdict = 'met' | 'within the spread' | 'missed';

export interface Figure {
  /** Tells figures of one report apart; without the row count, so that runs of other sizes can be compared. */
  readonly id: string;
  readonly what: string;
  readonly ours: string;
  readonly beside: string;
  /** Of ours to the one beside or to a bound; undefined where there is nothing to divide by. */
  readonly ratio: number | undefined;
  readonly goal: Goal | undefined;
  readonly verdict: Verdict | undefined;
}

/** Ours beside another subject's. Nothing when either is missing. */
export function comparedFigure(
  { id, what, besideName }: { readonly id: string; readonly what: string; readonly besideName: string },
  [ours, beside]: readonly [ResultLine | undefined, ResultLine | undefined],
  unit: Unit,
  goal: Goal | undefined,
): readonly Figure[] {
  const left = measureIn(ours, unit);
  const right = measureIn(beside, unit);
  if (left === undefined) return [];
  if (right === undefined) return failedBeside({ id, what, besideName }, left, unit, beside);
  const ratio = left.median / right.median;
  return [
    {
      id,
      what,
      ours: withSpread(left, unit),
      beside: `${besideName} ${withSpread(right, unit)}`,
      ratio,
      goal,
      verdict: goal === undefined ? undefined : verdictOf(goal, ratio, luckiest(goal.kind, left, right)),
    },
  ];
}

/** The best run of one side against the other's median, and of both ways the worse: one lucky run excuses nothing. */
function luckiest(kind: Goal['kind'], ours: Measure, beside: Measure): number {
  return kind === 'at most'
    ? Math.max(ours.min / beside.median, ours.median / beside.max)
    : Math.min(ours.max / beside.median, ours.median / beside.min);
}

/** Ours held against a bound. Nothing when it is missing. */
export function boundedFigure(
  { id, what }: { readonly id: string; readonly what: string },
  line: ResultLine | undefined,
  unit: Unit,
  goal: Goal,
): readonly Figure[] {
  const measure = measureIn(line, unit);
  if (measure === undefined) return [];
  // A bound holds for every run, so the worst one counts.
  const worst = goal.kind === 'at most' ? measure.max : measure.min;
  return [
    {
      id,
      what,
      ours: withSpread(measure, unit),
      beside: '',
      ratio: undefined,
      goal,
      verdict: verdictOf(goal, worst, worst),
    },
  ];
}

/** @param best the ratio at which a miss may still be chance */
export function verdictOf(goal: Goal, ratio: number, best: number): Verdict {
  if (reaches(goal, ratio)) return 'met';
  return reaches(goal, best) ? 'within the spread' : 'missed';
}

function reaches({ kind, value }: Goal, ratio: number): boolean {
  return kind === 'at most' ? ratio <= value : ratio >= value;
}

/** A peer that was left out is told of; one that was not asked is not. */
function failedBeside(
  { id, what, besideName }: { readonly id: string; readonly what: string; readonly besideName: string },
  left: Measure,
  unit: Unit,
  beside: ResultLine | undefined,
): readonly Figure[] {
  const failure = beside?.['failure'];
  if (failure === undefined) return [];
  const ours = withSpread(left, unit);
  return [
    {
      id,
      what,
      ours,
      beside: `${besideName} ${failure}`,
      ratio: undefined,
      goal: undefined,
      verdict: undefined,
    },
  ];
}
