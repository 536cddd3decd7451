// The dashboard that shows how alarmsync itself does: found by a line in its description, compared widget by widget.
//
// Source: DashboardsApi in Datadog's OpenAPI description of the API v1. A PUT replaces a dashboard whole; the only tags are teams.

import { isJsonObject, stringifyJson, type JsonObject, type JsonValue } from '../../../alarm/json.ts';
import { errorOfStatus, malformed } from '../../http-error.ts';
import type { DatadogApi } from '../api.ts';
import { decodeDashboard, decodeDashboardSummaries } from '../wire.ts';
import { isList, overlay, withoutNulls } from './comparison.ts';
import type { HeldObject, ObservedObject } from './objects.ts';
import { widgetKey, widgetsOf } from './widgets.ts';
import { endsWithLine, markLine, titleOf, type ObserveWish } from './wish.ts';

const DASHBOARD_ROOT = '/api/v1/dashboard';

/** What the service adds to a dashboard, and no write takes. Source: Dashboard, readOnly; the rest are what provider and console leave out. */
const READ_ONLY: ReadonlySet<string> = new Set([
  'author_handle',
  'author_name',
  'created_at',
  'dashboard_lists',
  'dashboard_lists_removed',
  'deleted_at',
  'id',
  'modified_at',
  'url',
]);

/** The documented default. Where a page ends is told by the one after it alone: nothing says that so many are given. */
const PAGE_SIZE = 100;

/** More than anybody has; an answer that never ends must not be waited for. */
const MAX_COUNT = 100_000;

export class ObservedDashboard implements ObservedObject {
  readonly kind = 'dashboard';
  readonly title: string;
  readonly wanted: JsonObject;
  readonly #api: DatadogApi;
  readonly #mark: string;
  readonly #widgets: readonly JsonObject[];

  constructor(api: DatadogApi, wish: ObserveWish) {
    this.#api = api;
    this.#mark = markLine('dashboard', wish);
    this.#widgets = widgetsOf(wish);
    this.title = titleOf('alarmsync', wish);
    this.wanted = {
      title: this.title,
      description: `How alarmsync keeps the alarms in step, told by its own metrics.\n\n${this.#mark}`,
      layout_type: 'ordered',
      widgets: widgetView(this.#widgets),
    };
  }

  async find(signal: AbortSignal): Promise<readonly HeldObject[]> {
    const ids = await this.#idsWithMark(signal);
    const held = await Promise.all(ids.map(async (id) => this.#read(id, signal)));
    return held.filter((one) => one !== undefined);
  }

  async create(signal: AbortSignal): Promise<void> {
    const widgets = this.#widgets.map((definition) => ({ definition }));
    const body = stringifyJson({ ...this.wanted, widgets });
    const request = { method: 'POST', path: DASHBOARD_ROOT, kind: 'write', signal, body } as const;
    decodeDashboard(await this.#api.text(request), this.#api.where(request));
  }

  /** The widgets that others added stay, and all stay where they are. */
  async update({ id, whole }: HeldObject, signal: AbortSignal): Promise<void> {
    const kept = Object.entries(withoutNulls(whole)).filter(([member]) => !READ_ONLY.has(member));
    const widgets = widgetsOver(this.#widgets, whole['widgets']);
    const body = stringifyJson({ ...Object.fromEntries(kept), ...this.wanted, widgets });
    const request = { method: 'PUT', path: pathOf(id), kind: 'write', signal, body } as const;
    const text = await this.#api.textUnless(request, (status) => status === 404);
    if (text === undefined) throw errorOfStatus(404, this.#api.where(request));
  }

  async delete({ id }: HeldObject, signal: AbortSignal): Promise<void> {
    const request = { method: 'DELETE', path: pathOf(id), kind: 'write', signal } as const;
    await this.#api.textUnless(request, (status) => status === 404);
  }

  /** Pages until one brings nothing new. */
  async #idsWithMark(signal: AbortSignal): Promise<readonly string[]> {
    const seen = new Set<string>();
    const marked: string[] = [];
    while (seen.size < MAX_COUNT) {
      const path = `${DASHBOARD_ROOT}?count=${PAGE_SIZE}&start=${seen.size}`;
      const request = { method: 'GET', path, kind: 'list', signal } as const;
      const page = decodeDashboardSummaries(await this.#api.text(request), this.#api.where(request));
      const fresh = page.filter(({ id }) => !seen.has(id));
      if (fresh.length === 0) return marked;
      for (const { id, description } of fresh) {
        seen.add(id);
        if (endsWithLine(description, this.#mark)) marked.push(id);
      }
    }
    const where = this.#api.where({ method: 'GET', path: DASHBOARD_ROOT });
    throw malformed(`expected at most ${MAX_COUNT} dashboards`, where);
  }

  async #read(id: string, signal: AbortSignal): Promise<HeldObject | undefined> {
    const request = { method: 'GET', path: pathOf(id), kind: 'read', signal } as const;
    const text = await this.#api.textUnless(request, (status) => status === 404);
    if (text === undefined) return undefined;
    const whole = decodeDashboard(text, this.#api.where(request));
    const view = { ...whole, widgets: widgetView(definitionsOf(whole['widgets'])) };
    return { id, whole, view };
  }
}

/** By their titles, so that their order says nothing; of two with one title the first counts. */
function widgetView(definitions: readonly JsonObject[]): JsonObject {
  return Object.fromEntries(
    definitions.toReversed().map((definition) => [widgetKey(definition), definition]),
  );
}

function definitionsOf(widgets: JsonValue | undefined): readonly JsonObject[] {
  return listOf(widgets)
    .map(definitionOf)
    .filter((definition) => definition !== undefined);
}

function widgetsOver(wanted: readonly JsonObject[], held: JsonValue | undefined): readonly JsonValue[] {
  const missing = new Map(wanted.map((definition) => [widgetKey(definition), definition]));
  const kept = listOf(held).map((widget) => {
    const definition = definitionOf(widget);
    const key = definition === undefined ? '' : widgetKey(definition);
    const ours = missing.get(key);
    missing.delete(key);
    return ours === undefined ? widget : overlay({ definition: ours }, widget);
  });
  return [...kept, ...[...missing.values()].map((definition) => ({ definition }))];
}

function definitionOf(widget: JsonValue): JsonObject | undefined {
  const definition = isJsonObject(widget) ? widget['definition'] : undefined;
  return isJsonObject(definition) ? definition : undefined;
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return isList(value) ? value : [];
}

function pathOf(id: string): string {
  return `${DASHBOARD_ROOT}/${encodeURIComponent(id)}`;
}
