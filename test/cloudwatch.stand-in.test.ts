// The stand-in of CloudWatch against what is documented of the service, over HTTP.

import { beforeEach, describe, expect, it } from 'vitest';

import { authorization, type Answered, call } from './stand-ins/cloudwatch/call.ts';
import {
  ALARM,
  LISTED,
  MATH,
  REFUSED,
  REFUSED_MATH,
  REFUSED_REQUESTS,
  TAKEN,
} from './stand-ins/cloudwatch/cases.ts';
import { type CloudWatchStandIn, type Fault, startCloudWatchStandIn } from './stand-ins/cloudwatch/server.ts';

const START_SECONDS = 1_764_000_000.25;

let service: CloudWatchStandIn;
let nowEpochMs = 0;

beforeEach(async () => {
  nowEpochMs = START_SECONDS * 1000;
  service = await startCloudWatchStandIn({ nowEpochMs: () => nowEpochMs });
});

const put = async (parts: object = {}): Promise<Answered> =>
  call(service, 'PutMetricAlarm', { ...ALARM, ...parts });

const namesOf = ({ body }: Answered): readonly unknown[] =>
  (body.MetricAlarms ?? []).map(({ AlarmName }) => AlarmName);

const heldNames = (): readonly string[] => service.alarms.map(({ AlarmName }) => AlarmName);

describe('PutMetricAlarm', () => {
  const added = {
    ActionsEnabled: true,
    AlarmActions: [],
    OKActions: [],
    InsufficientDataActions: [],
    AlarmArn: 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:a',
    StateValue: 'INSUFFICIENT_DATA',
    StateReason: 'Unchecked: Initial alarm creation',
    AlarmConfigurationUpdatedTimestamp: START_SECONDS,
    StateUpdatedTimestamp: START_SECONDS,
    StateTransitionedTimestamp: START_SECONDS,
  };

  it.each([
    ['one metric', ALARM, { Dimensions: [] }],
    ['metric math', MATH, {}],
  ])('makes an alarm of %s, adds what the service adds, and returns no tags', async (_what, sent, more) => {
    const Tags = [{ Key: 'team', Value: 'a' }];
    const { status, body } = await call(service, 'PutMetricAlarm', { ...sent, Tags });
    expect([status, body]).toEqual([200, {}]);
    const described = await call(service, 'DescribeAlarms', {});
    expect(described.body).toEqual({ MetricAlarms: [{ ...sent, ...added, ...more }], CompositeAlarms: [] });
  });

  it('replaces all of an alarm that is there, but for its state', async () => {
    await put({ AlarmDescription: 'old', TreatMissingData: 'breaching', ActionsEnabled: false });
    service.setState('a', 'ALARM');
    nowEpochMs += 5000;
    await call(service, 'PutMetricAlarm', MATH);
    const state = { StateValue: 'ALARM', StateReason: 'Threshold Crossed' };
    const now = { AlarmConfigurationUpdatedTimestamp: START_SECONDS + 5 };
    expect(service.alarms).toEqual([{ ...MATH, ...added, ...state, ...now }]);
  });

  it.each(TAKEN)('takes %s', async (_what, parts) => {
    expect(await put(parts)).toMatchObject({ status: 200, name: undefined });
    expect(service.alarms).toMatchObject([JSON.parse(JSON.stringify(parts))]);
  });

  it.each([
    ...REFUSED.map(([what, parts]) => [what, { ...ALARM, ...parts }] as const),
    ...REFUSED_MATH.map(([what, parts]) => [what, { ...MATH, ...parts }] as const),
  ])('refuses %s', async (_what, body) => {
    const refused = await call(service, 'PutMetricAlarm', body);
    expect(refused).toMatchObject({ status: 400, name: 'ValidationError' });
    expect(service.alarmCount).toBe(0);
  });

  it('refuses a threshold beyond all numbers', async () => {
    const text = JSON.stringify(ALARM).replace('"Threshold":30', '"Threshold":1e999');
    expect((await call(service, 'PutMetricAlarm', text)).name).toBe('ValidationError');
  });
});

