// What fitting a row comes to at every service that has handles for contacts and no variable for a name.

import { isStringArray } from '../alarm/contact.ts';
import type { JsonValue } from '../alarm/json.ts';
import type { ContactMap } from './contacts.ts';

/** A message with the name filled in; any other member as it stands. */
export function withName(name: string, member: string, value: JsonValue): JsonValue {
  const isMessage = member.startsWith('message_') && typeof value === 'string';
  return isMessage ? value.replaceAll('{name}', () => name) : value;
}

/** @param handle what a contact needs, such as `a handle in Datadog`. Undefined when each has one. */
export function contactFault(value: JsonValue, contacts: ContactMap, handle: string): string | undefined {
  const unknown = isStringArray(value)
    ? value.find((contact) => contacts.handleOf(contact) === undefined)
    : undefined;
  return unknown === undefined
    ? undefined
    : `expected a contact that has ${handle}, got ${JSON.stringify(unknown)}: give it one under contacts in the configuration`;
}
