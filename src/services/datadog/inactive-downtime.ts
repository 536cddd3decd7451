// The one downtime that mutes whatever monitor bears our tag for inactive alarms, however many there are.
//
// Source: DowntimesApi in Datadog's OpenAPI description of the API v2; the documentation of downtimes says that monitors tagged later
// are muted as well.

import { isJsonObject, stringifyJson, type JsonObject, type JsonValue } from '../../alarm/json.ts';
import type { DatadogApi } from './api.ts';
import { INACTIVE_TAG, OUR_TAG } from './tags.ts';
import { decodeDowntimes } from './wire.ts';

const ROOT = '/api/v2/downtime';
const PAGE_SIZE = 100;

const ATTRIBUTES = {
  monitor_identifier: { monitor_tags: [OUR_TAG, INACTIVE_TAG] },
  scope: '*',
  message: 'Alarms that are inactive in the file of alarmsync.',
  // From now on, without an end.
  schedule: { start: null },
};

export class InactiveDowntime {
  readonly #api: DatadogApi;
  /** Settled once for all operations of a run. */
  #isThere: Promise<void> | undefined;

  constructor(api: DatadogApi) {
    this.#api = api;
  }

  /** Makes the downtime unless it is there. @throws any ALARMSYNC_SERVICE_ code; the next call tries again. */
  async ensure(signal: AbortSignal): Promise<void> {
    this.#isThere ??= this.#make(signal).catch((thrown: unknown) => {
      this.#isThere = undefined;
      throw thrown;
    });
    await this.#isThere;
  }

  async #make(signal: AbortSignal): Promise<void> {
    if (await this.#find(signal)) return;
    const body = stringifyJson({ data: { type: 'downtime', attributes: ATTRIBUTES } });
    const request = { method: 'POST', path: ROOT, kind: 'write', signal, body } as const;
    await this.#api.textUnless(request, isDuplicate);
  }

  async #find(signal: AbortSignal): Promise<boolean> {
    for (let offset = 0; ; offset += PAGE_SIZE) {
      const path = `${ROOT}?current_only=true&page%5Boffset%5D=${offset}&page%5Blimit%5D=${PAGE_SIZE}`;
      const request = { method: 'GET', path, kind: 'read', signal } as const;
      const downtimes = decodeDowntimes(await this.#api.text(request), this.#api.where(request));
      if (downtimes.some(isThisOne)) return true;
      if (downtimes.length < PAGE_SIZE) return false;
    }
  }
}

/** Somebody else was sooner. */
function isDuplicate(status: number, reason: string): boolean {
  return status === 400 && reason.startsWith('The downtime being created is a duplicate');
}

/** One that mutes these monitors wholly and for good, as we make it. */
function isThisOne({ scope, monitor_identifier: identifier, schedule, status }: JsonObject): boolean {
  const isInForce = status !== 'canceled' && status !== 'ended';
  return scope === '*' && isInForce && isForInactive(identifier) && isWithoutEnd(schedule);
}

function isForInactive(identifier: JsonValue | undefined): boolean {
  const tags = isJsonObject(identifier) ? identifier['monitor_tags'] : undefined;
  return Array.isArray(tags) && tags.length === 2 && tags.includes(OUR_TAG) && tags.includes(INACTIVE_TAG);
}

function isWithoutEnd(schedule: JsonValue | undefined): boolean {
  return isJsonObject(schedule) && schedule['end'] === null && schedule['recurrences'] === undefined;
}
