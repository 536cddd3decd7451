// What is wanted and what is held -> the fields that differ, and the held thing with what is wanted laid over it. Pure.
//
// Only what is wanted is looked at: members that the service or a person added are no difference, and stay.

import { isJsonObject, numberText, type JsonObject, type JsonValue } from '../../../alarm/json.ts';

export interface FieldDifference {
  /** Shape: `options.thresholds.critical`. */
  readonly field: string;
  /** Undefined where it is not there. */
  readonly held: JsonValue | undefined;
  readonly wanted: JsonValue;
}

/** Lists of one length are compared item by item. */
export function differences(
  wanted: JsonValue,
  held: JsonValue | undefined,
  field = '',
): readonly FieldDifference[] {
  if (isJsonObject(wanted) && isJsonObject(held))
    return Object.entries(wanted).flatMap(([member, value]) =>
      differences(value, held[member], field === '' ? member : `${field}.${member}`),
    );
  if (isList(wanted) && isList(held) && wanted.length === held.length)
    return wanted.flatMap((item, index) => differences(item, held[index], `${field}.${index}`));
  return isSame(wanted, held) ? [] : [{ field, held, wanted }];
}

/** @returns a thing that no longer differs from what is wanted */
export function overlay(wanted: JsonValue, held: JsonValue | undefined): JsonValue {
  if (isJsonObject(wanted) && isJsonObject(held)) {
    const laid = Object.entries(wanted).map(
      ([member, value]) => [member, overlay(value, held[member])] as const,
    );
    return { ...held, ...Object.fromEntries(laid) };
  }
  if (isList(wanted) && isList(held) && wanted.length === held.length)
    return wanted.map((item, index) => overlay(item, held[index]));
  return isSame(wanted, held) && held !== undefined ? held : wanted;
}

/** Members that are null are as if they were not there. */
export function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}

/** `3.0` is 3, and blanks at the ends of a text do not count: they are cut off there. */
function isSame(wanted: JsonValue, held: JsonValue | undefined): boolean {
  const [left, right] = [numberText(wanted), numberText(held)];
  if (left !== undefined && right !== undefined) return Number(left) === Number(right);
  if (typeof wanted === 'string' && typeof held === 'string') return wanted.trim() === held.trim();
  return wanted === held;
}

/** A list whose items are values. */
export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
