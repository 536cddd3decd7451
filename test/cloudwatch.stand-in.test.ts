// The stand-in of CloudWatch against what is documented of the service.

import { beforeEach, describe, expect, it } from 'vitest';

import { startCloudWatchStandIn, type CloudWatchStandIn } from './stand-ins/cloudwatch/server.ts';

const ALARM = {
  AlarmName: 'a',
  MetricName: 'cpu',
  Namespace: 'Shop',
  Statistic: 'Average',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 30,
  ComparisonOperator: 'GreaterThanThreshold',
};

const METRIC_STAT = {
  Metric: { Namespace: 'Shop', MetricName: 'cpu', Dimensions: [] },
  Period: 60,
  Stat: 'p99',
};

const { MetricName: _, Namespace: __, Statistic: ___, Period: ____, ...WITHOUT_METRIC } = ALARM;
const MATH = {
  ...WITHOUT_METRIC,
  Metrics: [
    { Id: 'm1', MetricStat: METRIC_STAT, ReturnData: false },
    { Id: 'e1', Expression: 'm1 == 3', ReturnData: true },
  ],
};

interface Answered {
  readonly status: number;
  /** Of a refusal. */
  readonly name: string | null;
  readonly body: {
    readonly MetricAlarms?: readonly Readonly<Record<string, unknown>>[];
    readonly NextToken?: string;
    readonly message?: string;
  };
}

let service: CloudWatchStandIn;
let nowEpochMs = 0;

beforeEach(async () => {
  nowEpochMs = 1_764_000_000_000;
  service = await startCloudWatchStandIn(() => nowEpochMs);
});

const call = async (operation: string, body: object, key = service.accessKeyId): Promise<Answered> => {
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `GraniteServiceVersion20100801.${operation}`,
    ...(key === ''
      ? {}
      : {
          authorization: `AWS4-HMAC-SHA256 Credential=${key}/20261126/eu-central-1/monitoring/aws4_request`,
        }),
  };
  const response = await fetch(service.url, { method: 'POST', headers, body: JSON.stringify(body) });
  const name = response.headers.get('x-amzn-query-error')?.split(';')[0] ?? null;
  return { status: response.status, name, body: decodeAnswer(await response.json()) };
};

function decodeAnswer(value: unknown): Answered['body'] {
  return value as Answered['body'];
}

describe('PutMetricAlarm', () => {
  it('makes an alarm, and adds to it what the service adds', async () => {
    expect(await call('PutMetricAlarm', ALARM)).toMatchObject({ status: 200, body: {} });
    const { body } = await call('DescribeAlarms', { AlarmNames: ['a'] });
    expect(body.MetricAlarms).toEqual([
      {
        ...ALARM,
        ActionsEnabled: true,
        AlarmActions: [],
        OKActions: [],
        InsufficientDataActions: [],
        Dimensions: [],
        AlarmArn: 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:a',
        StateValue: 'INSUFFICIENT_DATA',
        StateReason: 'Unchecked: Initial alarm creation',
        AlarmConfigurationUpdatedTimestamp: 1_764_000_000,
        StateUpdatedTimestamp: 1_764_000_000,
        StateTransitionedTimestamp: 1_764_000_000,
      },
    ]);
  });

  it('replaces all of an alarm that is there, but for its state', async () => {
    await call('PutMetricAlarm', { ...ALARM, AlarmDescription: 'old', TreatMissingData: 'breaching' });
    service.setState('a', 'ALARM');
    nowEpochMs += 5000;
    await call('PutMetricAlarm', MATH);
    const [alarm] = service.alarms;
    expect(alarm).toMatchObject({ ...MATH, StateValue: 'ALARM', StateUpdatedTimestamp: 1_764_000_000 });
    expect(Object.keys(alarm ?? {})).not.toEqual(
      expect.arrayContaining(['AlarmDescription', 'TreatMissingData', 'Dimensions']),
    );
  });

  it.each([
    ['an unknown member', { ...ALARM, Colour: 'red' }],
    ['a name that is too long', { ...ALARM, AlarmName: 'x'.repeat(256) }],
    ['a control character in a name', { ...ALARM, AlarmName: 'a\tb' }],
    ['a description that is too long', { ...ALARM, AlarmDescription: 'x'.repeat(1025) }],
    [
      'six actions',
      { ...ALARM, AlarmActions: Array.from({ length: 6 }, (_item, index) => `arn:aws:sns:x:1:t${index}`) },
    ],
    ['an action that is none', { ...ALARM, OKActions: ['ops@example.com'] }],
    [
      '31 dimensions',
      {
        ...ALARM,
        Dimensions: Array.from({ length: 31 }, (_item, index) => ({ Name: `n${index}`, Value: 'v' })),
      },
    ],
    ['a dimension without a value', { ...ALARM, Dimensions: [{ Name: 'a', Value: '' }] }],
    ['a namespace that starts with a colon', { ...ALARM, Namespace: ':Shop' }],
    ['an operator that there is not', { ...ALARM, ComparisonOperator: 'EqualToThreshold' }],
    ['two statistics', { ...ALARM, ExtendedStatistic: 'p99' }],
    ['a statistic that there is not', { ...ALARM, Statistic: 'Median' }],
    ['a period between minutes', { ...ALARM, Period: 90 }],
    ['more than a day of short periods', { ...ALARM, EvaluationPeriods: 1441 }],
    ['more than a week of periods', { ...ALARM, Period: 86_400, EvaluationPeriods: 8 }],
    ['no threshold', { ...ALARM, Threshold: undefined }],
    ['more datapoints than periods', { ...ALARM, DatapointsToAlarm: 2 }],
    ['another treatment of missing data', { ...ALARM, TreatMissingData: 'page' }],
    ['a metric beside metrics', { ...MATH, Namespace: 'Shop' }],
    [
      'two metrics that return data',
      {
        ...MATH,
        Metrics: [{ Id: 'm1', MetricStat: METRIC_STAT, ReturnData: true }, ...MATH.Metrics.slice(1)],
      },
    ],
    [
      'an id that starts with a capital',
      { ...MATH, Metrics: [{ Id: 'M1', MetricStat: METRIC_STAT, ReturnData: true }] },
    ],
  ])('refuses %s', async (_what, body) => {
    expect(await call('PutMetricAlarm', body)).toMatchObject({ status: 400, name: 'ValidationError' });
    expect(service.alarmCount).toBe(0);
  });
});

