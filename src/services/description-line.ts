// A description: what people wrote, and in its last line what a service has no place for elsewhere. Alarms with that line are ours.

import { isJsonObject, parseJson, stringifyJson, type JsonObject, type JsonValue } from '../alarm/json.ts';

const MARK = 'alarmsync: ';

export interface DescriptionLine {
  /** What stands before the line; '' when there is nothing. */
  readonly text: string;
  readonly value: JsonObject;
}

export function descriptionWithLine(text: string, value: JsonObject): string {
  const line = MARK + stringifyJson(value);
  return text === '' ? line : `${text}\n${line}`;
}

/** Undefined for a description without the line. */
export function readDescriptionLine(description: string): DescriptionLine | undefined {
  const lines = description.split('\n');
  const last = lines.pop() ?? '';
  if (!last.startsWith(MARK)) return undefined;
  const value = parsed(last.slice(MARK.length));
  return isJsonObject(value) ? { text: lines.join('\n'), value } : undefined;
}

function parsed(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
