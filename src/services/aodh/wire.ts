// The documented shapes of Aodh's alarming API, version 2, and what turns their JSON text into them.
//
//   alarm    {"alarm_id": "557c…", "name": "disk-full", "type": "event", "description": "…", "enabled": true, "state": "ok",
//             "alarm_actions": ["https://…"], "event_rule": {"event_type": "…", "query": [{"field", "op", "type", "value"}…]}, …}
//   list     [alarm…]     by ?limit and ?marker, the alarm_id of the last one
//   refusal  {"error_message": {"faultstring": "…"}}
//
// Source: Aodh's API reference, version 2; members that are not read here are kept as they came.

import { isStringArray } from '../../alarm/contact.ts';
import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../../alarm/json.ts';
import { malformed } from '../http-error.ts';

export interface HeldAlarm {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly isEnabled: boolean;
  /** `ok`, `alarm` or `insufficient data`. */
  readonly state: string;
  readonly actions: readonly string[];
  /** Null for an alarm of another type. */
  readonly eventRule: JsonValue;
  /** All of it, read-only members included. */
  readonly whole: JsonObject;
}

/** @throws {ALARMSYNC_SERVICE_MALFORMED} when the text is anything but a list of alarms. */
export function decodeAlarms(text: string, where: string): readonly HeldAlarm[] {
  const list = parsed(text, where);
  if (!Array.isArray(list)) throw malformed('expected a list of alarms', where);
  return list.map((item: JsonValue) => alarmOf(item, where));
}

/** @throws {ALARMSYNC_SERVICE_MALFORMED} when the text is anything but an alarm. */
export function decodeAlarm(text: string, where: string): HeldAlarm {
  return alarmOf(parsed(text, where), where);
}

function alarmOf(value: JsonValue, where: string): HeldAlarm {
  if (!isJsonObject(value)) throw malformed('expected each alarm to be an object', where);
  const { alarm_id: id, name, description, enabled, state, alarm_actions: actions } = value;
  if (typeof id !== 'string' || typeof name !== 'string')
    throw malformed('expected an alarm with the texts "alarm_id" and "name"', where);
  return {
    id,
    name,
    description: typeof description === 'string' ? description : '',
    isEnabled: enabled !== false,
    state: typeof state === 'string' ? state : '',
    actions: isStringArray(actions) ? actions : [],
    eventRule: value['event_rule'] ?? null,
    whole: value,
  };
}

function parsed(text: string, where: string): JsonValue {
  try {
    return parseJson(text);
  } catch {
    throw malformed('expected JSON, got something else', where);
  }
}
