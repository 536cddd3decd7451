// Cases for the stand-in's own test: what is taken, and what is refused.

/** Members that every good alarm has. */
const EVALUATION = {
  AlarmName: 'a',
  EvaluationPeriods: 1,
  Threshold: 30,
  ComparisonOperator: 'GreaterThanThreshold',
};

export const ALARM = {
  ...EVALUATION,
  MetricName: 'cpu',
  Namespace: 'Shop',
  Statistic: 'Average',
  Period: 60,
};

const METRIC_STAT = {
  Metric: { Namespace: 'Shop', MetricName: 'cpu', Dimensions: [] },
  Period: 60,
  Stat: 'p99',
};

const SOURCE = { Id: 'm1', MetricStat: METRIC_STAT, ReturnData: false };
const RESULT = { Id: 'e1', Expression: 'm1 == 3', ReturnData: true };

export const MATH = { ...EVALUATION, Metrics: [SOURCE, RESULT] };

const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:ops';

const times = <Item>(count: number, item: (index: number) => Item): readonly Item[] =>
  Array.from({ length: count }, (_none, index) => item(index));

const extended = (ExtendedStatistic: string): object => ({ Statistic: undefined, ExtendedStatistic });

const stat = (parts: object): object => ({
  Metrics: [{ ...SOURCE, MetricStat: { ...METRIC_STAT, ...parts } }, RESULT],
});

type Case = readonly [what: string, parts: object];

/** Parts that a good alarm is taken with. */
export const TAKEN: readonly Case[] = [
  ['a name of 255 characters', { AlarmName: 'é'.repeat(255) }],
  ['a description of 1024 characters', { AlarmDescription: '<'.repeat(1024) }],
  ['five actions', { AlarmActions: times(5, () => TOPIC) }],
  ['a topic of another account', { OKActions: ['111122223333:MyTopic'] }],
  ['30 dimensions', { Dimensions: times(30, (index) => ({ Name: `n${index}`, Value: 'v' })) }],
  ['a day of minutes', { EvaluationPeriods: 1440 }],
  ['a week of hours', { Period: 3600, EvaluationPeriods: 168 }],
  ...[10, 20, 30].map((Period): Case => [`a period of ${Period} seconds`, { Period }]),
  ['a negative threshold', { Threshold: -1.5e-7 }],
  ...['p0', 'p99.95', 'p100', 'tm90', 'wm99.5', 'IQM', 'PR(:300)', 'TM(2%:98%)', 'TC(150:1000)'].map(
    (statistic): Case => [`the statistic ${statistic}`, extended(statistic)],
  ),
];

/** Parts that a good alarm of one metric is refused with. */
export const REFUSED: readonly Case[] = [
  ['an unknown member', { Colour: 'red' }],
  ['a member that objects have', { constructor: 'red' }],
  ['no name', { AlarmName: undefined }],
  ['an empty name', { AlarmName: '' }],
  ['a name that is too long', { AlarmName: 'x'.repeat(256) }],
  ['a control character in a name', { AlarmName: 'a\tb' }],
  ['a description that is too long', { AlarmDescription: 'x'.repeat(1025) }],
  ['six actions', { AlarmActions: times(6, (index) => `${TOPIC}-${index}`) }],
  ['an action that is none', { OKActions: ['ops@example.com'] }],
  ['an action that is too long', { InsufficientDataActions: [TOPIC + 'x'.repeat(1024)] }],
  ['actions that are no list', { AlarmActions: TOPIC }],
  ['a switch that is a text', { ActionsEnabled: 'true' }],
  ['31 dimensions', { Dimensions: times(31, (index) => ({ Name: `n${index}`, Value: 'v' })) }],
  ['a dimension without a value', { Dimensions: [{ Name: 'a' }] }],
  ['a dimension of an empty value', { Dimensions: [{ Name: 'a', Value: '' }] }],
  ['a dimension of another member', { Dimensions: [{ Name: 'a', Value: 'v', Unit: 'w' }] }],
  ['no metric', { MetricName: undefined }],
  ['a namespace that starts with a colon', { Namespace: ':Shop' }],
  ['a namespace that is too long', { Namespace: 'x'.repeat(256) }],
  ['an operator that there is not', { ComparisonOperator: 'EqualToThreshold' }],
  ['an operator for anomalies', { ComparisonOperator: 'GreaterThanUpperThreshold' }],
  ['two statistics', { ExtendedStatistic: 'p99' }],
  ['no statistic', { Statistic: undefined }],
  ['a statistic that there is not', { Statistic: 'Median' }],
  ...['p101', 'p99.999', 'p', 'P99', 'PR(:)', 'median'].map((statistic): Case => [
    `the statistic ${statistic}`,
    extended(statistic),
  ]),
  ['no period', { Period: undefined }],
  ['a period of 0', { Period: 0 }],
  ['a period between minutes', { Period: 90 }],
  ['more than a day of minutes', { EvaluationPeriods: 1441 }],
  ['more than a week of days', { Period: 86_400, EvaluationPeriods: 8 }],
  ['no periods', { EvaluationPeriods: 0 }],
  ['half a period', { EvaluationPeriods: 1.5 }],
  ['more datapoints than periods', { DatapointsToAlarm: 2 }],
  ['no threshold', { Threshold: undefined }],
  ['a threshold that is a text', { Threshold: '30' }],
  ['another treatment of missing data', { TreatMissingData: 'page' }],
];

