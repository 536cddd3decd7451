// The one downtime that mutes whatever monitor bears our tag for inactive alarms, however many there are.
//
// Source: DowntimesApi in Datadog's OpenAPI description of the API v2; the documentation of downtimes says that monitors tagged later
// are muted as well.

import { isJsonObject, parseJson, stringifyJson, type JsonValue } from '../../alarm/json.ts';
import { errorOfStatus, malformed } from '../http-error.ts';
import type { HttpRequest, HttpTransport } from '../http.ts';
import { INACTIVE_TAG, OUR_TAG } from './tags.ts';
import { refusalText } from './wire.ts';

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
  readonly #transport: HttpTransport;
  readonly #headers: Readonly<Record<string, string>>;
  /** Settled once for all operations of a run. */
  #isThere: Promise<void> | undefined;

  constructor(transport: HttpTransport, headers: Readonly<Record<string, string>>) {
    this.#transport = transport;
    this.#headers = headers;
  }

  /** Makes the downtime unless it is there. @throws any ALARMSYNC_SERVICE_ code; the next call tries again. */
  async ensure(signal: AbortSignal): Promise<void> {
    this.#isThere ??= this.#make(signal);
    try {
      await this.#isThere;
    } catch (thrown) {
      this.#isThere = undefined;
      throw thrown;
    }
  }

  async #make(signal: AbortSignal): Promise<void> {
    if (await this.#find(signal)) return;
    const body = stringifyJson({ data: { type: 'downtime', attributes: ATTRIBUTES } });
    const request: HttpRequest = {
      method: 'POST',
      path: ROOT,
      kind: 'write',
      signal,
      body,
      headers: this.#headers,
    };
    const { status, text } = await this.#transport.request({ ...request, acceptsStatus: isAnswered });
    const reason = refusalText(text);
    // Somebody else was sooner.
    if (status === 400 && reason?.startsWith('The downtime being created is a duplicate') === true) return;
    const where = this.#transport.where(request);
    if (status === 400) throw errorOfStatus(status, reason === undefined ? where : `${where}: ${reason}`);
  }

  async #find(signal: AbortSignal): Promise<boolean> {
    for (let offset = 0; ; offset += PAGE_SIZE) {
      const path = `${ROOT}?current_only=true&page%5Boffset%5D=${offset}&page%5Blimit%5D=${PAGE_SIZE}`;
      const request: HttpRequest = { method: 'GET', path, kind: 'read', signal, headers: this.#headers };
      const { text } = await this.#transport.request(request);
      const downtimes = decodeDowntimes(text, this.#transport.where(request));
      if (downtimes.some(isThisOne)) return true;
      if (downtimes.length < PAGE_SIZE) return false;
    }
  }
}

function decodeDowntimes(text: string, where: string): readonly JsonValue[] {
  let answer: JsonValue;
  try {
    answer = parseJson(text);
  } catch {
    throw malformed('expected JSON, got something else', where);
  }
  const data = isJsonObject(answer) ? answer['data'] : undefined;
  if (!Array.isArray(data)) throw malformed('expected a list "data" of downtimes', where);
  return data.map((downtime: JsonValue) => downtime);
}

/** One that mutes these monitors wholly and for good, as we make it. */
function isThisOne(downtime: JsonValue): boolean {
  const attributes = isJsonObject(downtime) ? downtime['attributes'] : undefined;
  if (!isJsonObject(attributes)) return false;
  const { scope, monitor_identifier: identifier, schedule, status } = attributes;
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

function isAnswered(status: number): boolean {
  return status === 400 || (status >= 200 && status < 300);
}
