// What is observed -> the widgets of the dashboard.
//
// Source: DashboardsApi in Datadog's OpenAPI description of the API v1; the documentation of anomalies and rollups.

import type { JsonObject } from '../../../alarm/json.ts';
import { METRICS } from './metric-names.ts';
import { scopeOf, type ObserveWish } from './wish.ts';

const NOTE = `## How to read this

- **Runs** and **Since the last good sync** say whether alarmsync works at all; the monitor watches the second.
- **Scratch database** leaves its band when the disk, or the amount of rows, is not as usual.
- **Failures** by class: \`http_4xx_429\` and \`http_5xx\` are the service's trouble, \`http_4xx_403\` is a key, \`malformed\` an answer that was not agreed.
- **Drift** is the share of alarms that a plan would change: near 0 when nobody changes alarms by hand.
- **Quota used** near 1 means that a run takes as long as the quota makes it.`;

interface Line {
  readonly title: string;
  readonly query: string;
  readonly formula?: string;
  readonly display?: 'line' | 'bars' | 'area';
}

/** Each has a title of its own, by which it is found again. */
export function widgetsOf(wish: ObserveWish): readonly JsonObject[] {
  const scope = scopeOf(wish);
  const { warningMs, criticalMs } = wish;
  return [
    { type: 'note', content: NOTE, background_color: 'white', font_size: '14' },
    timeseries({
      title: 'Runs by outcome',
      query: `sum:${METRICS.runs}{${scope}} by {outcome}.as_count()`,
      display: 'bars',
    }),
    {
      ...timeseries({
        title: 'Since the last good sync (s)',
        query: `max:${METRICS.lastSuccessAgeSeconds}{${scope}}`,
      }),
      markers: [
        { value: `y = ${warningMs / 1000}`, display_type: 'warning dashed', label: 'warning' },
        { value: `y = ${criticalMs / 1000}`, display_type: 'error dashed', label: 'alert' },
      ],
    },
    timeseries({
      title: 'Scratch database: time of a write, and its usual band (s)',
      query: `avg:${METRICS.databaseWriteSeconds}{${scope}}`,
      formula: "anomalies(query1, 'basic', 2)",
    }),
    timeseries({
      title: 'Operations per hour',
      query: `sum:${METRICS.operations}{${scope}}.as_count().rollup(sum, 3600)`,
      display: 'bars',
    }),
    timeseries({
      title: 'Failures by class',
      query: `sum:${METRICS.operations}{${scopeOf(wish, '!outcome:done')}} by {failure_class}.as_count()`,
      display: 'bars',
    }),
    timeseries({ title: 'Drift', query: `max:${METRICS.driftRatio}{${scope}}`, display: 'area' }),
    timeseries({ title: 'Quota used', query: `max:${METRICS.quotaUsedRatio}{${scope}}`, display: 'area' }),
    timeseries({
      title: 'Duration of runs (s)',
      query: `max:${METRICS.runDurationSeconds}{${scope}} by {outcome}`,
      display: 'bars',
    }),
  ];
}

/** What a widget is found by: its title, or the first line of a note, which has none. */
export function widgetKey({ title, content }: JsonObject): string {
  if (typeof title === 'string') return title;
  return typeof content === 'string' ? (content.split('\n')[0] ?? '') : '';
}

function timeseries({ title, query, formula = 'query1', display = 'line' }: Line): JsonObject {
  return {
    type: 'timeseries',
    title,
    requests: [
      {
        response_format: 'timeseries',
        queries: [{ data_source: 'metrics', name: 'query1', query }],
        formulas: [{ formula }],
        display_type: display,
      },
    ],
  };
}
