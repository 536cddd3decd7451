// Throughput and latency over time -> two charts, each with its figures as a table.

import type { CoursePoint, Course } from './buckets.ts';
import { chartFigure, type Series } from './chart.ts';
import type { ReportFigures } from './figures.ts';
import { counted, markup, numberText, paragraphs, section, table, timeElement, type Html } from './html.ts';

/** What the figure is, to the letter of how the ledger is written. */
const LATENCY_MEANING =
  'Latency is the time from the claim of an operation, when the intent to send it was written down, to the moment its outcome was known. ' +
  'Operations are claimed many at a time, about a quarter of a second of work or at least 128. So it holds the wait for a turn, the pace that was set, ' +
  'the check before the write, and every retry, look-up and rest: it is not the time of one request, and under a tight quota the wait is most of it. ' +
  'Where an operation was claimed again by a resumption, it is the last claim that counts, and a claim whose outcome was unknown when its process died counts until it was looked up.';

export function courseSection({ course, span, downtimes }: ReportFigures): Html {
  const title = 'Over time';
  if (course === null || span === null) {
    return section(
      'course',
      title,
      paragraphs('No operation has an outcome yet, so there is no course over time.'),
    );
  }
  const { settledCount, firstEpochMs, lastEpochMs } = span;
  const total = `${counted(settledCount, 'alarm operation')} settled within ${durationOf(lastEpochMs - firstEpochMs)}`;
  const others = downtimes === null ? [] : ['Operations on downtimes are few and not among these.'];
  if (course.points.length < 2) {
    const [point] = course.points;
    const sentence = point === undefined ? '' : ` ${latencySentence([point])}`;
    return section(
      'course',
      title,
      paragraphs(`${total}: too short a time for a course.${sentence}`, LATENCY_MEANING, ...others),
    );
  }
  return section(
    'course',
    title,
    paragraphs(
      `${total}. Each point stands for ${durationOf(course.widthMs)}; the first and the last may be cut short by the run's begin and end. Times are UTC.`,
      ...others,
    ),
    throughputPart(course),
    latencyPart(course),
  );
}

function throughputPart({ points, widthMs }: Course): Html {
  const busiest = points.reduce((best, point) => (point.perSecond > best.perSecond ? point : best));
  const idleCount = points.filter((point) => point.medianMs === null).length;
  const undoneCount = points.reduce((sum, point) => sum + point.undoneCount, 0);
  const description =
    `Operations settled a second, from ${counted(points.length, 'stretch', 'stretches')} of ${durationOf(widthMs)}. ` +
    `At most ${rateText(busiest.perSecond)}${idleCount === 0 ? '' : `; in ${counted(idleCount, 'stretch', 'stretches')} nothing was settled`}. ` +
    `Of all of them ${numberText(undoneCount)} ended otherwise than done.`;
  return markup`<h3>Throughput</h3>
    ${chartOf('throughput', 'Operations settled a second', description, points, widthMs, rateText, [
      { label: 'settled a second', look: 'bars', values: points.map(({ perSecond }) => perSecond) },
    ])}
    <p class="note">${description}</p>
    ${figuresTable(
      'Throughput, as figures',
      ['From', 'Settled', 'A second', 'Done', 'Not done'],
      points.map((point) => [
        timeElement(point.fromEpochMs),
        point.doneCount + point.undoneCount,
        point.perSecond,
        point.doneCount,
        point.undoneCount,
      ]),
    )}`;
}

function latencyPart({ points, widthMs }: Course): Html {
  const description = latencySentence(points);
  return markup`<h3>Latency</h3>
    ${chartOf('latency', 'Time from claim to outcome', description, points, widthMs, durationOf, [
      { label: 'median', look: 'solid', values: points.map(({ medianMs }) => medianMs) },
      { label: '95th percentile', look: 'dashed', values: points.map(({ p95Ms }) => p95Ms) },
    ])}
    <p class="note">${description}</p>
    <p class="note">${LATENCY_MEANING}</p>
    ${figuresTable(
      'Latency, as figures',
      ['From', 'Operations', 'Median, ms', '95th percentile, ms'],
      points.map((point) => [
        timeElement(point.fromEpochMs),
        point.doneCount + point.undoneCount,
        point.medianMs ?? '–',
        point.p95Ms ?? '–',
      ]),
    )}`;
}

function chartOf(
  id: string,
  title: string,
  description: string,
  points: readonly CoursePoint[],
  widthMs: number,
  valueText: (value: number) => string,
  series: readonly Series[],
): Html {
  const fromEpochMs = points[0]?.fromEpochMs ?? 0;
  return chartFigure({ id, title, description, series, valueText, fromEpochMs, widthMs });
}

function figuresTable(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly (Html | string | number)[])[],
): Html {
  return markup`<details>
    <summary>${caption}</summary>
    ${table({ caption, columns, rows })}
  </details>\n`;
}

function latencySentence(points: readonly CoursePoint[]): string {
  const medians = points.flatMap(({ medianMs }) => medianMs ?? []);
  const p95s = points.flatMap(({ p95Ms }) => p95Ms ?? []);
  return `From claim to outcome the median lies between ${durationOf(Math.min(...medians))} and ${durationOf(Math.max(...medians))}, the 95th percentile at ${durationOf(Math.max(...p95s))} at most.`;
}

function rateText(perSecond: number): string {
  return `${numberText(perSecond < 10 ? perSecond : Math.round(perSecond))}/s`;
}

/** Shape: `250 ms`, `1.5 s`, `4 min`, `2.5 h`, `3 d`. */
export function durationOf(durationMs: number): string {
  const [unitMs, unit] =
    (
      [
        [86_400_000, 'd'],
        [3_600_000, 'h'],
        [60_000, 'min'],
        [1000, 's'],
      ] as const
    ).find(([size]) => durationMs >= size) ?? ([1, 'ms'] as const);
  return `${numberText(durationMs / unitMs)} ${unit}`;
}
