// The members of a definition that make a metric monitor's query <-> the query's text.
//
//   time_aggregation(window):space_aggregation:metric{scope} operator number        avg(last_5m):avg:system.load.1{*} > 3
//
// Source: CreateMonitor in Datadog's OpenAPI description of the API v1, and the documentation of metric monitors.

import { canonicalDecimal } from '../../alarm/decimal.ts';

/** Members as texts, each in the form in which it is read back. */
export interface MetricQuery {
  readonly metricName: string;
  /** `sum`, `avg`, `min`, `max`, or a percentile such as `p99.9`. */
  readonly metricMath: string;
  readonly comparisonMethod: string;
  readonly threshold: string;
  readonly scope: string;
  /** Such as `5m`. */
  readonly window: string;
}

/** What a definition without these members means here. */
export const DEFAULT_SCOPE = '*';
export const DEFAULT_WINDOW = '5m';

const OPERATORS: ReadonlyMap<string, string> = new Map([
  ['gt', '>'],
  ['gte', '>='],
  ['lt', '<'],
  ['lte', '<='],
  ['eq', '=='],
  ['neq', '!='],
]);
const METHODS: ReadonlyMap<string, string> = new Map([...OPERATORS].map(([method, sign]) => [sign, method]));

const PLAIN_MATH = /^(?:sum|avg|min|max)$/u;
/** Percentiles have two decimals at most, and are of distribution metrics. */
const PERCENTILE = /^p\d{1,2}(?:\.\d{1,2})?$/u;

const METRIC_NAME = /^[A-Za-z][A-Za-z0-9_.]{0,199}$/u;

const MAX_MINUTES = 10_080;
const MAX_HOURS = 168;

/** The text of the query; its parts are known to be held. */
export function queryText(query: MetricQuery): string {
  const { metricName, metricMath, comparisonMethod, threshold, scope, window } = query;
  const time = PLAIN_MATH.test(metricMath) ? metricMath : 'percentile';
  const operator = OPERATORS.get(comparisonMethod) ?? '';
  return `${time}(last_${window}):${metricMath}:${metricName}{${scope}} ${operator} ${threshold}`;
}

const QUERY =
  /^\s*(sum|avg|min|max|percentile)\(last_(\w+)\):\s*(sum|avg|min|max|p[\d.]+):([A-Za-z0-9_.]+)\{([^{}]*)\}\s*(>=|<=|==|!=|>|<)\s*(-?[\d.]+(?:[eE][+-]?\d+)?)\s*$/u;

/** The parts of a query; undefined for one that no definition makes, such as a formula. */
export function readQuery(text: string): MetricQuery | undefined {
  const found = QUERY.exec(text);
  if (found === null) return undefined;
  const [, time = '', window = '', metricMath = '', metricName = '', scope = '', operator = '', number = ''] =
    found;
  if (time !== (PLAIN_MATH.test(metricMath) ? metricMath : 'percentile')) return undefined;
  const comparisonMethod = METHODS.get(operator) ?? '';
  return { metricName, metricMath, comparisonMethod, threshold: String(Number(number)), scope, window };
}

/** The number as Datadog takes it in a query, without exponent and plus sign; undefined when it cannot hold this one. */
export function thresholdText(decimal: string): string | undefined {
  const number = Number(decimal);
  // Minus zero is zero.
  const text = String(number === 0 ? 0 : number);
  return text.includes('e') || canonicalDecimal(text) !== canonicalDecimal(decimal) ? undefined : text;
}

export function isMetricName(text: string): boolean {
  return METRIC_NAME.test(text);
}

export function isMetricMath(word: string): boolean {
  return PLAIN_MATH.test(word) || PERCENTILE.test(word);
}

/** Source: `last_#m` with 1 to 10080, `last_#h` with 1 to 168, `last_1d`, `last_1w`. */
export function isWindow(window: string): boolean {
  const [, amount = '', unit = ''] = /^(\d+)([mhdw])$/u.exec(window) ?? [];
  if (unit === 'd' || unit === 'w') return amount === '1';
  return unit !== '' && Number(amount) >= 1 && Number(amount) <= (unit === 'm' ? MAX_MINUTES : MAX_HOURS);
}

/** One scope, as it stands between the braces: nothing that would end it, and no blanks that would be lost. */
export function isScope(scope: string): boolean {
  return /^[^\s{}](?:[^{}\r\n]*[^\s{}])?$/u.test(scope);
}
