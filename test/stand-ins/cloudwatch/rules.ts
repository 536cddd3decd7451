// A request's members -> why the service refuses them; undefined when it does not.
//
// Source: AWS API reference, PutMetricAlarm; CloudWatch user guide, statistics definitions.

import type { Definition } from './alarms.ts';

const MEMBERS: ReadonlySet<string> = new Set([
  'AlarmName',
  'AlarmDescription',
  'ActionsEnabled',
  'AlarmActions',
  'OKActions',
  'InsufficientDataActions',
  'MetricName',
  'Namespace',
  'Statistic',
  'ExtendedStatistic',
  'Dimensions',
  'Period',
  'Unit',
  'EvaluationPeriods',
  'DatapointsToAlarm',
  'Threshold',
  'ComparisonOperator',
  'TreatMissingData',
  'EvaluateLowSampleCountPercentile',
  'Metrics',
  'Tags',
]);

/** What an alarm of metric math has in its metrics alone. */
const OF_ONE_METRIC = [
  'MetricName',
  'Namespace',
  'Statistic',
  'ExtendedStatistic',
  'Period',
  'Dimensions',
] as const;

const OPERATORS: ReadonlySet<string> = new Set([
  'GreaterThanOrEqualToThreshold',
  'GreaterThanThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
]);
const STATISTICS: ReadonlySet<string> = new Set(['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum']);
const TREATMENTS: ReadonlySet<string> = new Set(['missing', 'notBreaching', 'breaching', 'ignore']);
const PERCENTILE = /^p(?:\d{1,2}(?:\.\d{1,10})?|100)$/u;
const DAY_SECONDS = 86_400;

export function putFault(definition: Definition): string | undefined {
  const unknown = Object.keys(definition).find((member) => !MEMBERS.has(member));
  if (unknown !== undefined) return `unknown member ${unknown}`;
  return (
    nameFault(definition.AlarmName) ??
    lengthFault('AlarmDescription', definition.AlarmDescription, 0, 1024) ??
    actionFault(definition) ??
    evaluationFault(definition) ??
    (definition.Metrics === undefined ? metricFault(definition) : mathFault(definition, definition.Metrics))
  );
}

function nameFault(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'AlarmName is required';
  // eslint-disable-next-line no-control-regex -- the very characters that the service refuses
  if (/[\u0000-\u001f\u007f]/u.test(name)) return 'AlarmName must not contain control characters';
  return lengthFault('AlarmName', name, 1, 255);
}

function lengthFault(
  member: string,
  text: string | undefined,
  atLeast: number,
  atMost: number,
): string | undefined {
  if (text === undefined || (text.length >= atLeast && text.length <= atMost)) return undefined;
  return `${member} must have ${atLeast} to ${atMost} characters`;
}

function actionFault({ AlarmActions, OKActions, InsufficientDataActions }: Definition): string | undefined {
  for (const actions of [AlarmActions, OKActions, InsufficientDataActions]) {
    if ((actions ?? []).length > 5) return 'at most 5 actions';
    const wrong = (actions ?? []).find(
      (action) => action.length > 1024 || !/^(?:arn:\S+|\d{12}:\S+)$/u.test(action),
    );
    if (wrong !== undefined) return `Invalid arn syntax: ${wrong}`;
  }
  return undefined;
}

function evaluationFault(definition: Definition): string | undefined {
  const { ComparisonOperator = '', Threshold, TreatMissingData = 'missing' } = definition;
  const { EvaluationPeriods = 0, DatapointsToAlarm = 0 } = definition;
  if (!OPERATORS.has(ComparisonOperator)) return 'ComparisonOperator is required';
  if (typeof Threshold !== 'number' || !Number.isFinite(Threshold)) return 'Threshold is required';
  if (!Number.isInteger(EvaluationPeriods) || EvaluationPeriods < 1) return 'EvaluationPeriods is required';
  if (DatapointsToAlarm > EvaluationPeriods) return 'DatapointsToAlarm must not be over EvaluationPeriods';
  return TREATMENTS.has(TreatMissingData) ? undefined : 'TreatMissingData is none of the four';
}

