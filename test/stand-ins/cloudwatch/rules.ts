// A request's members -> what is asked for, or why the service refuses it.
//
// Source: AWS API reference, PutMetricAlarm, DescribeAlarms, DeleteAlarms, SetAlarmState.

import type { Definition, State } from './alarms.ts';
import {
  boolean,
  finite,
  integer,
  list,
  type Members,
  oneOf,
  type Shape,
  shapeFault,
  text,
} from './members.ts';
import { MEASURE, measureFault } from './metric-rules.ts';

export interface Described {
  readonly AlarmNames?: readonly string[];
  readonly AlarmNamePrefix?: string;
  readonly AlarmTypes?: readonly string[];
  readonly StateValue?: string;
  readonly ActionPrefix?: string;
  readonly MaxRecords?: number;
  readonly NextToken?: string;
}

/** What is asked for, or the text of a ValidationError. */
type Read<Asked> = Asked | string;

/** No control character of ASCII. */
const NAME = text(1, 255, /^(?:[ -~]|\P{ASCII})*$/u);
const NAMES = list(NAME, 100);
const STATE_VALUE = oneOf('OK', 'ALARM', 'INSUFFICIENT_DATA');
/** That the topic is there is not checked, and one of another account may be `111122223333:topic`. */
const ACTIONS = list(text(1, 1024, /^(?:arn:|\d{12}:[^:])/u), 5);

const PUT: Shape = {
  members: {
    AlarmName: NAME,
    AlarmDescription: text(0, 1024),
    ActionsEnabled: boolean,
    AlarmActions: ACTIONS,
    OKActions: ACTIONS,
    InsufficientDataActions: ACTIONS,
    ...MEASURE,
    EvaluationPeriods: integer(1),
    DatapointsToAlarm: integer(1),
    Threshold: finite,
    ComparisonOperator: oneOf(
      'GreaterThanOrEqualToThreshold',
      'GreaterThanThreshold',
      'LessThanThreshold',
      'LessThanOrEqualToThreshold',
    ),
    TreatMissingData: oneOf('missing', 'notBreaching', 'breaching', 'ignore'),
    EvaluateLowSampleCountPercentile: oneOf('evaluate', 'ignore'),
    Tags: list(
      (tag, member) =>
        shapeFault(
          tag,
          { members: { Key: text(1, 128), Value: text(0, 256) }, required: ['Key', 'Value'] },
          member,
        ),
      50,
    ),
  },
  required: ['AlarmName', 'ComparisonOperator', 'EvaluationPeriods', 'Threshold'],
};

const DESCRIBE: Shape = {
  members: {
    AlarmNames: NAMES,
    AlarmNamePrefix: text(1, 255),
    AlarmTypes: list(oneOf('MetricAlarm', 'CompositeAlarm', 'LogAlarm'), 3),
    StateValue: STATE_VALUE,
    ActionPrefix: text(1, 1024),
    MaxRecords: integer(1, 100),
    NextToken: text(0, Number.MAX_SAFE_INTEGER),
  },
};

const DELETE: Shape = { members: { AlarmNames: list(NAME, 100, 1) }, required: ['AlarmNames'] };

const SET_STATE: Shape = {
  members: {
    AlarmName: NAME,
    StateValue: STATE_VALUE,
    StateReason: text(0, 1023),
    StateReasonData: text(0, 4000),
  },
  required: ['AlarmName', 'StateValue', 'StateReason'],
};

export function readPut(body: Members): Read<Definition> {
  const fault = shapeFault(body, PUT, 'PutMetricAlarm');
  if (fault !== undefined) return fault;
  const definition = decodeDefinition(body);
  const { EvaluationPeriods = 1, DatapointsToAlarm = 1 } = definition;
  if (DatapointsToAlarm > EvaluationPeriods) return 'DatapointsToAlarm must not be over EvaluationPeriods';
  return measureFault(definition) ?? definition;
}

export function readDescribe(body: Members): Read<Described> {
  const fault = shapeFault(body, DESCRIBE, 'DescribeAlarms');
  if (fault !== undefined) return fault;
  const described = decodeDescribed(body);
  return described.AlarmNames !== undefined && described.AlarmNamePrefix !== undefined
    ? 'AlarmNames and AlarmNamePrefix must not both be given'
    : described;
}

/** Each name once. */
export function readDelete(body: Members): Read<readonly string[]> {
  return shapeFault(body, DELETE, 'DeleteAlarms') ?? [...new Set(decodeNames(body['AlarmNames']))];
}

export function readSetState(body: Members): Read<State & { readonly AlarmName: string }> {
  return shapeFault(body, SET_STATE, 'SetAlarmState') ?? decodeState(body);
}

/** Tags are never returned with an alarm. */
function decodeDefinition({ Tags: _tags, ...members }: Members): Definition {
  return members as unknown as Definition;
}

function decodeDescribed(body: Members): Described {
  return body;
}

function decodeNames(value: unknown): readonly string[] {
  return value as readonly string[];
}

function decodeState(body: Members): State & { readonly AlarmName: string } {
  return body as unknown as State & { readonly AlarmName: string };
}
