// JSON text <-> values that the rules can narrow without assertions.

export type Json = null | boolean | number | string | Json[] | JsonObject;

export interface JsonObject {
  [key: string]: Json;
}

/** Undefined for anything but one JSON object. */
export function decodeObject(text: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isStrings(value: Json | undefined): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** One text for equal values, whatever the order of their keys. */
export function canonicalText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalText(member)}`);
  return `{${members.join(',')}}`;
}

/** As the vendor prints a float: 2 is `2.0` (recorded: PY tests/v1 test_edit_a_monitor_returns_ok_response). */
export function floatText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? `${value}.0` : String(value);
}

// Stands for a float while JSON.stringify runs: it would print 2.0 as 2.
const FLOAT_MARK = '\u{E000}float:';
const MARKED_FLOAT = new RegExp(`"${FLOAT_MARK}([^"]*)"`, 'gu');

/** Text for the wire: the members of every `thresholds` as floats. */
export function wireText(value: unknown): string {
  const text = JSON.stringify(value, (key, member: Json) =>
    key === 'thresholds' && isObject(member) ? markFloats(member) : member,
  );
  return text.replaceAll(MARKED_FLOAT, '$1');
}

function markFloats(thresholds: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(thresholds).map(([key, value]) => [
      key,
      typeof value === 'number' ? `${FLOAT_MARK}${floatText(value)}` : value,
    ]),
  );
}

/** A time as the vendor prints it: microseconds, and `+00:00` for UTC. */
export function timeText(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, -1)}000+00:00`;
}