describe('DescribeAlarms', () => {
  it.each(LISTED)('given %j gives %j', async (request, names) => {
    service.seedAlarm({ AlarmName: 'web/b', OKActions: ['arn:aws:sns:x:1:t'] });
    service.seedAlarm({ AlarmName: 'web/a', StateValue: 'ALARM' });
    service.seedAlarm({ AlarmName: 'db/a' });
    expect(namesOf(await call(service, 'DescribeAlarms', request))).toEqual(names);
  });

  it('gives every alarm that stays once, in pages by name, while others come and go', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) service.seedAlarm({ AlarmName: name });
    const first = await call(service, 'DescribeAlarms', { MaxRecords: 2 });
    for (const name of ['a', 'b']) service.dropAlarm(name);
    service.seedAlarm({ AlarmName: 'aa' });
    const next = { MaxRecords: 2, NextToken: first.body.NextToken };
    const second = await call(service, 'DescribeAlarms', next);
    service.seedAlarm({ AlarmName: 'f' });
    const third = await call(service, 'DescribeAlarms', { ...next, NextToken: second.body.NextToken });
    expect([first, second, third].map(namesOf)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e', 'f'],
    ]);
    expect(third.body.NextToken).toBeUndefined();
  });

  it('gives 50 alarms to a page unless told, and no token where a page ends with the last', async () => {
    for (let count = 100; count < 200; count += 1) service.seedAlarm({ AlarmName: `n${count}` });
    expect(namesOf(await call(service, 'DescribeAlarms', {}))).toHaveLength(50);
    const whole = await call(service, 'DescribeAlarms', { MaxRecords: 100 });
    expect([namesOf(whole).length, whole.body.NextToken]).toEqual([100, undefined]);
  });
});

describe('DeleteAlarms', () => {
  it.each([
    [['a'], 200, undefined],
    [['a', 'a'], 200, undefined],
    [['none', 'a'], 404, 'ResourceNotFound'],
  ])('of %j is answered %i, and deletes what is known', async (AlarmNames, status, name) => {
    for (const seeded of ['a', 'b']) service.seedAlarm({ AlarmName: seeded });
    expect(await call(service, 'DeleteAlarms', { AlarmNames })).toMatchObject({ status, name });
    expect(heldNames()).toEqual(['b']);
  });
});

describe('SetAlarmState', () => {
  it('sets the state, which makes a transition where it is another', async () => {
    await put();
    const set = async (StateValue: string, StateReason: string): Promise<void> => {
      nowEpochMs += 1000;
      const body = { AlarmName: 'a', StateValue, StateReason };
      expect(await call(service, 'SetAlarmState', body)).toMatchObject({ status: 200, body: {} });
    };
    await set('ALARM', 'one');
    await set('ALARM', 'two');
    expect(service.alarms).toMatchObject([
      {
        StateValue: 'ALARM',
        StateReason: 'two',
        AlarmConfigurationUpdatedTimestamp: START_SECONDS,
        StateUpdatedTimestamp: START_SECONDS + 2,
        StateTransitionedTimestamp: START_SECONDS + 1,
      },
    ]);
  });

  it('knows no alarm of another name', async () => {
    const body = { AlarmName: 'none', StateValue: 'OK', StateReason: '' };
    const answered = await call(service, 'SetAlarmState', body);
    expect(answered).toMatchObject({ status: 404, name: 'ResourceNotFound', body: { message: '' } });
  });
});

describe('the wire', () => {
  it.each(REFUSED_REQUESTS)('refuses %s of %j with %s', async (operation, body, name) => {
    service.seedAlarm({ AlarmName: 'a' });
    const before = service.alarms;
    expect(await call(service, operation, body)).toMatchObject({ status: 400, name });
    expect(service.alarms).toEqual(before);
  });

  it.each([
    ['no authorization', { authorization: '' }, 403, 'MissingAuthenticationToken'],
    ['another scheme', { authorization: 'Bearer AKIASTANDIN/' }, 403, 'MissingAuthenticationToken'],
    ['another key', { authorization: authorization('AKIAOTHER') }, 403, 'InvalidClientTokenId'],
    ['a longer key', { authorization: authorization('AKIASTANDIN2') }, 403, 'InvalidClientTokenId'],
    ['another service', { 'x-amz-target': 'Logs_20140328.PutMetricAlarm' }, 400, 'UnknownOperationException'],
    ['another protocol', { 'content-type': 'application/json' }, 400, 'UnknownOperationException'],
  ])('refuses %s', async (_what, headers, status, name) => {
    const refused = await call(service, 'PutMetricAlarm', ALARM, headers);
    expect(refused).toMatchObject({ status, name, body: { __type: `com.amazonaws.cloudwatch#${name}` } });
    expect(service.alarmCount).toBe(0);
  });

  it.each(['', '{', '[]', 'null'])('refuses the body %j', async (text) => {
    expect(await call(service, 'DescribeAlarms', text)).toMatchObject({ name: 'SerializationException' });
  });

  it('says what a refusal is in its header and its body, and gives every answer an id', async () => {
    const refused = await call(service, 'DescribeAlarms', {}, { authorization: authorization('AKIAOTHER') });
    expect(refused.headers.get('x-amzn-query-error')).toBe('InvalidClientTokenId;Sender');
    expect(refused.body).toEqual({
      __type: 'com.amazonaws.cloudwatch#InvalidClientTokenId',
      message: 'The security token included in the request is invalid.',
    });
    const answered = await call(service, 'DescribeAlarms', {});
    const ids = [refused, answered].map(({ headers }) => headers.get('x-amzn-requestid'));
    expect([new Set(ids).size, ids.every(Boolean)]).toEqual([2, true]);
    expect(answered.headers.get('content-type')).toBe('application/x-amz-json-1.0');
  });
});

