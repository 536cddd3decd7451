// The downtimes API -> the downtimes that are held, page by page.
//
// Source: DowntimesApi in Datadog's OpenAPI description of the API v2.

import type { RequestKind } from '../alarm-service.ts';
import { malformed } from '../http-error.ts';
import type { DatadogApi } from './api.ts';
import { decodeDowntimes, type HeldDowntime } from './wire.ts';

export const DOWNTIME_ROOT = '/api/v2/downtime';

const PAGE_SIZE = 100;

/** More than anybody has; an answer that never ends must not be waited for. */
const MAX_COUNT = 100_000;

/** What to list: only those in force now, or all. */
interface Listing {
  readonly isCurrentOnly: boolean;
  readonly kind: RequestKind;
}

/** @throws any ALARMSYNC_SERVICE_ code. */
export async function* downtimePages(
  api: DatadogApi,
  { isCurrentOnly, kind }: Listing,
  signal: AbortSignal,
): AsyncGenerator<readonly HeldDowntime[]> {
  for (let offset = 0; offset < MAX_COUNT; offset += PAGE_SIZE) {
    const path = `${DOWNTIME_ROOT}?current_only=${isCurrentOnly}&page%5Boffset%5D=${offset}&page%5Blimit%5D=${PAGE_SIZE}`;
    const request = { method: 'GET', path, kind, signal } as const;
    const downtimes = decodeDowntimes(await api.text(request), api.where(request));
    yield downtimes;
    if (downtimes.length < PAGE_SIZE) return;
  }
  const where = api.where({ method: 'GET', path: DOWNTIME_ROOT });
  throw malformed(`expected at most ${MAX_COUNT} downtimes`, where);
}

/** One that does the same is there, whoever made it. */
export function isDuplicateDowntime(status: number, reason: string): boolean {
  return status === 400 && reason.startsWith('The downtime being created is a duplicate');
}

/** Canceled and ended ones stay in the list for a while. */
export function isInForce({ attributes }: HeldDowntime): boolean {
  return attributes['status'] !== 'canceled' && attributes['status'] !== 'ended';
}
