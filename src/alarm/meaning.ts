// Definitions -> texts that are equal exactly when the definitions mean the same.

import { isKnownMember, KNOWN_MEMBERS, type AlarmDefinition } from './alarm.ts';
import { isStringArray } from './contact.ts';
import { canonicalDecimal } from './decimal.ts';
import { canonicalJson, numberText, type JsonObject, type JsonValue } from './json.ts';

/** `meaning`: `in_alarm` is weather and equals `active`. `exact`: the state is compared and sent as it stands. */
export type CompareState = 'meaning' | 'exact';

/** Equal texts mean equal members, over these members only. Shape: a JSON array, opaque. */
export function meaningText(
  params: JsonObject,
  members: readonly string[],
  compareState: CompareState,
): string {
  return JSON.stringify(
    members.map((member) => memberMeaning(member, memberOf(params, member), compareState)),
  );
}

/** Equal texts mean equal definitions, members unknown to us included (those exactly, whatever their order). */
export function wholeMeaningText(params: JsonObject, compareState: CompareState): string {
  const others = Object.fromEntries(Object.entries(params).filter(([member]) => !isKnownMember(member)));
  return meaningText(params, KNOWN_MEMBERS, compareState) + canonicalJson(others);
}

/** What a plan manages: these members, or whole definitions, as a rollback does. */
export type Managed = 'all' | readonly string[];

/** Equal texts mean that what is managed means the same. */
export function managedMeaningText(params: JsonObject, managed: Managed, compareState: CompareState): string {
  return managed === 'all'
    ? wholeMeaningText(params, compareState)
    : meaningText(params, managed, compareState);
}

/** Members of `members` whose meaning differs, in their order. */
export function differingMembers(
  left: JsonObject,
  right: JsonObject,
  members: readonly string[],
  compareState: CompareState,
): readonly string[] {
  return members.filter((member) => {
    const one = memberOf(left, member);
    const other = memberOf(right, member);
    // Nearly all members of two alarms that differ are the same text, or the same list of texts.
    if (isSameText(one, other)) return false;
    return memberMeaning(member, one, compareState) !== memberMeaning(member, other, compareState);
  });
}

function isSameText(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  if (typeof one === 'string') return one === other;
  if (!isStringArray(one) || !isStringArray(other)) return false;
  return one.length === other.length && one.every((text, index) => text === other[index]);
}

/**
 * The definition with the file's managed members laid over what the service holds: members that the file does not
 * manage are kept, managed ones that the file leaves out are removed.
 */
export function overlay(existing: JsonObject, desired: JsonObject, managed: Managed): JsonObject {
  if (managed === 'all') return desired;
  const kept = Object.entries(existing).filter(
    ([member]) => !managed.includes(member) || Object.hasOwn(desired, member),
  );
  const entries = new Map(kept);
  for (const member of managed) {
    const value = memberOf(desired, member);
    if (value !== undefined) entries.set(member, value);
  }
  return Object.fromEntries(entries);
}

/**
 * The definition as it may be sent: its weather is that of `live`, read just before, or none for a create.
 * Sending `active` would silence an alarm that fired since, sending `in_alarm` would page for one that cleared.
 */
export function withWeatherOf(
  definition: AlarmDefinition,
  live: JsonObject | undefined,
  compareState: CompareState,
): AlarmDefinition {
  const state = memberOf(definition.params, 'alarm_state');
  if (compareState === 'exact' || !isActive(state)) return definition;
  const liveState = live === undefined ? undefined : memberOf(live, 'alarm_state');
  const weather = isActive(liveState) ? liveState : 'active';
  return { name: definition.name, params: { ...definition.params, alarm_state: weather } };
}

/** The own member of that name: never one of the prototype's. */
export function memberOf(params: JsonObject, member: string): JsonValue | undefined {
  return Object.hasOwn(params, member) ? params[member] : undefined;
}

function isActive(state: JsonValue | undefined): state is 'active' | 'in_alarm' {
  return state === 'active' || state === 'in_alarm';
}

// The first character tells the kinds apart, so that a text never equals a number or a list.
function memberMeaning(member: string, value: JsonValue | undefined, compareState: CompareState): string {
  switch (member) {
    case 'threshold':
    case 'warning_threshold':
    case 'no_data_minutes':
      return decimalMeaning(value);
    case 'contact':
      return contactMeaning(value);
    case 'tracking_metric_id':
      return typeof value === 'string' ? `=${value.toLowerCase()}` : otherMeaning(value);
    case 'comparison_method':
    case 'metric_math':
      return typeof value === 'string' ? `=${value.trim().toLowerCase()}` : otherMeaning(value);
    case 'alarm_state':
      return compareState === 'meaning' && isActive(value) ? '=active' : otherMeaning(value);
    default:
      return otherMeaning(value);
  }
}

function decimalMeaning(value: JsonValue | undefined): string {
  const text = typeof value === 'string' ? value : numberText(value);
  const canonical = text === undefined ? undefined : canonicalDecimal(text);
  return canonical === undefined ? otherMeaning(value) : `#${canonical}`;
}

function contactMeaning(value: JsonValue | undefined): string {
  const contacts = value ?? [];
  if (!isStringArray(contacts)) return otherMeaning(value);
  return `@${JSON.stringify([...new Set(contacts)].toSorted())}`;
}

function otherMeaning(value: JsonValue | undefined): string {
  if (value === undefined) return '-';
  return typeof value === 'string' ? `=${value}` : `?${canonicalJson(value)}`;
}