function metricFault(definition: Definition): string | undefined {
  const { MetricName, Namespace, Statistic, ExtendedStatistic, Dimensions, Period, EvaluationPeriods } =
    definition;
  if (MetricName === undefined || Namespace === undefined) return 'MetricName and Namespace are required';
  if ((Statistic === undefined) === (ExtendedStatistic === undefined))
    return 'exactly one of Statistic and ExtendedStatistic is required';
  const isKnown =
    Statistic === undefined ? PERCENTILE.test(ExtendedStatistic ?? '') : STATISTICS.has(Statistic);
  if (!isKnown) return 'no such statistic';
  return (
    lengthFault('MetricName', MetricName, 1, 255) ??
    namespaceFault(Namespace) ??
    dimensionFault(Dimensions ?? []) ??
    periodFault(Period, EvaluationPeriods ?? 1)
  );
}

function namespaceFault(namespace: string): string | undefined {
  return namespace.startsWith(':')
    ? 'Namespace must not start with a colon'
    : lengthFault('Namespace', namespace, 1, 255);
}

function dimensionFault(dimensions: NonNullable<Definition['Dimensions']>): string | undefined {
  if (dimensions.length > 30) return 'at most 30 dimensions';
  for (const { Name, Value } of dimensions) {
    const fault = lengthFault('Name', Name, 1, 255) ?? lengthFault('Value', Value, 1, 1024);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function periodFault(period: number | undefined, evaluationPeriods: number): string | undefined {
  if (period === undefined || !([10, 20, 30].includes(period) || (period > 0 && period % 60 === 0)))
    return 'Period must be 10, 20, 30 or a multiple of 60';
  const mostSeconds = period < 3600 ? DAY_SECONDS : 7 * DAY_SECONDS;
  return period * evaluationPeriods <= mostSeconds
    ? undefined
    : 'Metrics cannot be checked across so many periods';
}

function mathFault(definition: Definition, metrics: NonNullable<Definition['Metrics']>): string | undefined {
  const both = OF_ONE_METRIC.find((member) => definition[member] !== undefined);
  if (both !== undefined) return `${both} must not stand beside Metrics`;
  const ids = metrics.map(({ Id }) => String(Id));
  if (metrics.length === 0 || metrics.length > 10) return '1 to 10 metrics';
  if (new Set(ids).size < ids.length || !ids.every((id) => /^[a-z][a-zA-Z0-9_]*$/u.test(id)))
    return 'Id is not valid';
  if (metrics.filter(({ ReturnData }) => ReturnData === true).length !== 1)
    return 'exactly one metric must return data';
  for (const metric of metrics) {
    const fault = queryFault(metric, definition.EvaluationPeriods ?? 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

interface MetricQuery {
  readonly Expression?: string;
  readonly MetricStat?: {
    readonly Metric: Pick<Definition, 'Namespace' | 'MetricName' | 'Dimensions'>;
    readonly Period: number;
    readonly Stat: string;
  };
}

function queryFault(query: MetricQuery, evaluationPeriods: number): string | undefined {
  const { Expression, MetricStat } = query;
  if ((Expression === undefined) === (MetricStat === undefined))
    return 'exactly one of Expression and MetricStat';
  if (MetricStat === undefined) return lengthFault('Expression', Expression, 1, 2048);
  const { Metric, Period, Stat } = MetricStat;
  if (!STATISTICS.has(Stat) && !PERCENTILE.test(Stat)) return 'Stat is no statistic';
  return (
    lengthFault('MetricName', Metric.MetricName ?? '', 1, 255) ??
    namespaceFault(Metric.Namespace ?? '') ??
    dimensionFault(Metric.Dimensions ?? []) ??
    periodFault(Period, evaluationPeriods)
  );
}
