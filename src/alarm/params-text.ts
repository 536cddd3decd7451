// Params -> their JSON text as staged: members in their one order, and what nearly all texts share abbreviated.
//
// JSON text holds no control character, so that one can stand for a fragment of it: nothing is ambiguous, any text can be
// written out again by replacing, and two texts are equal exactly when they are equal abbreviated.

import { orderMembers, REQUIRED_MEMBERS } from './alarm.ts';
import { isStringArray } from './contact.ts';
import { stringifyJson, type JsonObject, type JsonValue } from './json.ts';

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
  return `\u0001${threshold}\u0002${metric_name}\u0003${comparison_method}\u0004${alarm_state}\u0005${tracking_metric_id}\u0006${contacts}\u0007${metric_math}\u0008`;
}

function isPlain(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && !ESCAPED.test(value);
}
