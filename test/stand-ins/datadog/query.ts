// A monitor's query text -> operator, number and window, or the reason why the vendor refuses it.

import { invalidParameter } from './answer.ts';

export interface Comparison {
  /** Everything before the operator. */
  readonly left: string;
  readonly operator: string;
  readonly value: number;
}

export interface MetricQuery extends Comparison {
  /** `current_…` instead of `last_…`. */
  readonly isCumulative: boolean;
  /** What is compared, without the time aggregation. */
  readonly expression: string;
}

// recorded: PY tests/v1 test_create_a_monitor_returns_bad_request_response; nothing stands behind the colon there.
const INVALID_OPERATOR = `${invalidParameter('query')}: invalid operator specified: `;
// recorded: datadogpy tests/integration/api, "THIS IS A BAD QUERY".
const INVALID_QUERY = invalidParameter('query');

const COMPARISON = /^(.*[^\s<>=!])\s*(<=|>=|==|!=|<|>)\s*([^\s<>=!]\S*)$/su;
// TS:v1 CreateMonitor: "an integer or decimal number"; DOC:monitors/types/metric.md: a leading zero is required below 1.
const NUMBER = /^-?\d+(?:\.\d+)?$/u;

/** TS:v1 CreateMonitor: `… operator #`, with `<, <=, >, >=, ==, !=`. */
export function readComparison(query: string): Comparison | string {
  const [, left, operator, number] = COMPARISON.exec(query) ?? [];
  if (left === undefined || operator === undefined || number === undefined) return INVALID_OPERATOR;
  return NUMBER.test(number) ? { left, operator, value: Number(number) } : INVALID_QUERY;
}

/** TS:v1 CreateMonitor: `time_aggr(time_window):space_aggr:metric{tags} [by {key}] operator #`. */
export function readMetricQuery(query: string): MetricQuery | string {
  const comparison = readComparison(query);
  if (typeof comparison === 'string') return comparison;
  const end = comparison.left.indexOf('):') + 1;
  const time = readTime(comparison.left.slice(0, end));
  const expression = comparison.left.slice(end + 1);
  if (time === undefined || !isExpression(expression, time.isPercentile)) return INVALID_QUERY;
  return { ...comparison, isCumulative: time.window.startsWith('current_'), expression };
}

/** A query with groups makes a multi alert: `… by {host}`, `….by("source")`. */
export function hasGroups(query: string): boolean {
  return /\sby\s*\{[^{}*]+\}|\.by\("[^*"]/u.test(query);
}

/** The tags of the scopes of a query, for the list's `tags` filter (recorded: TF TestAccDatadogMonitorsDatasource). */
export function scopeTags(query: string): readonly string[] {
  return [...query.matchAll(TERM)].flatMap(([, , , scope = '']) => scope.split(',').map((tag) => tag.trim()));
}

const PLAIN_TIME = /^(avg|sum|max|min|percentile)\(([^()]+)\)$/u;
const CHANGE_TIME = /^(?:change|pct_change)\((?:avg|sum|max|min)\(([^()]+)\),\s*([^()]+)\)$/u;

interface TimeAggregation {
  readonly window: string;
  readonly isPercentile: boolean;
}

function readTime(text: string): TimeAggregation | undefined {
  const [, aggregator, window] = PLAIN_TIME.exec(text) ?? [];
  if (window !== undefined)
    return isWindow(window) ? { window, isPercentile: aggregator === 'percentile' } : undefined;
  const [, changeWindow, shift] = CHANGE_TIME.exec(text) ?? [];
  if (changeWindow === undefined || shift === undefined) return undefined;
  return isWindow(changeWindow) && isWindow(shift)
    ? { window: changeWindow, isPercentile: false }
    : undefined;
}

const MAX_MINUTES = 10_080;
const MAX_HOURS = 168;

/** TS:v1 CreateMonitor: `last_#m` 1-10080, `last_#h` 1-168, `last_1d`, `last_1w`; DOC:monitors/types/metric.md: `current_1h|1d|1mo`. */
function isWindow(window: string): boolean {
  if (/^(?:last_1[dw]|current_1(?:h|d|mo))$/u.test(window)) return true;
  const [, amount, unit] = /^last_([1-9]\d*)([mh])$/u.exec(window) ?? [];
  return amount !== undefined && Number(amount) <= (unit === 'm' ? MAX_MINUTES : MAX_HOURS);
}

const TERM = /(?<![\w.])([a-z][a-z0-9_.]*):([^\s:{}(),'"]+)\{([^{}]+)\}(?:\s*by\s*\{[^{}]+\})?/gu;
const SPACE = /^(?:avg|sum|min|max|p\d{1,2}(?:\.\d{1,2})?)$/u;
const METRIC = /^[A-Za-z][A-Za-z0-9_.]{0,199}$/u;

/**
 * One `space_aggr:metric{tags}`, or a formula or function of several.
 * TS:v1 CreateMonitor and DOC:metrics/distributions: avg, sum, min, max, and pNN to two decimals; no median, no mode.
 */
function isExpression(expression: string, isPercentile: boolean): boolean {
  const terms = [...expression.matchAll(TERM)];
  // DOC:monitors/types/metric.md: percentile(window) takes pNN only.
  const isKnown = terms.every(
    ([, space = '', metric = '']) =>
      SPACE.test(space) && METRIC.test(metric) && (!isPercentile || space.startsWith('p')),
  );
  const rest = expression.replaceAll(TERM, '');
  const isFollowedByFunctions = /^(?:\.\w+\([^()]*\))*$/u.test(rest);
  return (
    terms.length > 0 && isKnown && !/[{}]/u.test(rest) && (isFollowedByFunctions || /[-+*/(]/u.test(rest))
  );
}
