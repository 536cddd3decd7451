// The monitor that tells when alarmsync no longer keeps the alarms in step: the last good sync is too long ago, or nothing runs at all.
//
// Source: MonitorsApi in Datadog's OpenAPI description of the API v1; the documentation of notification variables.

import { isJsonObject, stringifyJson, type JsonObject, type JsonValue } from '../../../alarm/json.ts';
import { errorOfStatus } from '../../http-error.ts';
import type { DatadogApi } from '../api.ts';
import { findMonitors, MONITOR_ROOT } from '../monitor-list.ts';
import { OUR_TAG } from '../tags.ts';
import { decodeMonitor, type Monitor } from '../wire.ts';
import { differences, overlay, withoutNulls } from './comparison.ts';
import { METRICS } from './metric-names.ts';
import type { HeldObject, ObservedObject } from './objects.ts';
import { monitorMarks, scopeOf, titleOf, type ObserveWish } from './wish.ts';

/** Read-only there, or refused beside the options that are managed. */
const DROPPED_OPTIONS: ReadonlySet<string> = new Set(['silenced', 'avalanche_window', 'on_missing_data']);

/** They belong to the thresholds beside them, and may be refused beside others. */
const RECOVERIES: ReadonlySet<string> = new Set(['critical_recovery', 'warning_recovery']);

export class ObservedMonitor implements ObservedObject {
  readonly kind = 'monitor';
  readonly title: string;
  readonly wanted: JsonObject;
  readonly #api: DatadogApi;
  readonly #marks: readonly string[];

  constructor(api: DatadogApi, wish: ObserveWish) {
    this.#api = api;
    this.#marks = monitorMarks(wish);
    this.title = titleOf('alarmsync: no good sync', wish);
    this.wanted = {
      name: this.title,
      query: queryOf(wish),
      message: messageOf(wish),
      tags: tagView([...this.#marks, ...new Set(wish.tags)]),
      options: {
        thresholds: { critical: seconds(wish.criticalMs), warning: seconds(wish.warningMs) },
        notify_no_data: true,
        no_data_timeframe: wish.noDataMs / 60_000,
        // A run sends now and then: a window need not be full.
        require_full_window: false,
      },
    };
  }

  /** One that was taken over as an alarm is the file's. */
  async find(signal: AbortSignal): Promise<readonly HeldObject[]> {
    const found = await findMonitors(this.#api, this.#marks, signal);
    return found
      .filter(({ tags }) => !tags.includes(OUR_TAG) && this.#marks.every((mark) => tags.includes(mark)))
      .map(heldMonitor);
  }

  async create(signal: AbortSignal): Promise<void> {
    const body = stringifyJson({ type: 'query alert', ...this.wanted, tags: Object.keys(this.#wantedTags) });
    const request = { method: 'POST', path: MONITOR_ROOT, kind: 'write', signal, body } as const;
    decodeMonitor(await this.#api.text(request), this.#api.where(request));
  }

  /** Options are replaced whole there, so that all of them are sent. */
  async update({ id, view, whole }: HeldObject, signal: AbortSignal): Promise<void> {
    const tags = Object.keys({ ...this.#wantedTags, ...tagView(tagsOf(whole)) });
    const options = optionsOver(objectOf(this.wanted['options']), objectOf(view['options']));
    const body = stringifyJson({ ...this.wanted, tags, options });
    const path = `${MONITOR_ROOT}/${id}`;
    const request = { method: 'PUT', path, kind: 'write', signal, body } as const;
    const text = await this.#api.textUnless(request, (status) => status === 404);
    if (text === undefined) throw errorOfStatus(404, this.#api.where(request));
  }

  async delete({ id }: HeldObject, signal: AbortSignal): Promise<void> {
    const request = { method: 'DELETE', path: `${MONITOR_ROOT}/${id}`, kind: 'write', signal } as const;
    await this.#api.textUnless(request, (status) => status === 404);
  }

  get #wantedTags(): JsonObject {
    return objectOf(this.wanted['tags']);
  }
}

function queryOf(wish: ObserveWish): string {
  const metric = `${METRICS.lastSuccessAgeSeconds}{${scopeOf(wish)}}`;
  return `max(last_5m):max:${metric} > ${seconds(wish.criticalMs)}`;
}

/** A message for each state, with the value where there is one. */
function messageOf({ handles, noDataMs }: ObserveWish): string {
  const minutes = noDataMs / 60_000;
  const texts = {
    is_alert:
      'The last good sync of alarmsync is {{value}} s ago, over {{threshold}} s: the alarms are no longer what the file says.',
    is_warning: 'The last good sync of alarmsync is {{value}} s ago, over {{warn_threshold}} s.',
    is_no_data: `alarmsync has sent nothing for ${minutes} minutes: it does not run, or its metrics do not arrive. The last value is {{value}}.`,
    is_recovery: 'alarmsync is in step again: the last good sync is {{value}} s ago.',
  };
  return [
    ...Object.entries(texts).map(([state, text]) => `{{#${state}}}${text}{{/${state}}}`),
    'Next: alarmsync status, and alarmsync resume.',
    ...(handles.length === 0 ? [] : [handles.join(' ')]),
  ].join('\n');
}

function heldMonitor({ id, name, query, message, tags, options, whole }: Monitor): HeldObject {
  return { id, whole, view: { name, query, message, tags: tagView(tags), options } };
}

/** As members, so that each is a field of its own and their order says nothing. */
function tagView(tags: readonly string[]): JsonObject {
  return Object.fromEntries(tags.map((tag) => [tag, true]));
}

function tagsOf(whole: JsonObject): readonly string[] {
  const { tags } = whole;
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
}

function optionsOver(wanted: JsonObject, held: JsonObject): JsonValue {
  const kept = Object.entries(withoutNulls(held)).filter(([option]) => !DROPPED_OPTIONS.has(option));
  const thresholds = objectOf(held['thresholds']);
  const areAsWanted = differences(wanted['thresholds'] ?? {}, thresholds).length === 0;
  const fitting = Object.entries(thresholds).filter(([name]) => areAsWanted || !RECOVERIES.has(name));
  return overlay(wanted, { ...Object.fromEntries(kept), thresholds: Object.fromEntries(fitting) });
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function seconds(durationMs: number): number {
  return durationMs / 1000;
}
