// An alarm definition <-> the parts of a monitor that we manage.

import { orderMembers, type AlarmDefinition, type Member } from '../../alarm/alarm.ts';
import { isStringArray } from '../../alarm/contact.ts';
import { isJsonObject, numberText, parseNumber, type JsonObject, type JsonValue } from '../../alarm/json.ts';
import { textOf, wordOf } from '../../alarm/member-text.ts';
import type { ContactMap } from '../contacts.ts';
import { messageText, readMessage } from './message.ts';
import { DEFAULT_SCOPE, DEFAULT_WINDOW, queryText, readQuery, thresholdText } from './query.ts';
import { readTags, tagsOf } from './tags.ts';
import type { Monitor } from './wire.ts';

/** Options that the service writes by itself. */
const READ_ONLY_OPTIONS: ReadonlySet<string> = new Set(['silenced', 'avalanche_window']);

/**
 * The body of a create, or of the update of `live`: tags and options that others set on it are kept. An update replaces all options,
 * so that they are sent whole.
 */
export function monitorBody(
  { name, params }: AlarmDefinition,
  contacts: ContactMap,
  live: Pick<Monitor, 'tags' | 'options'> | undefined,
): JsonObject {
  const math = wordOf(params, 'metric_math');
  const threshold = thresholdText(textOf(params, 'threshold') ?? '') ?? '';
  const contact = params['contact'];
  const message = messageText(
    {
      alert: textOf(params, 'message_alert'),
      warning: textOf(params, 'message_warning'),
      noData: textOf(params, 'message_no_data'),
      contacts: isStringArray(contact) ? contact : [],
    },
    contacts,
  );
  const tagged = {
    isInactive: params['alarm_state'] === 'inactive',
    isMedian: math === 'median',
    trackingMetricId: textOf(params, 'tracking_metric_id')?.toLowerCase(),
  };
  const tags = tagsOf(name, tagged, live?.tags ?? []);
  return {
    // Either of the two types is taken for any metric query, and comes back as the other where Datadog prefers it.
    type: 'query alert',
    name,
    query: queryOf(params, math, threshold),
    message,
    tags,
    options: optionsOf(params, threshold, live?.options ?? {}),
  };
}

function queryOf(params: JsonObject, math: string, threshold: string): string {
  return queryText({
    metricName: textOf(params, 'metric_name') ?? '',
    metricMath: math === 'median' ? 'p50' : math,
    comparisonMethod: wordOf(params, 'comparison_method'),
    threshold,
    scope: textOf(params, 'query_scope') ?? DEFAULT_SCOPE,
    window: textOf(params, 'evaluation_window') ?? DEFAULT_WINDOW,
  });
}

function optionsOf(params: JsonObject, threshold: string, live: JsonObject): JsonObject {
  const written = Object.entries(live).filter(([option]) => !READ_ONLY_OPTIONS.has(option));
  const options = new Map<string, JsonValue>(written);
  options.set('thresholds', thresholdsOf(params, threshold, live['thresholds']));
  const minutes = textOf(params, 'no_data_minutes');
  options.set('notify_no_data', minutes !== undefined);
  if (minutes === undefined) {
    options.delete('no_data_timeframe');
  } else {
    options.set('no_data_timeframe', Number(minutes));
    // The newer option says the same, and is refused beside the older pair.
    options.delete('on_missing_data');
  }
  return Object.fromEntries(options);
}

function thresholdsOf(params: JsonObject, critical: string, live: JsonValue | undefined): JsonObject {
  const kept = Object.entries(isJsonObject(live) ? live : {});
  const thresholds = new Map<string, JsonValue>(kept);
  // They belong to the number beside them, and are refused where they do not fit it.
  if (numberOf(thresholds.get('critical')) !== critical) thresholds.delete('critical_recovery');
  thresholds.set('critical', parseNumber(critical));
  const warning = thresholdText(textOf(params, 'warning_threshold') ?? '');
  if (warning === undefined || numberOf(thresholds.get('warning')) !== warning)
    thresholds.delete('warning_recovery');
  if (warning === undefined) thresholds.delete('warning');
  else thresholds.set('warning', parseNumber(warning));
  return Object.fromEntries(thresholds);
}

/**
 * The definition that a monitor is. What somebody rewrote by hand into a form that no definition has, such as a formula for a query,
 * is left out, so that it differs from any definition.
 */
export function definitionParams(monitor: Monitor, contacts: ContactMap): JsonObject {
  const tagged = readTags(monitor.tags);
  const state = monitor.overallState === 'Alert' ? 'in_alarm' : 'active';
  const members: Members = {
    ...queryMembers(monitor.query, tagged.isMedian),
    ...optionMembers(monitor.options),
    ...messageMembers(monitor.message, contacts),
    alarm_state: tagged.isInactive ? 'inactive' : state,
    tracking_metric_id: tagged.trackingMetricId,
  };
  return orderMembers(
    Object.fromEntries(
      Object.entries(members).flatMap(([member, value]) =>
        value === undefined ? [] : [[member, value] as const],
      ),
    ),
  );
}

/** Undefined for a member that the monitor has not. */
type Members = { readonly [Name in Member]?: JsonValue | undefined };

function queryMembers(queryOfMonitor: string, isMedian: boolean): Members {
  const query = readQuery(queryOfMonitor);
  if (query === undefined) return {};
  return {
    threshold: query.threshold,
    metric_name: query.metricName,
    comparison_method: query.comparisonMethod,
    metric_math: isMedian && query.metricMath === 'p50' ? 'median' : query.metricMath,
    query_scope: query.scope === DEFAULT_SCOPE ? undefined : query.scope,
    evaluation_window: query.window === DEFAULT_WINDOW ? undefined : query.window,
  };
}

function optionMembers(options: JsonObject): Members {
  const thresholds = isJsonObject(options['thresholds']) ? options['thresholds'] : {};
  const critical = numberOf(thresholds['critical']);
  return {
    ...(critical === undefined ? {} : { threshold: critical }),
    warning_threshold: numberOf(thresholds['warning']),
    no_data_minutes: noDataMinutes(options),
  };
}

function messageMembers(whole: string, contacts: ContactMap): Members {
  const message = readMessage(whole, contacts);
  if (message === undefined) return { contact: [] };
  return {
    contact: message.contacts,
    message_alert: message.alert,
    message_warning: message.warning,
    message_no_data: message.noData,
  };
}

function noDataMinutes(options: JsonObject): string | undefined {
  return options['notify_no_data'] === true ? numberOf(options['no_data_timeframe']) : undefined;
}

/** As `thresholdText` writes it: `2.0` is `2`. */
function numberOf(value: JsonValue | undefined): string | undefined {
  const number = numberText(value);
  return number === undefined ? undefined : (thresholdText(number) ?? number);
}
