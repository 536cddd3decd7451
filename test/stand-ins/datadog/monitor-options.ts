// The options of a monitor -> the reason why the vendor refuses them, or what of them comes back.

import { invalidParameter } from './answer.ts';
import { isObject, isStrings, type Json, type JsonObject } from './json.ts';
import { keptThresholds } from './thresholds.ts';

type Check = (value: Json) => boolean;

const any: Check = () => true;
const flag: Check = (value) => typeof value === 'boolean';
const text: Check = (value) => typeof value === 'string';
const object: Check = isObject;
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && words.includes(value);
const someOf =
  (...words: readonly string[]): Check =>
  (value) =>
    isStrings(value) && value.every((word) => words.includes(word));
const whole =
  (min: number, max: number): Check =>
  (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;

const DAY_SECONDS = 86_400;
const UNBOUNDED = Number.MAX_SAFE_INTEGER;

/**
 * TS:v1 MonitorOptions; DOC:monitors/guide/monitor_api_options.md for the ranges.
 * `avalanche_window` comes back though nothing documents it: it is not a thing to write, so it is not listed.
 */
const OPTIONS: ReadonlyMap<string, Check> = new Map([
  ['aggregation', object],
  // recorded: accepted, not returned.
  ['classification', any],
  ['device_ids', isStrings],
  ['enable_logs_sample', flag],
  ['enable_samples', flag],
  ['escalation_message', text],
  ['evaluation_delay', whole(0, DAY_SECONDS)],
  ['group_retention_duration', text],
  ['groupby_simple_monitor', flag],
  ['include_tags', flag],
  ['locked', flag],
  ['min_failure_duration', whole(0, 7200)],
  ['min_location_failed', whole(0, UNBOUNDED)],
  ['new_group_delay', whole(0, UNBOUNDED)],
  ['new_host_delay', whole(0, UNBOUNDED)],
  ['no_data_timeframe', whole(0, UNBOUNDED)],
  ['notification_preset_name', oneOf('show_all', 'hide_query', 'hide_handles', 'hide_all')],
  ['notify_audit', flag],
  ['notify_by', isStrings],
  ['notify_no_data', flag],
  ['on_missing_data', oneOf('default', 'show_no_data', 'show_and_notify_no_data', 'resolve')],
  ['renotify_interval', whole(0, UNBOUNDED)],
  ['renotify_occurrences', whole(0, UNBOUNDED)],
  ['renotify_statuses', someOf('alert', 'warn', 'no data')],
  ['require_full_window', flag],
  ['scheduling_options', object],
  ['silenced', object],
  ['synthetics_check_id', any],
  ['threshold_windows', object],
  ['thresholds', object],
  ['timeout_h', whole(0, 24)],
  ['variables', any],
]);

/**
 * Why the vendor refuses the options, thresholds aside; undefined when it does not. Null is taken for any (recorded).
 * `isCumulative` is undefined where the window of the query is not read: any but a metric's.
 */
export function optionsFault(options: JsonObject, isCumulative: boolean | undefined): string | undefined {
  for (const [name, value] of Object.entries(options)) {
    const check = OPTIONS.get(name);
    // DOC: create a monitor, "Errors & Validation": Invalid monitor option:<invalid option>.
    if (check === undefined) return `Invalid monitor option:${name}`;
    if (value !== null && !check(value)) return invalidParameter(name);
  }
  return missingDataFault(options) ?? scheduleFault(options, isCumulative);
}

/** TF schema, ConflictsWith. A null timeframe and a false notify_no_data beside it were recorded as accepted. The wording is ours. */
function missingDataFault(options: JsonObject): string | undefined {
  if (typeof options['on_missing_data'] !== 'string') return undefined;
  const isConflict = typeof options['no_data_timeframe'] === 'number' || options['notify_no_data'] === true;
  return isConflict
    ? 'on_missing_data cannot be combined with no_data_timeframe or notify_no_data.'
    : undefined;
}

function scheduleFault(options: JsonObject, isCumulative: boolean | undefined): string | undefined {
  const scheduling = options['scheduling_options'];
  const schedule = isObject(scheduling) ? scheduling : {};
  // reported to DataDog/terraform-provider-datadog.
  if (isCumulative !== undefined && isObject(schedule['evaluation_window']) !== isCumulative)
    return 'Monitors with an evaluation_window scheduling_option must have a current query period and vice versa.';
  // TS:v1 MonitorOptions.on_missing_data; the wording is ours.
  if (isObject(schedule['custom_schedule']) && typeof options['on_missing_data'] !== 'string')
    return 'on_missing_data is required with custom_schedule.';
  return undefined;
}

export interface OptionsContext {
  readonly type: string;
  readonly hasGroups: boolean;
  /** Written by the service alone: DOC:monitors/guide/monitor_api_options.md, "only shows v1 downtimes". */
  readonly silenced: Json;
}

/** What is kept of options that were taken. */
export function keptOptions(options: JsonObject, { type, hasGroups, silenced }: OptionsContext): JsonObject {
  const kept = { ...addedOptions(type, hasGroups), ...options, silenced };
  const thresholds = keptThresholds(options['thresholds']);
  const message = options['escalation_message'];
  // recorded: TF TestAccDatadogMonitor_TrimWhitespace.
  const trimmed = typeof message === 'string' ? { escalation_message: message.trim() } : {};
  const all: JsonObject = { ...kept, ...trimmed, ...(thresholds === undefined ? {} : { thresholds }) };
  const isDropped = (name: string): boolean =>
    name === 'classification' ||
    (name === 'thresholds' && thresholds === undefined) ||
    // recorded: TS "metric monitor with a custom schedule".
    (name === 'on_missing_data' && all[name] === 'default');
  return Object.fromEntries(Object.entries(all).filter(([name]) => !isDropped(name)));
}

/** recorded: what 216 creates and updates came back with though it was not sent. */
function addedOptions(type: string, hasGroups: boolean): JsonObject {
  return {
    new_host_delay: 300,
    notify_audit: false,
    include_tags: true,
    notify_no_data: false,
    ...(type === 'log alert' ? { groupby_simple_monitor: false } : {}),
    // recorded with 10 or 20, for which monitors is not known: here for those with groups.
    ...(hasGroups ? { avalanche_window: 10 } : {}),
  };
}
