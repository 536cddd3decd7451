// Flags -> what is to be observed, with the thresholds that follow from how often a sync is started.

import { AlarmSyncError } from '../alarm/errors.ts';
import { isTimezone } from '../alarm/downtime.ts';
import type { ObserveWish } from '../services/datadog/observe/observe.ts';
import { FLAGS, type FlagName } from './flags.ts';
import { required, type Values } from './values.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What a tag may be without Datadog changing it. Source: its documentation of tags; lower case, 200 characters. */
const TAG = /^[a-z][a-z0-9_:./-]{0,199}(?<![_:])$/u;

/** Those of a monitor are 32 at most, and two are ours. */
const MAX_TAG_COUNT = 30;

/** A handle ends at a blank; braces would be filled in. */
const HANDLE = /^@[^\s{}]+$/u;

/** A sync of every night, and nothing known of its agent: 24 h and what a run takes; once it failed, twice that. */
const DEFAULTS = { warningMs: 26 * HOUR_MS, criticalMs: 50 * HOUR_MS, noDataMs: 10 * MINUTE_MS };

/** No data is told of a window of 5 minutes at the earliest, and surely of two. */
const MIN_NO_DATA_MS = 10 * MINUTE_MS;

/** @throws {ALARMSYNC_CLI_USAGE} for what cannot be observed so. */
export function observeWishOf(values: Values): ObserveWish {
  const everyMs = values.durationMs('every', MINUTE_MS);
  const defaults = everyMs === undefined ? DEFAULTS : limitsOf(everyMs);
  const wish = {
    tags: listOf(values, 'tag', TAG, 'tags in lower case such as env:prod'),
    handles: listOf(values, 'notify', HANDLE, 'handles such as @ops@example.com'),
    warningMs: wholeMs(values, 'warning', 1000) ?? defaults.warningMs,
    criticalMs: wholeMs(values, 'critical', 1000) ?? defaults.criticalMs,
    noDataMs: wholeMs(values, 'no-data', MINUTE_MS) ?? defaults.noDataMs,
    timezone: required(values.text('timezone')),
  };
  if (wish.tags.length > MAX_TAG_COUNT)
    throw wrong('tag', `at most ${MAX_TAG_COUNT} tags, got ${wish.tags.length}`);
  if (wish.warningMs >= wish.criticalMs)
    throw wrong(
      'warning',
      `less than --critical, got ${wish.warningMs / 1000} s and ${wish.criticalMs / 1000} s`,
    );
  if (wish.noDataMs < MIN_NO_DATA_MS)
    throw wrong('no-data', `at least 10m, got ${wish.noDataMs / MINUTE_MS} minutes`);
  if (!isTimezone(wish.timezone))
    throw wrong('timezone', `a time zone such as Europe/Berlin, got "${wish.timezone}"`);
  return wish;
}

/** A twelfth for the run itself, and at least ten minutes. */
function limitsOf(everyMs: number): Pick<ObserveWish, 'warningMs' | 'criticalMs' | 'noDataMs'> {
  const slackMs = Math.max(MIN_NO_DATA_MS, everyMs / 12);
  const onceMs = wholeMinutesMs(everyMs + slackMs);
  return { warningMs: onceMs, criticalMs: wholeMinutesMs(2 * everyMs + slackMs), noDataMs: onceMs };
}

function wholeMinutesMs(durationMs: number): number {
  return Math.ceil(durationMs / MINUTE_MS) * MINUTE_MS;
}

function listOf(values: Values, flag: FlagName, form: RegExp, expected: string): readonly string[] {
  const list = [...new Set(values.list(flag))];
  const odd = list.find((one) => !form.test(one));
  if (odd !== undefined) throw wrong(flag, `${expected}, got "${odd}"`);
  return list;
}

function wholeMs(values: Values, flag: FlagName, unitMs: number): number | undefined {
  const durationMs = values.durationMs(flag, unitMs);
  if (durationMs !== undefined && durationMs % unitMs !== 0)
    throw wrong(flag, `whole ${unitMs === MINUTE_MS ? 'minutes' : 'seconds'}, got ${durationMs} ms`);
  return durationMs;
}

function wrong(flag: FlagName, expected: string): AlarmSyncError {
  return new AlarmSyncError('ALARMSYNC_CLI_USAGE', `--${flag}: expected ${expected}`, {
    hint: FLAGS[flag].meaning,
  });
}