describe('DescribeAlarms', () => {
  it('gives every alarm that stays once, in pages by name, while others come and go', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) service.seedAlarm({ AlarmName: name });
    const first = await call('DescribeAlarms', { MaxRecords: 2 });
    service.dropAlarm('a');
    service.seedAlarm({ AlarmName: 'aa' });
    const second = await call('DescribeAlarms', { MaxRecords: 2, NextToken: first.body.NextToken });
    const third = await call('DescribeAlarms', { MaxRecords: 2, NextToken: second.body.NextToken });
    const names = [first, second, third].map(({ body }) =>
      body.MetricAlarms?.map(({ AlarmName }) => AlarmName),
    );
    expect([names, third.body.NextToken]).toEqual([[['a', 'b'], ['c', 'd'], ['e']], undefined]);
  });

  it('finds by prefix or by names, and not by both', async () => {
    for (const name of ['web/a', 'web/b', 'db/a']) service.seedAlarm({ AlarmName: name });
    expect((await call('DescribeAlarms', { AlarmNamePrefix: 'web/' })).body.MetricAlarms).toHaveLength(2);
    expect((await call('DescribeAlarms', { AlarmNames: ['db/a', 'none'] })).body.MetricAlarms).toHaveLength(
      1,
    );
    const both = await call('DescribeAlarms', { AlarmNames: ['db/a'], AlarmNamePrefix: 'web/' });
    expect(both.name).toBe('ValidationError');
    const many = await call('DescribeAlarms', {
      AlarmNames: Array.from({ length: 101 }, (_item, index) => `n${index}`),
    });
    expect(many.name).toBe('ValidationError');
    expect((await call('DescribeAlarms', { NextToken: 'old' })).name).toBe('InvalidNextToken');
  });
});

it('deletes the names that it knows, and says when it did not know one', async () => {
  for (const name of ['a', 'b', 'c']) service.seedAlarm({ AlarmName: name });
  expect(await call('DeleteAlarms', { AlarmNames: ['a'] })).toMatchObject({ status: 200 });
  expect(await call('DeleteAlarms', { AlarmNames: ['b', 'none'] })).toMatchObject({
    status: 404,
    name: 'ResourceNotFound',
  });
  expect(service.alarms.map(({ AlarmName }) => AlarmName)).toEqual(['c']);
});

it('refuses who has no key or another, and what goes over a limit', async () => {
  expect(await call('DescribeAlarms', {}, '')).toMatchObject({
    status: 403,
    name: 'MissingAuthenticationToken',
  });
  expect(await call('DescribeAlarms', {}, 'AKIAOTHER')).toMatchObject({
    status: 403,
    name: 'InvalidClientTokenId',
  });
  service.limit('DescribeAlarms', 2, 1);
  const names = [];
  for (let count = 0; count < 2; count += 1) names.push((await call('DescribeAlarms', {})).name);
  nowEpochMs += 500;
  names.push((await call('DescribeAlarms', {})).name);
  expect(names).toEqual([null, 'Throttling', null]);
});

it('acts, or does not, before a fault', async () => {
  service.fault = () => ({ kind: 'status', status: 500, name: 'InternalServiceFault', acts: true });
  expect(await call('PutMetricAlarm', ALARM)).toMatchObject({ status: 500, name: 'InternalServiceFault' });
  service.fault = () => ({ kind: 'drop', acts: false });
  await expect(call('DeleteAlarms', { AlarmNames: ['a'] })).rejects.toThrow('fetch failed');
  expect(service.alarmCount).toBe(1);
});
