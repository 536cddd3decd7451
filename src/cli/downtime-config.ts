// The section `downtimes` of the configuration file: when the service keeps quiet about which alarms.

import * as v from 'valibot';

import {
  downtimeParams,
  isTimezone,
  MAX_RECURRENCE_COUNT,
  OUR_TAG,
  type Downtime,
  type Recurrence,
} from '../alarm/downtime.ts';
import { canonicalJson } from '../alarm/json.ts';

const MAX_NAME_LENGTH = 100;

/** Source: the documentation of Datadog's downtimes; one of the tags is ours. */
const MAX_TAG_COUNT = 31;

const FREQUENCIES = ['HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'];

/**
 * What may stand in a rule besides its frequency. `DTSTART`, `DTEND` and `DURATION` are members of their own here; with `COUNT` or `UNTIL`
 * it would end, and be made again by each sync.
 */
const RULE_PARTS: ReadonlySet<string> = new Set([
  'INTERVAL',
  'BYDAY',
  'BYHOUR',
  'BYMINUTE',
  'BYMONTH',
  'BYMONTHDAY',
  'BYSETPOS',
  'BYWEEKNO',
  'BYYEARDAY',
  'WKST',
]);

/** Where a mistake is easy. */
const VALUES: Readonly<Record<string, RegExp>> = {
  INTERVAL: /^[1-9]\d{0,3}$/u,
  BYDAY: /^(?:[+-]?\d{1,2})?(?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:[+-]?\d{1,2})?(?:MO|TU|WE|TH|FR|SA|SU))*$/u,
};

const recurrence: v.GenericSchema<unknown, Recurrence> = v.strictObject({
  start: v.pipe(
    v.string(),
    v.check(isLocalTime, 'expected a local time such as 2026-01-04T19:00, without an offset'),
  ),
  duration: v.pipe(
    v.string(),
    v.regex(/^[1-9]\d{0,5}[mhdw]$/u, 'expected a duration such as 14h, in m, h, d or w'),
  ),
  rrule: v.pipe(
    v.string(),
    v.check(
      isRule,
      `expected a rule such as FREQ=WEEKLY;BYDAY=SA,SU, with a FREQ of ${FREQUENCIES.join(', ')} and none of DTSTART, DTEND, DURATION, COUNT, UNTIL`,
    ),
  ),
});

const downtime: v.GenericSchema<unknown, Downtime> = v.pipe(
  v.strictObject({
    name: v.pipe(
      v.string(),
      v.maxLength(MAX_NAME_LENGTH, `expected at most ${MAX_NAME_LENGTH} characters`),
      v.check(isPlainLine, 'expected one line of text, without blanks at its ends'),
    ),
    monitor_tags: v.optional(
      v.pipe(
        v.array(
          v.pipe(
            v.string(),
            v.regex(/^[^\sA-Z,*]{1,200}$/u, 'expected a tag in lower case, such as service:checkout'),
            v.check((tag) => tag !== OUR_TAG, `expected no ${OUR_TAG}, which is asked for anyway`),
          ),
        ),
        v.maxLength(MAX_TAG_COUNT, `expected at most ${MAX_TAG_COUNT} tags`),
      ),
      [],
    ),
    scope: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^(?:\*|\S.*:.*\S)$/u, 'expected a scope such as env:prod, each value with its key, or *'),
      ),
      '*',
    ),
    message: v.optional(v.string(), ''),
    timezone: v.pipe(v.string(), v.check(isTimezone, 'expected a time zone such as Europe/Berlin')),
    recurrences: v.pipe(
      v.array(recurrence),
      v.minLength(1, 'expected a recurrence'),
      v.maxLength(MAX_RECURRENCE_COUNT, `expected at most ${MAX_RECURRENCE_COUNT} recurrences`),
    ),
  }),
  v.transform(({ monitor_tags: monitorTags, ...others }) => ({ ...others, monitorTags })),
);

/** All that the service is to hold: an empty list cancels every one that was made here. */
export const downtimes: v.GenericSchema<unknown, readonly Downtime[]> = v.pipe(
  v.array(downtime),
  v.check(
    (all) => new Set(all.map(({ name }) => name)).size === all.length,
    'expected a name of its own for each downtime',
  ),
  v.check(
    (all) =>
      new Set(all.map((one) => canonicalJson(downtimeParams({ ...one, message: '' })))).size === all.length,
    'expected downtimes that differ in more than name and message: Datadog refuses the second',
  ),
  v.description('When the service keeps quiet: recurring downtimes by name, kept in step on each sync'),
);

function isLocalTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d$/u.test(text) && isRealTime(text);
}

/** There is no 30th of February. */
function isRealTime(text: string): boolean {
  const time = new Date(`${text}:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text);
}

function isRule(text: string): boolean {
  const parts = text.split(';').map((part) => part.split('='));
  const frequencies = parts.filter(([key]) => key === 'FREQ');
  return (
    frequencies.length === 1 &&
    FREQUENCIES.includes(frequencies[0]?.[1] ?? '') &&
    parts.every(
      ([key = '', value = '', ...more]) =>
        (key === 'FREQ' || RULE_PARTS.has(key)) &&
        (VALUES[key] ?? /^[\w,+-]+$/u).test(value) &&
        more.length === 0,
    ) &&
    new Set(parts.map(([key]) => key)).size === parts.length
  );
}

function isPlainLine(text: string): boolean {
  return text !== '' && text === text.trim() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text);
}
