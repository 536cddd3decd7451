// Words of a definition <-> words of CloudWatch.
//
// Source: AWS API reference, PutMetricAlarm; CloudWatch user guide, metric math.

import { canonicalDecimal } from '../../alarm/decimal.ts';

const OPERATORS: ReadonlyMap<string, string> = new Map([
  ['gt', 'GreaterThanThreshold'],
  ['gte', 'GreaterThanOrEqualToThreshold'],
  ['lt', 'LessThanThreshold'],
  ['lte', 'LessThanOrEqualToThreshold'],
]);

/** CloudWatch compares for equality in an expression alone. */
const SIGNS: ReadonlyMap<string, string> = new Map([
  ['eq', '=='],
  ['neq', '!='],
]);

const STATISTICS: ReadonlyMap<string, string> = new Map([
  ['sum', 'Sum'],
  ['avg', 'Average'],
  ['min', 'Minimum'],
  ['max', 'Maximum'],
  ['count', 'SampleCount'],
]);

/** CloudWatch calls no percentile a median. */
const MEDIAN = 'p50';

/** Two decimals at most. Source: AWS API reference, PutMetricAlarm, ExtendedStatistic. */
const PERCENTILE = /^p(?:\d{1,2}(?:\.\d{1,2})?|100)$/u;

const EXPRESSION = /^m1 (==|!=) (-?[\d.]+(?:e[+-]?\d+)?)$/u;

/** Undefined for eq and neq. */
export function operatorOf(method: string): string | undefined {
  return OPERATORS.get(method);
}

export function methodOf(operator: string | undefined): string | undefined {
  return keyOf(OPERATORS, operator);
}

/** The expression that is 1 while the metric `m1` equals the threshold, or while it does not. */
export function equalityExpression(method: string, threshold: string): string {
  return `m1 ${SIGNS.get(method) ?? '=='} ${threshold}`;
}

export function readEquality(
  expression: string | undefined,
): { readonly method: string; readonly threshold: string } | undefined {
  const [, sign, threshold = ''] = EXPRESSION.exec(expression ?? '') ?? [];
  const method = keyOf(SIGNS, sign);
  return method === undefined ? undefined : { method, threshold };
}

/** The statistic of a metric-math word; undefined when CloudWatch has none such. */
export function statisticOf(math: string): string | undefined {
  if (math === 'median') return MEDIAN;
  return STATISTICS.get(math) ?? (PERCENTILE.test(math) ? math : undefined);
}

export function mathOf(statistic: string | undefined): string | undefined {
  return keyOf(STATISTICS, statistic) ?? statistic;
}

export function isPercentile(statistic: string): boolean {
  return PERCENTILE.test(statistic);
}

/** The number as it comes back; undefined when a double does not hold it. */
export function thresholdText(decimal: string): string | undefined {
  const number = Number(decimal);
  // Minus zero is zero.
  const text = String(number === 0 ? 0 : number);
  return canonicalDecimal(text) === canonicalDecimal(decimal) ? text : undefined;
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** The longest of a period. Source: AWS API reference, PutMetricAlarm, Period and EvaluationPeriods. */
const MAX_PERIOD_SECONDS = 86_400;

/** Undefined for a duration that no period can have. */
export function periodOf(window: string): number | undefined {
  const [, amount = '', unit = ''] = /^(\d{1,6})([smhdw])$/u.exec(window) ?? [];
  const seconds = Number(amount) * (UNIT_SECONDS[unit] ?? 0);
  const isPeriod = [10, 20, 30].includes(seconds) || (seconds > 0 && seconds % 60 === 0);
  return isPeriod && seconds <= MAX_PERIOD_SECONDS ? seconds : undefined;
}

/** In the largest unit that gives a whole number, up to hours. */
export function windowOf(periodSeconds: number): string {
  if (periodSeconds % 3600 === 0) return `${periodSeconds / 3600}h`;
  return periodSeconds % 60 === 0 ? `${periodSeconds / 60}m` : `${periodSeconds}s`;
}

interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

const MAX_DIMENSION_COUNT = 30;

/** `env:prod,host:a` -> dimensions by name; undefined for anything else. */
export function dimensionsOf(scope: string): readonly Dimension[] | undefined {
  if (scope === '*') return [];
  const dimensions = scope.split(',').map((part) => {
    const [, Name = '', Value = ''] = /^([^:,]{1,255}):([^,]{1,1024})$/u.exec(part.trim()) ?? [];
    return { Name, Value };
  });
  const names = new Set(dimensions.map(({ Name }) => Name));
  const isWhole = dimensions.every(({ Name }) => Name !== '') && names.size === dimensions.length;
  if (!isWhole || dimensions.length > MAX_DIMENSION_COUNT) return undefined;
  return dimensions.toSorted((left, right) => (left.Name < right.Name ? -1 : 1));
}

/** The text that gives these dimensions; undefined where there are none. */
export function scopeOf(
  dimensions: readonly { readonly Name?: string | undefined; readonly Value?: string | undefined }[],
): string | undefined {
  if (dimensions.length === 0) return undefined;
  return dimensions
    .map(({ Name = '', Value = '' }) => `${Name}:${Value}`)
    .toSorted()
    .join(',');
}

function keyOf(map: ReadonlyMap<string, string>, value: string | undefined): string | undefined {
  return [...map].find(([, candidate]) => candidate === value)?.[0];
}
