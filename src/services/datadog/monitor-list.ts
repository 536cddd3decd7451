// The monitors API -> the monitors that are held, page by page or by their id.
//
// Source: MonitorsApi in Datadog's OpenAPI description of the API v1.

import type { ListRequest } from '../alarm-service.ts';
import { malformed } from '../http-error.ts';
import type { HttpRequest } from '../http.ts';
import type { DatadogApi } from './api.ts';
import { decodeMonitor, decodeMonitors, type Monitor } from './wire.ts';

export const MONITOR_ROOT = '/api/v1/monitor';

/** Source: ListMonitors, page_size. */
export const MAX_MONITOR_PAGE_SIZE = 1000;

export interface MonitorPage {
  readonly monitors: readonly Monitor[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

/**
 * By ascending id: an answer without monitors is the end. Source: ListMonitors, id_offset.
 * @param tags all of which a monitor has to bear; all monitors when there are none
 * @throws any ALARMSYNC_SERVICE_ code.
 */
export async function* monitorPages(
  api: DatadogApi,
  tags: readonly string[],
  request: ListRequest,
  signal: AbortSignal,
): AsyncGenerator<MonitorPage> {
  const pageSize = Math.min(request.pageSize, MAX_MONITOR_PAGE_SIZE);
  let cursor = request.cursor ?? '0';
  for (;;) {
    const path = listPath(tags, pageSize, cursor);
    const monitors = await listed(api, { path, kind: 'list', signal });
    const last = monitors.at(-1);
    yield { monitors, nextCursor: last?.id ?? null };
    if (last === undefined) return;
    cursor = last.id;
  }
}

/** The first monitors that bear all those tags: enough to know whether there are none, one or more. */
export async function findMonitors(
  api: DatadogApi,
  tags: readonly string[],
  signal: AbortSignal,
): Promise<readonly Monitor[]> {
  return listed(api, { path: listPath(tags, 2, '0'), kind: 'read', signal });
}

/** The monitor of that id, or undefined when there is none. */
export async function readMonitor(
  api: DatadogApi,
  id: string,
  signal: AbortSignal,
): Promise<Monitor | undefined> {
  const path = `${MONITOR_ROOT}/${encodeURIComponent(id)}`;
  const request = { method: 'GET', path, kind: 'read', signal } as const;
  const text = await api.textUnless(request, (status) => status === 404);
  return text === undefined ? undefined : decodeMonitor(text, api.where(request));
}

function listPath(tags: readonly string[], pageSize: number, cursor: string): string {
  const filter = tags.length === 0 ? '' : `monitor_tags=${encodeURIComponent(tags.join(','))}&`;
  return `${MONITOR_ROOT}?${filter}page_size=${pageSize}&id_offset=${encodeURIComponent(cursor)}`;
}

async function listed(
  api: DatadogApi,
  request: Pick<HttpRequest, 'path' | 'kind' | 'signal'>,
): Promise<readonly Monitor[]> {
  const whole = { method: 'GET', ...request } as const;
  const where = api.where(whole);
  const monitors = decodeMonitors(await api.text(whole), where);
  // The id of the last one is where the next page starts.
  if (monitors.some(({ id }, index) => BigInt(id) <= BigInt(monitors[index - 1]?.id ?? 0)))
    throw malformed('expected monitors by ascending id', where);
  return monitors;
}
