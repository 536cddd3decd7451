// The documented shapes of Datadog's monitors and dashboards APIs, version 1, and downtimes API, version 2, and what turns their JSON
// text into them.
//
//   monitor   {"id": 21053382, "name": "disk-full", "query": "…", "message": "…", "tags": ["a:b"], "type": "query alert",
//              "overall_state": "OK", "options": {"thresholds": {"critical": 3.0}, …}, …}
//   list      [monitor…]                            bare, also when there are no more
//   deleted   {"deleted_monitor_id": 21053382}
//   downtimes {"data": [{"id": "85428b34-…", "attributes": {"scope": "*", …}, …}…]}
//   dashboard {"id": "abc-def-ghi", "title": "…", "description": "…" or null, "widgets": [{"id": 1, "definition": {…}}…], …}
//   dashboards {"dashboards": [{"id": "abc-def-ghi", "title": "…", "description": "…" or null, …}…]}
//   refusal   {"errors": ["…"]}
//
// Source: MonitorsApi, DashboardsApi and DowntimesApi in Datadog's OpenAPI descriptions of the API v1 and v2; members that are not read here are kept as they came.

import { isStringArray } from '../../alarm/contact.ts';
import { isJsonObject, numberText, parseJson, type JsonObject, type JsonValue } from '../../alarm/json.ts';
import { malformed } from '../http-error.ts';

export interface Monitor {
  /** A whole number, as text. */
  readonly id: string;
  readonly name: string;
  readonly query: string;
  readonly message: string;
  readonly tags: readonly string[];
  readonly overallState: string;
  readonly options: JsonObject;
  /** All of it, read-only members included. */
  readonly whole: JsonObject;
}

/** @throws {ALARMSYNC_SERVICE_MALFORMED} when the text is anything but a list of monitors. */
export function decodeMonitors(text: string, where: string): readonly Monitor[] {
  const list = parse(text, where);
  if (!Array.isArray(list)) throw malformed('expected a list of monitors', where);
  return list.map((item: JsonValue) => monitorOf(item, where));
}

/** @throws {ALARMSYNC_SERVICE_MALFORMED} when the text is anything but a monitor. */
export function decodeMonitor(text: string, where: string): Monitor {
  return monitorOf(parse(text, where), where);
}

/** The id that the answer to a delete names; undefined when it names none. */
export function decodeDeletedId(text: string): string | undefined {
  const answer = parsed(text);
  return isJsonObject(answer) ? numberText(answer['deleted_monitor_id']) : undefined;
}

export interface HeldDowntime {
  /** A UUID. */
  readonly id: string;
  readonly attributes: JsonObject;
}

/** @throws {ALARMSYNC_SERVICE_MALFORMED} when the text is anything but a list of downtimes. */
export function decodeDowntimes(text: string, where: string): readonly HeldDowntime[] {
  const answer = parse(text, where);
  const data = isJsonObject(answer) ? answer['data'] : undefined;
  if (!Array.isArray(data)) throw malformed('expected a list "data" of downtimes', where);
  return data.map((downtime: JsonValue) => {
    const { id, attributes } = isJsonObject(downtime) ? downtime : {};
    if (typeof id === 'string' && isJsonObject(attributes)) return { id, attributes };
    throw malformed('expected each downtime to have a text "id" and an object "attributes"', where);
  });
}

/** A dashboard as a list has it. */
export interface DashboardSummary {
  readonly id: string;
  /** '' where there is none. */
  readonly description: string;
}

/** @throws {ALARMSYNC_SERVICE_MALFORMED} when the text is anything but a list of dashboards. */
export function decodeDashboardSummaries(text: string, where: string): readonly DashboardSummary[] {
  const answer = parse(text, where);
  const dashboards = isJsonObject(answer) ? answer['dashboards'] : undefined;
  if (!Array.isArray(dashboards)) throw malformed('expected a list "dashboards"', where);
  return dashboards.map((dashboard: JsonValue) => {
    const { id, description } = isJsonObject(dashboard) ? dashboard : {};
    if (typeof id !== 'string') throw malformed('expected each dashboard to have a text "id"', where);
    return { id, description: typeof description === 'string' ? description : '' };
  });
}

/** All of it, as it came. @throws {ALARMSYNC_SERVICE_MALFORMED} when the text is anything but a dashboard. */
export function decodeDashboard(text: string, where: string): JsonObject {
  const dashboard = parse(text, where);
  if (isJsonObject(dashboard) && typeof dashboard['id'] === 'string' && Array.isArray(dashboard['widgets']))
    return dashboard;
  throw malformed('expected a dashboard with a text "id" and a list "widgets"', where);
}

/** What a refusal says, as it stands; undefined when it says nothing. */
export function refusalText(text: string): string | undefined {
  const answer = parsed(text);
  const errors = isJsonObject(answer) ? answer['errors'] : undefined;
  return isStringArray(errors) ? errors[0] : undefined;
}

function monitorOf(value: JsonValue, where: string): Monitor {
  if (!isJsonObject(value)) throw malformed('expected each monitor to be an object', where);
  const { name, query, message, tags, options, overall_state: overallState } = value;
  const id = numberText(value['id']);
  if (id === undefined || !/^[1-9]\d*$/u.test(id))
    throw malformed('expected a monitor with a numeric "id"', where);
  if (typeof name !== 'string' || typeof query !== 'string' || typeof message !== 'string')
    throw malformed('expected a monitor with the texts "name", "query" and "message"', where);
  if (!isStringArray(tags)) throw malformed('expected a monitor with a list "tags"', where);
  if (!isJsonObject(options)) throw malformed('expected a monitor with an object "options"', where);
  return {
    id,
    name,
    query,
    message,
    tags,
    overallState: typeof overallState === 'string' ? overallState : '',
    options,
    whole: value,
  };
}

function parse(text: string, where: string): JsonValue {
  const value = parsed(text);
  if (value === undefined) throw malformed('expected JSON, got something else', where);
  return value;
}

function parsed(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
