// A definition of the file -> the same as Aodh gives it back, or every reason why it cannot hold it.

import type { AlarmDefinition, Member } from '../../alarm/alarm.ts';
import type { JsonValue } from '../../alarm/json.ts';
import type { RowFault } from '../../alarm/row.ts';
import type { ContactMap } from '../contacts.ts';
import { contactFault, withName } from '../fitting.ts';
import { traitsOf } from './definition.ts';

/** What an event alarm can do nothing with. */
const NONE: ReadonlyMap<string, string> = new Map<Member, string>([
  ['warning_threshold', 'second threshold'],
  ['no_data_minutes', 'time without data'],
  ['message_warning', 'message for a warning'],
  ['message_no_data', 'message for missing data'],
  ['evaluation_window', 'window'],
]);

export function fitDefinition(
  { name, params }: AlarmDefinition,
  contacts: ContactMap,
): { readonly definition: AlarmDefinition } | { readonly faults: readonly RowFault[] } {
  const fitted = new Map<string, JsonValue>();
  const faults: RowFault[] = [];
  for (const [member, said] of Object.entries(params)) {
    const value = withName(name, member, said);
    const reason = faultOf(member, value, contacts);
    if (reason !== undefined) faults.push({ column: member, reason });
    else if (member !== 'query_scope' || value !== '*') fitted.set(member, value);
  }
  return faults.length > 0 ? { faults } : { definition: { name, params: Object.fromEntries(fitted) } };
}

function faultOf(member: string, value: JsonValue, contacts: ContactMap): string | undefined {
  const none = NONE.get(member);
  if (none !== undefined) return `expected no ${none}: an event alarm of Aodh has none`;
  if (member === 'contact') return contactFault(value, contacts, 'a URL in Aodh');
  if (typeof value !== 'string') return undefined;
  if (member === 'query_scope' && traitsOf(value) === undefined)
    return 'expected traits such as env:prod,host:a';
  if (member === 'message_alert' && /\{(?:value|threshold)\}/u.test(value))
    return 'expected no {value} and no {threshold}: Aodh fills nothing into a description';
  return undefined;
}
