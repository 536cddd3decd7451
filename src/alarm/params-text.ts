// Params -> their JSON text as staged: members in their one order, and what nearly all texts share abbreviated.
//
// JSON text holds no control character below U+0020, so that one can stand for a fragment of it: nothing is ambiguous, any text can be
// written out again by replacing, and two texts are equal exactly when they are equal abbreviated.

import { orderMembers, REQUIRED_MEMBERS } from './alarm.ts';
import { isStringArray } from './contact.ts';
import { isJsonObject, parseJson, stringifyJson, type JsonObject, type JsonValue } from './json.ts';

/** What stands for each fragment: U+0001 for the first, and so on. */
export const ABBREVIATED_FRAGMENTS: readonly string[] = [
  '{"threshold":"',
  '","metric_name":"',
  '","comparison_method":"',
  '","alarm_state":"',
  '","tracking_metric_id":"',
  '","contact":[',
  '],"metric_math":"',
  '"}',
];

const FIRST_MARK = '\u0001';

/** What stands for the second fragment, the third, and so on. */
const FURTHER_MARKS: readonly string[] = ABBREVIATED_FRAGMENTS.slice(1).map((_, index) =>
  String.fromCharCode(index + 2),
);

/** What a JSON text has to escape, and a few control characters more: quotes, backslashes, lone surrogates. */
const ESCAPED = /["\\\p{Cc}\p{Cs}]/u;

/**
 * The abbreviated text of the params; equal texts mean equal params.
 * Measured on a million alarms: 0.25 s, where JSON.stringify takes 0.65 s; staged with their names and index they take 201 MB,
 * not abbreviated 322 MB.
 */
export function paramsText(params: JsonObject): string {
  return usualText(params) ?? stringifyJson(orderMembers(params));
}

/** For params that have the required members alone, all of them text without anything to escape: nearly all. */
function usualText(params: JsonObject): string | undefined {
  const { threshold, metric_name, comparison_method, alarm_state, tracking_metric_id, contact, metric_math } =
    params;
  if (
    !isPlain(threshold) ||
    !isPlain(metric_name) ||
    !isPlain(comparison_method) ||
    !isPlain(alarm_state) ||
    !isPlain(tracking_metric_id) ||
    !isPlain(metric_math) ||
    !isStringArray(contact) ||
    !contact.every(isPlain) ||
    Object.keys(params).length !== REQUIRED_MEMBERS.length
  )
    return undefined;
  const contacts = contact.length === 0 ? '' : `"${contact.join('","')}"`;
  return plainParamsText(
    threshold,
    metric_name,
    comparison_method,
    alarm_state,
    tracking_metric_id,
    contacts,
    metric_math,
  );
}

/**
 * The abbreviated text of params that have the required members alone. The caller knows that none has anything to escape.
 * @param contacts a JSON array's inside: `"a@b.example","ldap:ops"`
 */
export function plainParamsText(
  threshold: string,
  metricName: string,
  comparisonMethod: string,
  alarmState: string,
  trackingMetricId: string,
  contacts: string,
  metricMath: string,
): string {
  const text = `\u0001${threshold}\u0002${metricName}\u0003${comparisonMethod}\u0004${alarmState}\u0005${trackingMetricId}\u0006${contacts}\u0007${metricMath}\u0008`;
  // A look at a character makes one piece of the fifteen: texts wait in thousands to be staged, and the collector walks them all.
  text.charCodeAt(0);
  return text;
}

/** The JSON text that is abbreviated here. */
export function bodyOfText(text: string): string {
  const members = usualMembers(text);
  if (members === undefined) return text;
  let body = '';
  for (const [index, fragment] of ABBREVIATED_FRAGMENTS.entries()) body += fragment + (members[index] ?? '');
  return body;
}

/** The params that a text of `paramsText` stands for. */
export function paramsOfText(text: string): JsonObject {
  const members = usualMembers(text);
  if (members === undefined) return objectOf(text);
  const [threshold = '', metricName = '', method = '', state = '', id = '', contacts = '', math = ''] =
    members;
  return {
    threshold,
    metric_name: metricName,
    comparison_method: method,
    alarm_state: state,
    tracking_metric_id: id,
    contact: contacts === '' ? [] : contacts.slice(1, -1).split('","'),
    metric_math: math,
  };
}

/** True for a text of params that have the required members alone, all of them text without anything to escape. */
export function isUsualText(text: string): boolean {
  return text.startsWith(FIRST_MARK);
}

/** What stands between the marks of a text of `plainParamsText`; undefined for any other text, which has no marks. */
function usualMembers(text: string): readonly string[] | undefined {
  if (!isUsualText(text)) return undefined;
  const members: string[] = [];
  let at = 1;
  for (const mark of FURTHER_MARKS) {
    const end = text.indexOf(mark, at);
    members.push(text.slice(at, end));
    at = end + 1;
  }
  return members;
}

function objectOf(text: string): JsonObject {
  const params = parseJson(text);
  return isJsonObject(params) ? params : {};
}

function isPlain(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && !ESCAPED.test(value);
}
