// An operation of the alarm API and its members -> what it does to the alarms held, and its answer.

import { accept, type Answer, invalid, notFound, refuse } from './answer.ts';
import type { Alarms, HeldAlarm } from './alarms.ts';
import type { Members } from './members.ts';
import { type Described, readDelete, readDescribe, readPut, readSetState } from './rules.ts';

export function answerCall(alarms: Alarms, operation: string, body: Members): Answer {
  switch (operation) {
    case 'PutMetricAlarm':
      return put(alarms, body);
    case 'DescribeAlarms':
      return describe(alarms, body);
    case 'DeleteAlarms':
      return remove(alarms, body);
    case 'SetAlarmState':
      return setState(alarms, body);
    default:
      return refuse(400, 'UnknownOperationException', '');
  }
}

function put(alarms: Alarms, body: Members): Answer {
  const definition = readPut(body);
  if (typeof definition === 'string') return invalid(definition);
  alarms.put(definition);
  return accept();
}

function describe(alarms: Alarms, body: Members): Answer {
  const described = readDescribe(body);
  if (typeof described === 'string') return invalid(described);
  const { MaxRecords = 50, NextToken, AlarmTypes = ['MetricAlarm'] } = described;
  const after = NextToken === undefined ? '' : nameOfToken(NextToken);
  if (after === undefined) return refuse(400, 'InvalidNextToken', 'The next token specified is invalid.');
  // Composite and log alarms are none here.
  const found = AlarmTypes.includes('MetricAlarm') ? candidates(alarms, described) : [];
  const rest = found.filter((alarm) => alarm.AlarmName > after && isMeant(alarm, described));
  const page = rest.slice(0, MaxRecords);
  const last = page.at(-1);
  const isLast = last === undefined || rest.length === page.length;
  const next = isLast ? {} : { NextToken: tokenOf(last.AlarmName) };
  return accept({ MetricAlarms: page, CompositeAlarms: [], ...next });
}

/** By name. */
function candidates(alarms: Alarms, { AlarmNames }: Described): readonly HeldAlarm[] {
  if (AlarmNames === undefined) return alarms.all();
  return [...new Set(AlarmNames)].toSorted().flatMap((name) => alarms.find(name) ?? []);
}

function isMeant(alarm: HeldAlarm, { AlarmNamePrefix = '', StateValue, ActionPrefix }: Described): boolean {
  const { AlarmActions = [], OKActions = [], InsufficientDataActions = [] } = alarm;
  const actions = [...AlarmActions, ...OKActions, ...InsufficientDataActions];
  return (
    alarm.AlarmName.startsWith(AlarmNamePrefix) &&
    (StateValue === undefined || alarm.StateValue === StateValue) &&
    (ActionPrefix === undefined || actions.some((action) => action.startsWith(ActionPrefix)))
  );
}

/** How a token begins once it is decoded; the last name of the page follows, so that it holds whatever comes or goes. */
const TOKEN = 'after:';

function tokenOf(name: string): string {
  return Buffer.from(TOKEN + name).toString('base64url');
}

function nameOfToken(token: string): string | undefined {
  const decoded = Buffer.from(token, 'base64url').toString();
  return decoded.startsWith(TOKEN) ? decoded.slice(TOKEN.length) : undefined;
}

/** AWS API reference, DeleteAlarms: what is known is deleted, whatever the other names are. */
function remove(alarms: Alarms, body: Members): Answer {
  const names = readDelete(body);
  if (typeof names === 'string') return invalid(names);
  const unknown = names.filter((name) => !alarms.remove(name));
  return unknown.length === 0 ? accept() : notFound();
}

function setState(alarms: Alarms, body: Members): Answer {
  const asked = readSetState(body);
  if (typeof asked === 'string') return invalid(asked);
  const { AlarmName, ...state } = asked;
  return alarms.setState(AlarmName, state) ? accept() : notFound();
}
