// What is to be observed, and the marks by which what was made for it is found again.
//
// What is observed is whatever bears certain tags: each set of them has a dashboard, a monitor and two downtimes of its own. Monitors and
// the downtimes for them know each other by tags. Dashboards and downtimes have no free tags, so that the last line of the dashboard's
// description, and of the downtime's message, says what it is.

import { createHash } from 'node:crypto';

/** Complete; units as in the names. */
export interface ObserveWish {
  /** The tags that the metrics bear, all of them; [] for the metrics of every run. */
  readonly tags: readonly string[];
  /** Whom the monitor tells. Shape: `@ops@example.com`, `@slack-ops`. */
  readonly handles: readonly string[];
  /** How old the last good sync may be. Whole seconds, and less than `criticalMs`. */
  readonly warningMs: number;
  readonly criticalMs: number;
  /** How long there may be no metrics at all. Whole minutes. */
  readonly noDataMs: number;
  /** Of the downtimes, from the IANA database. Shape: `Europe/Berlin`. */
  readonly timezone: string;
}

/** On the monitor. Another tag than that of alarms, so that no sync takes it for one. */
const OBSERVED_TAG = 'observed_by:alarmsync';

const SET_PREFIX = 'alarmsync_observe:';

/** What stands between the braces of a query: the tags in one order, each once. */
export function scopeOf({ tags }: Pick<ObserveWish, 'tags'>, ...more: readonly string[]): string {
  const all = [...[...new Set(tags)].toSorted(), ...more];
  return all.length === 0 ? '*' : all.join(',');
}

/** The tags by which the monitor is found, and by which the downtimes mute it and no other. */
export function monitorMarks(wish: ObserveWish): readonly string[] {
  const key = createHash('sha256').update(scopeOf(wish)).digest('hex').slice(0, 16);
  return [OBSERVED_TAG, SET_PREFIX + key];
}

/** The line by which a thing without tags is found. */
export function markLine(what: 'dashboard' | 'weeknights' | 'weekends', wish: ObserveWish): string {
  return `alarmsync observe: ${what} of ${scopeOf(wish)}`;
}

export function endsWithLine(text: string, line: string): boolean {
  return text.trimEnd().split('\n').at(-1) === line;
}

/** A name for people: what is observed, where it is not everything. */
export function titleOf(title: string, wish: ObserveWish): string {
  return wish.tags.length === 0 ? title : `${title} (${scopeOf(wish)})`;
}
