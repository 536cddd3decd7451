// The attributes of a downtime as sent -> the reason why the vendor refuses them.

import { isObject, isStrings, type Json, type JsonObject } from './json.ts';

/** TS:v2 DowntimeCreateRequestAttributes; an update takes the same. */
const ATTRIBUTES = new Set([
  'display_timezone',
  'message',
  'monitor_identifier',
  'mute_first_recovery_notification',
  'notify_end_states',
  'notify_end_types',
  'schedule',
  'scope',
]);

/** TS:v2 DowntimeCreateRequestAttributes.required. */
const REQUIRED = ['monitor_identifier', 'scope'];

/** Undefined when nothing is wrong. */
export function attributesFault(attributes: JsonObject, isCreate: boolean): string | undefined {
  const missing = isCreate ? REQUIRED.find((name) => attributes[name] === undefined) : undefined;
  // In the words of the validator that the recorded refusal of an unknown attribute comes from.
  if (missing !== undefined) return `'${missing}' is a required property`;
  return (
    unknownFault(attributes, ATTRIBUTES) ??
    scopeFault(attributes['scope']) ??
    identifierFault(attributes['monitor_identifier']) ??
    notifyFault(attributes) ??
    scheduleFault(attributes['schedule'])
  );
}

/** recorded: PY tests/v2 test_update_a_downtime_returns_bad_request_response. */
function unknownFault(value: JsonObject, known: ReadonlySet<string>): string | undefined {
  const unknown = Object.keys(value).find((name) => !known.has(name));
  return unknown === undefined
    ? undefined
    : `Additional properties are not allowed ('${unknown}' was unexpected)`;
}

const KEYED = /[^\s():"]+:(?:\([^()]*\)|"[^"]*"|[^\s()"]+)/gu;
const JOINERS = /\b(?:AND|OR|NOT)\b|[()\-,]/gu;

/** recorded: PY tests/v2 test_schedule_a_downtime_returns_bad_request_response. DOC:monitors/downtimes: `*`, or a search of keyed values. */
function scopeFault(scope: Json | undefined): string | undefined {
  if (scope === undefined) return undefined;
  if (typeof scope !== 'string' || scope.trim() === '') return "'scope' is a required property";
  const isKeyed = scope.replaceAll(KEYED, '').replaceAll(JOINERS, '').trim() === '';
  return scope === '*' || isKeyed ? undefined : 'All values must have a key';
}

/** DOC:monitors/downtimes/_index.md. */
const MAX_TAGS = 32;
const MAX_TAG_LENGTH = 256;

/** TS:v2 DowntimeMonitorIdentifier: an id or tags, one of them. The wording is ours. */
function identifierFault(identifier: Json | undefined): string | undefined {
  if (identifier === undefined) return undefined;
  if (!isObject(identifier) || Object.keys(identifier).length !== 1)
    return 'monitor_identifier must have either monitor_id or monitor_tags';
  const { monitor_id: id, monitor_tags: tags } = identifier;
  if (typeof id === 'number' && Number.isInteger(id)) return undefined;
  const isTags = isStrings(tags) && tags.length > 0 && tags.length <= MAX_TAGS;
  return isTags && tags.every((tag) => tag !== '' && tag.length <= MAX_TAG_LENGTH)
    ? undefined
    : `monitor_identifier must have 1 to ${MAX_TAGS} monitor_tags of at most ${MAX_TAG_LENGTH} characters`;
}

/** TS:v2 DowntimeNotifyEndStateTypes, DowntimeNotifyEndStateActions. */
const WORDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['notify_end_states', ['alert', 'warn', 'no data']],
  ['notify_end_types', ['canceled', 'expired']],
]);

function notifyFault(attributes: JsonObject): string | undefined {
  for (const [name, words] of WORDS) {
    const sent = attributes[name];
    if (sent === undefined || sent === null) continue;
    const wrong = isStrings(sent) ? sent.find((word) => !words.includes(word)) : JSON.stringify(sent);
    if (wrong !== undefined)
      return `'${wrong}' is not one of [${words.map((word) => `'${word}'`).join(', ')}]`;
  }
  return undefined;
}

const ONE_TIME = new Set(['start', 'end']);
const RECURRING = new Set(['timezone', 'recurrences']);
const RECURRENCE = new Set(['rrule', 'duration', 'start']);
/** SC model/downtime_schedules.py, _MAX_API_RECURRENCES. */
const MAX_RECURRENCES = 5;

/** TS:v2 DowntimeScheduleCreateRequest: one-time or recurring. The wordings of what follows are ours. */
function scheduleFault(schedule: Json | undefined): string | undefined {
  if (schedule === undefined || schedule === null) return undefined;
  if (!isObject(schedule)) return 'schedule must be an object';
  const { recurrences } = schedule;
  if (recurrences === undefined) return unknownFault(schedule, ONE_TIME) ?? momentsFault(schedule);
  const unknown = unknownFault(schedule, RECURRING);
  if (unknown !== undefined) return unknown;
  if (!Array.isArray(recurrences) || recurrences.length === 0 || recurrences.length > MAX_RECURRENCES)
    return `schedule must have 1 to ${MAX_RECURRENCES} recurrences`;
  for (const recurrence of recurrences) {
    const fault = recurrenceFault(recurrence);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const UTC_MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]00:?00)$/u;

/** TS:v2 DowntimeScheduleOneTimeCreateUpdateRequest: "Must include a UTC offset of zero"; null is now, or for ever. */
function momentsFault(schedule: JsonObject): string | undefined {
  const wrong = ['start', 'end'].find((name) => {
    const moment = schedule[name];
    if (moment === undefined || moment === null) return false;
    return typeof moment !== 'string' || !UTC_MOMENT.test(moment);
  });
  return wrong === undefined ? undefined : `${wrong} must be an ISO-8601 datetime with a UTC offset of zero`;
}

const LOCAL_MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/u;
const FREQUENCY = /(?:^|;)FREQ=(?:HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)(?:;|$)/u;

/** TS:v2 DowntimeScheduleRecurrenceCreateUpdateRequest. */
function recurrenceFault(recurrence: Json): string | undefined {
  if (!isObject(recurrence)) return 'a recurrence must be an object';
  const unknown = unknownFault(recurrence, RECURRENCE);
  if (unknown !== undefined) return unknown;
  const { rrule, duration, start } = recurrence;
  // "a string with a number and a unit: m, h, d or w".
  if (typeof duration !== 'string' || !/^[1-9]\d*[mhdw]$/u.test(duration))
    return 'duration must be an integer followed by m, h, d or w';
  const isLocal = typeof start === 'string' ? LOCAL_MOMENT.test(start) : (start ?? null) === null;
  // "Must not include a UTC offset."
  return isLocal ? rruleFault(rrule) : 'start must be an ISO-8601 datetime without a UTC offset';
}

function rruleFault(rrule: Json | undefined): string | undefined {
  if (typeof rrule !== 'string') return "'rrule' is a required property";
  // "Attributes specifying the duration in RRULE are not supported (for example, DTSTART, DTEND, DURATION)."
  const forbidden = /\b(DTSTART|DTEND|DURATION)\b/iu.exec(rrule)?.[1];
  if (forbidden !== undefined) return `${forbidden} is not supported in rrule`;
  return FREQUENCY.test(rrule) ? undefined : 'rrule must have a FREQ of HOURLY or coarser';
}