/** The same of an alarm of metric math. */
export const REFUSED_MATH: readonly Case[] = [
  ...Object.entries({ ...ALARM, ...extended('p99'), Statistic: 'Sum', Dimensions: [] })
    .filter(([member]) => !Object.hasOwn(EVALUATION, member))
    .map(([member, value]): Case => [`${member} beside metrics`, { [member]: value }]),
  ['no metrics', { Metrics: [] }],
  ['11 metrics', { Metrics: [RESULT, ...times(10, (index) => ({ ...SOURCE, Id: `m${index}` }))] }],
  ['an id twice', { Metrics: [SOURCE, { ...RESULT, Id: 'm1' }] }],
  ['an id that starts with a capital', { Metrics: [SOURCE, { ...RESULT, Id: 'E1' }] }],
  ['two metrics that return data', { Metrics: [{ ...SOURCE, ReturnData: true }, RESULT] }],
  ['no metric that returns data', { Metrics: [SOURCE] }],
  ['an expression that is too long', { Metrics: [SOURCE, { ...RESULT, Expression: 'x'.repeat(2049) }] }],
  ['an expression beside a metric', { Metrics: [{ ...SOURCE, Expression: '1' }, RESULT] }],
  ['an unknown member in a metric', { Metrics: [SOURCE, { ...RESULT, Colour: 'red' }] }],
  ['another statistic in a metric', stat({ Stat: 'mode' })],
  ['another period in a metric', stat({ Period: 90 })],
  ['a metric without a namespace', stat({ Metric: { MetricName: 'cpu' } })],
];

/** Requests, other than those that put an alarm, that are refused. */
export const REFUSED_REQUESTS: readonly (readonly [operation: string, body: object, name: string])[] = [
  ['DescribeAlarms', { Colour: 'red' }, 'ValidationError'],
  ['DescribeAlarms', { AlarmNames: ['a'], AlarmNamePrefix: 'a' }, 'ValidationError'],
  ['DescribeAlarms', { AlarmNames: times(101, (index) => `n${index}`) }, 'ValidationError'],
  ['DescribeAlarms', { MaxRecords: 0 }, 'ValidationError'],
  ['DescribeAlarms', { MaxRecords: 101 }, 'ValidationError'],
  ['DescribeAlarms', { StateValue: 'FINE' }, 'ValidationError'],
  ['DescribeAlarms', { NextToken: 'old' }, 'InvalidNextToken'],
  ['DeleteAlarms', {}, 'ValidationError'],
  ['DeleteAlarms', { AlarmNames: ['a', ''] }, 'ValidationError'],
  ['DeleteAlarms', { AlarmNames: ['a', ...times(100, (index) => `n${index}`)] }, 'ValidationError'],
  ['SetAlarmState', { AlarmName: 'a', StateValue: 'FINE', StateReason: '' }, 'ValidationError'],
  ['SetAlarmState', { AlarmName: 'a', StateValue: 'OK' }, 'ValidationError'],
  ['SetAlarmState', { AlarmName: 'a', StateValue: 'OK', StateReason: 'x'.repeat(1024) }, 'ValidationError'],
  ['ListDashboards', {}, 'UnknownOperationException'],
];

/** Names that a list gives of web/a in ALARM, web/b with an action, and db/a. */
export const LISTED: readonly (readonly [request: object, names: readonly string[]])[] = [
  [{}, ['db/a', 'web/a', 'web/b']],
  [{ AlarmNamePrefix: 'web/' }, ['web/a', 'web/b']],
  [{ AlarmNames: ['web/b', 'none', 'db/a', 'db/a'] }, ['db/a', 'web/b']],
  [{ StateValue: 'ALARM' }, ['web/a']],
  [{ StateValue: 'INSUFFICIENT_DATA', AlarmNamePrefix: 'web/' }, ['web/b']],
  [{ ActionPrefix: 'arn:aws:sns:' }, ['web/b']],
  [{ AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }, ['db/a', 'web/a', 'web/b']],
  [{ AlarmTypes: ['CompositeAlarm'] }, []],
];
