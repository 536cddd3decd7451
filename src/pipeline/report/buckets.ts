// Settled operations by latency -> a course over time: at most 120 points, with throughput, median and 95th percentile. Pure.

import type { Buckets, LatencyCount, SettledSpan } from '../../store/operation-statistics.ts';

/** One stretch of time. */
export interface CoursePoint {
  readonly fromEpochMs: number;
  readonly doneCount: number;
  readonly undoneCount: number;
  readonly perSecond: number;
  /** Null where nothing was settled. */
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
}

/** How a run went over time: every stretch from the first outcome to the last, empty ones too. */
export interface Course {
  readonly widthMs: number;
  readonly points: readonly CoursePoint[];
}

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

/** Enough to see a pause of a hundredth of the run, and few enough for a table that people read. */
const MAX_POINT_COUNT = 120;

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Widths that a person counts in. */
const WIDTHS_MS = [
  100,
  200,
  500,
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
];

/** The smallest width that needs no more than 120 points; whole days beyond two months. Stretches begin at full widths. */
export function bucketsOf({ firstEpochMs, lastEpochMs }: SettledSpan): Buckets & { readonly count: number } {
  const countOf = (width: number): number =>
    Math.floor(lastEpochMs / width) - Math.floor(firstEpochMs / width) + 1;
  const days = Math.max(1, Math.ceil((lastEpochMs - firstEpochMs) / DAY_MS / (MAX_POINT_COUNT - 1)));
  const widthMs = WIDTHS_MS.find((width) => countOf(width) <= MAX_POINT_COUNT) ?? days * DAY_MS;
  return { widthMs, fromEpochMs: Math.floor(firstEpochMs / widthMs) * widthMs, count: countOf(widthMs) };
}

/**
 * @param totals what was settled in each bucket that has any
 * @param latencies in order of bucket and latency; each is looked at once and let go
 */
export function courseOf(
  { fromEpochMs, widthMs, count }: ReturnType<typeof bucketsOf>,
  totals: ReadonlyMap<number, number>,
  latencies: Iterable<LatencyCount>,
): Course {
  const points = Array.from({ length: count }, (_, index): Mutable<CoursePoint> => ({
    fromEpochMs: fromEpochMs + index * widthMs,
    doneCount: 0,
    undoneCount: 0,
    perSecond: ((totals.get(index) ?? 0) * SECOND_MS) / widthMs,
    medianMs: null,
    p95Ms: null,
  }));
  for (const { bucket, latencyMs, doneCount, undoneCount } of latencies) {
    const point = points[bucket];
    if (point === undefined) continue;
    point.doneCount += doneCount;
    point.undoneCount += undoneCount;
    const passedCount = point.doneCount + point.undoneCount;
    const totalCount = totals.get(bucket) ?? 0;
    // Nearest rank: the least latency that so large a share of the operations does not exceed.
    if (point.medianMs === null && passedCount * 2 >= totalCount) point.medianMs = latencyMs;
    if (point.p95Ms === null && passedCount * 100 >= totalCount * 95) point.p95Ms = latencyMs;
  }
  return { widthMs, points };
}
