// The one downtime that mutes whatever monitor bears our tag for inactive alarms, however many there are.
//
// Source: DowntimesApi in Datadog's OpenAPI description of the API v2; the documentation of downtimes says that monitors tagged later
// are muted as well.

import { isJsonObject, stringifyJson, type JsonValue } from '../../alarm/json.ts';
import type { DatadogApi } from './api.ts';
import { DOWNTIME_ROOT, downtimePages, isDuplicateDowntime, isInForce } from './downtime-list.ts';
import { INACTIVE_TAG, OUR_TAG } from './tags.ts';
import type { HeldDowntime } from './wire.ts';

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
    const request = { method: 'POST', path: DOWNTIME_ROOT, kind: 'write', signal, body } as const;
    await this.#api.textUnless(request, isDuplicateDowntime);
  }

  async #find(signal: AbortSignal): Promise<boolean> {
    for await (const downtimes of downtimePages(this.#api, { isCurrentOnly: true, kind: 'read' }, signal))
      if (downtimes.some(isThisOne)) return true;
    return false;
  }
}

/** One that mutes these monitors wholly and for good, as we make it. */
function isThisOne(downtime: HeldDowntime): boolean {
  const { scope, monitor_identifier: identifier, schedule } = downtime.attributes;
  return scope === '*' && isInForce(downtime) && isForInactive(identifier) && isWithoutEnd(schedule);
}

function isForInactive(identifier: JsonValue | undefined): boolean {
  const tags = isJsonObject(identifier) ? identifier['monitor_tags'] : undefined;
  return Array.isArray(tags) && tags.length === 2 && tags.includes(OUR_TAG) && tags.includes(INACTIVE_TAG);
}

function isWithoutEnd(schedule: JsonValue | undefined): boolean {
  return isJsonObject(schedule) && schedule['end'] === null && schedule['recurrences'] === undefined;
}
