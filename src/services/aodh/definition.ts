// An alarm definition <-> the members of an event alarm that we manage.
//
// An alarm of this type looks at each event of a type, and has no place for most of a definition: that stands in the last line of the
// description, `alarmsync: {…}`, as the file says it. What the service acts by is made of it, and is compared with what would be made of it:
// what somebody changed by hand differs.

import type { AlarmDefinition } from '../../alarm/alarm.ts';
import { orderMembers } from '../../alarm/alarm.ts';
import { isStringArray } from '../../alarm/contact.ts';
import { canonicalJson, type JsonObject, type JsonValue } from '../../alarm/json.ts';
import { textOf, wordOf } from '../../alarm/member-text.ts';
import type { ContactMap } from '../contacts.ts';
import { descriptionWithLine, readDescriptionLine } from '../description-line.ts';
import type { HeldAlarm } from './wire.ts';

const OPERATORS: Readonly<Record<string, string>> = {
  gt: 'gt',
  gte: 'ge',
  lt: 'lt',
  lte: 'le',
  eq: 'eq',
  neq: 'ne',
};

/** The body of a create, or of the update of `live`: an update replaces the whole alarm, so that members of others are sent again. */
export function alarmBody(
  { name, params }: AlarmDefinition,
  contacts: ContactMap,
  live: HeldAlarm | undefined,
): JsonObject {
  const { alarm_state: state, message_alert: message, ...rest } = params;
  return {
    ...live?.whole,
    name,
    type: 'event',
    description: descriptionWithLine(typeof message === 'string' ? message : '', rest),
    enabled: state !== 'inactive',
    alarm_actions: actionsOf(params, contacts),
    event_rule: eventRuleOf(params),
  };
}

/** The definition that an alarm is; undefined for one without our line in its description. */
export function definitionParams(alarm: HeldAlarm, contacts: ContactMap): JsonObject | undefined {
  const line = readDescriptionLine(alarm.description);
  if (line === undefined) return undefined;
  const { value: members, text: message } = line;
  const state = alarm.state === 'alarm' ? 'in_alarm' : 'active';
  const kept = new Map<string, JsonValue>(Object.entries(members));
  if (message !== '') kept.set('message_alert', message);
  kept.set('alarm_state', alarm.isEnabled ? state : 'inactive');
  if (canonicalJson(alarm.eventRule) !== canonicalJson(eventRuleOf(members)))
    for (const member of ['threshold', 'metric_name', 'comparison_method', 'query_scope'])
      kept.delete(member);
  if (canonicalJson(alarm.actions.toSorted()) !== canonicalJson(actionsOf(members, contacts).toSorted()))
    kept.set(
      'contact',
      alarm.actions.map((url) => contacts.contactOf(url)),
    );
  return orderMembers(Object.fromEntries(kept));
}

/** `env:prod,host:a` -> traits and their values; undefined for anything else. */
export function traitsOf(scope: string): readonly (readonly [trait: string, value: string])[] | undefined {
  if (scope === '*') return [];
  const traits = scope.split(',').map((part) => {
    const [, trait = '', value = ''] = /^([\w.-]+):(.+)$/u.exec(part.trim()) ?? [];
    return [trait, value] as const;
  });
  return traits.every(([trait]) => trait !== '') ? traits : undefined;
}

/** Source: Aodh's API reference, event rule: `query` is met by an event that meets all of it. */
function eventRuleOf(params: JsonObject): JsonObject {
  const traits = traitsOf(textOf(params, 'query_scope') ?? '*') ?? [];
  const operator = OPERATORS[wordOf(params, 'comparison_method')] ?? '';
  const threshold = textOf(params, 'threshold') ?? '';
  return {
    event_type: textOf(params, 'metric_name') ?? '',
    query: [
      { field: 'traits.value', op: operator, type: 'float', value: threshold },
      ...traits.map(([trait, value]) => ({ field: `traits.${trait}`, op: 'eq', type: 'string', value })),
    ],
  };
}

function actionsOf({ contact }: JsonObject, contacts: ContactMap): readonly string[] {
  return (isStringArray(contact) ? contact : []).flatMap((one) => contacts.handleOf(one) ?? []);
}