describe('what a test does', () => {
  it.each<[Fault, number]>([
    [{ kind: 'status', status: 500, name: 'InternalServiceFault', acts: true }, 1],
    [{ kind: 'status', status: 400, name: 'LimitExceeded', acts: false }, 0],
    [{ kind: 'drop', acts: true }, 1],
    [{ kind: 'drop', acts: false }, 0],
  ])('fails a call with %j, which then leaves %i alarms', async (fault, count) => {
    service.fault = (operation, body) =>
      operation === 'PutMetricAlarm' && body['AlarmName'] === 'a' ? fault : undefined;
    if (fault.kind === 'drop') await expect(put()).rejects.toThrow('fetch failed');
    else expect(await put()).toMatchObject({ status: fault.status, name: fault.name });
    expect(service.alarmCount).toBe(count);
    expect((await call(service, 'DescribeAlarms', {})).status).toBe(200);
  });

  it('names the type of LimitExceeded otherwise', async () => {
    service.fault = () => ({ kind: 'status', status: 400, name: 'LimitExceeded', acts: false });
    expect((await put()).body).toMatchObject({ __type: 'com.amazonaws.cloudwatch#LimitExceededFault' });
  });

  it('throttles the calls of an operation over its limit, until time passes', async () => {
    service.limit('PutMetricAlarm', 2, 2);
    const names = async (count: number): Promise<readonly unknown[]> => {
      const answers = [];
      for (let index = 0; index < count; index += 1) answers.push((await put()).name);
      return answers;
    };
    expect(await names(3)).toEqual([undefined, undefined, 'Throttling']);
    const throttled = { status: 400, body: { message: 'Rate exceeded' } };
    expect(await put()).toMatchObject(throttled);
    expect((await call(service, 'DescribeAlarms', {})).status).toBe(200);
    nowEpochMs += 500;
    expect(await names(2)).toEqual([undefined, 'Throttling']);
    nowEpochMs += 60_000;
    expect(await names(3)).toEqual([undefined, undefined, 'Throttling']);
  });

  it('seeds, changes and drops alarms past every rule, and is given copies', async () => {
    const parts = { AlarmName: 'a', Metrics: MATH.Metrics, StateValue: 'OK' } as const;
    service.seedAlarm(parts);
    expect(service.alarms).toMatchObject([parts]);
    expect(Object.keys(service.alarms[0] ?? {})).not.toContain('Dimensions');
    const OKActions = ['nowhere'];
    service.changeAlarm('a', { OKActions, Threshold: 1 });
    OKActions.push('elsewhere');
    expect(service.alarms).toMatchObject([{ ...parts, OKActions: ['nowhere'], Threshold: 1 }]);
    expect(service.alarms[0]?.Metrics).not.toBe(service.alarms[0]?.Metrics);
    service.dropAlarm('a');
    expect(service.alarmCount).toBe(0);
    for (const act of [() => service.dropAlarm('a'), () => service.changeAlarm('a', {})])
      expect(act).toThrow('no alarm a');
    expect(() => service.setState('a', 'OK')).toThrow('no alarm a');
  });

  it('reads the requests that came, refused or not', async () => {
    await put();
    await call(service, 'DescribeAlarms', {}, { authorization: '' });
    expect(service.requests).toEqual([
      { operation: 'PutMetricAlarm', body: ALARM },
      { operation: 'DescribeAlarms', body: {} },
    ]);
  });
});
