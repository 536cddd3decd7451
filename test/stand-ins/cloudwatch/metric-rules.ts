// What an alarm measures -> why the service refuses it; undefined when it does not.
//
// Source: AWS API reference, PutMetricAlarm, MetricDataQuery and MetricStat; CloudWatch user guide, statistics definitions.

import type { Definition, MetricQuery } from './alarms.ts';
import { boolean, integer, list, structure, text } from './members.ts';

/** What an alarm of metric math has in its metrics alone. */
const OF_ONE_METRIC = [
  'MetricName',
  'Namespace',
  'Statistic',
  'ExtendedStatistic',
  'Period',
  'Dimensions',
] as const;

const STATISTICS = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'] as const;

/** Percentiles have two decimals, boundaries of the trimmed ones ten. */
const EXTENDED_STATISTICS = [
  /^p(?:\d{1,2}(?:\.\d{1,2})?|100(?:\.0{1,2})?)$/u,
  /^(?:tm|tc|ts|wm)(?:\d{1,2}(?:\.\d{1,10})?|100)$/u,
  /^(?:IQM|PR\((?=[^)]*\d)(?:-?\d+(?:\.\d+)?)?:(?:-?\d+(?:\.\d+)?)?\))$/u,
  /^(?:TM|TC|TS|WM)\((?=[^)]*\d)(?:\d+(?:\.\d{1,10})?%)?:(?:\d+(?:\.\d{1,10})?%)?\)$/u,
  /^(?:TM|TC|TS|WM)\((?=[^)]*\d)(?:\d+(?:\.\d{1,10})?)?:(?:\d+(?:\.\d{1,10})?)?\)$/u,
];

const DAY_SECONDS = 86_400;

const DIMENSION = {
  members: { Name: text(1, 255), Value: text(1, 1024) },
  required: ['Name', 'Value'],
};

const METRIC = {
  MetricName: text(1, 255),
  Namespace: text(1, 255, /^[^:]/u),
  Dimensions: list(structure(DIMENSION), 30),
};

const METRIC_STAT = {
  members: {
    Metric: structure({ members: METRIC, required: ['MetricName', 'Namespace'] }),
    Period: integer(1),
    Stat: text(1, 255),
    Unit: text(1, 32),
  },
  required: ['Metric', 'Period', 'Stat'],
};

const METRIC_QUERY = {
  members: {
    Id: text(1, 255, /^[a-z][a-zA-Z0-9_]*$/u),
    MetricStat: structure(METRIC_STAT),
    Expression: text(1, 2048),
    Label: text(0, 1024),
    ReturnData: boolean,
    Period: integer(1),
    AccountId: text(1, 255),
  },
  required: ['Id'],
};

/** The members that say what is measured, each for itself. */
export const MEASURE = {
  ...METRIC,
  Statistic: text(1, 255),
  ExtendedStatistic: text(1, 255),
  Period: integer(1),
  Unit: text(1, 32),
  Metrics: list(structure(METRIC_QUERY), 10, 1),
};

/** The same against one another. */
export function measureFault(definition: Definition): string | undefined {
  const { Metrics } = definition;
  return Metrics === undefined ? metricFault(definition) : mathFault(definition, Metrics);
}

function metricFault(definition: Definition): string | undefined {
  const { MetricName, Namespace, Statistic, ExtendedStatistic, Period, EvaluationPeriods = 1 } = definition;
  if (MetricName === undefined || Namespace === undefined) return 'MetricName and Namespace are required';
  if ((Statistic === undefined) === (ExtendedStatistic === undefined))
    return 'exactly one of Statistic and ExtendedStatistic is required';
  if (Statistic !== undefined && !isStatistic(Statistic)) return `Statistic is not valid: ${Statistic}`;
  if (ExtendedStatistic !== undefined && !isExtended(ExtendedStatistic))
    return `ExtendedStatistic is not valid: ${ExtendedStatistic}`;
  return Period === undefined ? 'Period is required' : periodFault(Period, EvaluationPeriods);
}

function mathFault(definition: Definition, metrics: readonly MetricQuery[]): string | undefined {
  const both = OF_ONE_METRIC.find((member) => definition[member] !== undefined);
  if (both !== undefined) return `${both} must not stand beside Metrics`;
  if (new Set(metrics.map(({ Id }) => Id)).size < metrics.length) return 'Id must be unique in Metrics';
  if (metrics.filter(({ ReturnData }) => ReturnData === true).length !== 1)
    return 'exactly one of Metrics must have ReturnData true';
  const { EvaluationPeriods = 1 } = definition;
  return metrics.map((query) => queryFault(query, EvaluationPeriods)).find((fault) => fault !== undefined);
}

function queryFault(query: MetricQuery, evaluationPeriods: number): string | undefined {
  const { Id, Expression, MetricStat, Period = MetricStat?.Period } = query;
  if ((Expression === undefined) === (MetricStat === undefined))
    return `exactly one of Expression and MetricStat is required in ${Id}`;
  if (MetricStat !== undefined && !isStatistic(MetricStat.Stat) && !isExtended(MetricStat.Stat))
    return `Stat is not valid: ${MetricStat.Stat}`;
  if (MetricStat !== undefined && query.Period !== undefined)
    return `Period must not stand beside MetricStat`;
  return Period === undefined ? undefined : periodFault(Period, evaluationPeriods);
}

function periodFault(period: number, evaluationPeriods: number): string | undefined {
  if (![10, 20, 30].includes(period) && period % 60 !== 0)
    return 'Period must be 10, 20, 30 or a multiple of 60';
  const atMost = period < 3600 ? DAY_SECONDS : 7 * DAY_SECONDS;
  return period * evaluationPeriods <= atMost
    ? undefined
    : `Metrics cannot be checked across more than ${atMost} seconds (EvaluationPeriods * Period)`;
}

function isStatistic(statistic: string): boolean {
  return STATISTICS.some((one) => one === statistic);
}

function isExtended(statistic: string): boolean {
  return EXTENDED_STATISTICS.some((pattern) => pattern.test(statistic));
}
