// What a recurring downtime is: when the service keeps quiet about which alarms.

import type { JsonObject } from './json.ts';

export interface Recurrence {
  /** Local time in the downtime's zone, minutes exact. Shape: `2026-01-04T19:00`. */
  readonly start: string;
  /** A whole number and `m`, `h`, `d` or `w`. Shape: `14h`. */
  readonly duration: string;
  /** As of RFC 5545, hourly or coarser. Shape: `FREQ=WEEKLY;BYDAY=SA,SU`. */
  readonly rrule: string;
}

export interface Downtime {
  /** The key: no two have the same. */
  readonly name: string;
  /** Which alarms, by tags that all have to be there; [] for all that are kept in step here. */
  readonly monitorTags: readonly string[];
  /** Which of their groups, in the service's own search syntax; `*` for all. */
  readonly scope: string;
  /** '' for none. */
  readonly message: string;
  /** Of the IANA database. Shape: `Europe/Berlin`. */
  readonly timezone: string;
  /** 1 to 5. */
  readonly recurrences: readonly Recurrence[];
}

/** On every monitor and downtime made here, where the service has tags: whoever asks for it in a downtime asks for all. */
export const OUR_TAG = 'managed_by:alarmsync';

/** Most recurrences one downtime may have. Source: Datadog's API v2 refuses more. */
export const MAX_RECURRENCE_COUNT = 5;

/** The downtime as an image in the ledger: those that are equal do the same. */
export function downtimeParams(downtime: Downtime): JsonObject {
  const { monitorTags, scope, message, timezone, recurrences } = downtime;
  return {
    monitor_tags: [...new Set(monitorTags)].toSorted(),
    scope,
    message: message.trim(),
    timezone,
    recurrences: recurrences
      .map(({ start, duration, rrule }) => ({
        start: start.replace(/(T\d\d:\d\d):00(?:\.0+)?$/u, '$1'),
        duration,
        rrule: canonicalRrule(rrule),
      }))
      .toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1)),
  };
}

/** Parts and their values in one order and case, the frequency first as RFC 5545 has it; an interval of one is the default. */
function canonicalRrule(rrule: string): string {
  return rrule
    .toUpperCase()
    .replace(/^RRULE:/u, '')
    .split(';')
    .filter((part) => part !== '' && part !== 'INTERVAL=1')
    .map((part) =>
      part.replace(/=(.*)$/u, (_, values: string) => `=${values.split(',').toSorted().join(',')}`),
    )
    .toSorted(
      (left, right) => Number(isFrequency(right)) - Number(isFrequency(left)) || (left < right ? -1 : 1),
    )
    .join(';');
}

function isFrequency(part: string): boolean {
  return part.startsWith('FREQ=');
}

/** True for a name of the IANA database, in its own case. */
export function isTimezone(text: string): boolean {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions();
    // Node.js takes any case, and gives some zones under an older name.
    return timeZone.toLowerCase() !== text.toLowerCase() || timeZone === text;
  } catch {
    return false;
  }
}
