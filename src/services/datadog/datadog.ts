// Datadog's metric monitors as an alarm service: those that carry our tag, and no others.
//
// Written on undici, not on Datadog's client (@datadog/datadog-api-client 1.64), which takes 1.3 s to load, makes floats of all numbers,
// gives answers without the headers that say how many requests are left, and lets nobody gather requests at a gate. Beside it, medians of
// five runs in turn on loopback: 3000 creates, eight at a time, at 1.23 x its pace; 20 000 monitors listed with 0.61 x its memory, in
// 2.3 x its time, since numbers keep their text and each monitor becomes a definition.

import { stringifyJson } from '../../alarm/json.ts';
import type { AlarmDefinition } from '../../alarm/alarm.ts';
import { AlarmSyncError } from '../../alarm/errors.ts';
import type {
  AlarmPage,
  AlarmService,
  ListedAlarm,
  ListRequest,
  RequestGate,
  ServiceCapabilities,
  ServiceIdentity,
  WriteOptions,
} from '../alarm-service.ts';
import { errorOfStatus, malformed } from '../http-error.ts';
import { DatadogAdoption } from './adoption.ts';
import { openDatadogApi, type DatadogApi, type DatadogApiSettings } from './api.ts';
import { ContactMap, type ContactHandles } from '../contacts.ts';
import { definitionParams, monitorBody } from './definition.ts';
import { DatadogDowntimes } from './downtimes.ts';
import { DATADOG_HANDLES } from './handles.ts';
import { InactiveDowntime } from './inactive-downtime.ts';
import {
  findMonitors,
  MAX_MONITOR_PAGE_SIZE,
  MONITOR_ROOT,
  monitorPages,
  readMonitor,
} from './monitor-list.ts';
import { keyTag, OUR_TAG } from './tags.ts';
import { decodeDeletedId, decodeMonitor, type Monitor } from './wire.ts';

/** Whose monitors: as the environment gives it. */
export interface DatadogAccount {
  readonly apiKey: string | undefined;
  readonly applicationKey: string | undefined;
  /** Such as `datadoghq.eu`. */
  readonly site: string | undefined;
}

/** Complete and plain, so that a worker thread can be given them. */
export interface DatadogServiceSettings extends DatadogApiSettings {
  readonly contacts: ContactHandles;
  /** True to see everybody's monitors, and of each only whether it is ours. */
  readonly adopts: boolean;
}

const CAPABILITIES: ServiceCapabilities = {
  maxPageSize: MAX_MONITOR_PAGE_SIZE,
  keptMembers: 'all',
  // Datadog publishes none; its answers state what is left.
  quotaPerSecond: {},
  hasConditionalWrites: false,
  createIsUpsert: false,
  namesAreUnique: false,
  writesState: false,
  maxDeleteBatch: 1,
};

const DEFAULT_SITE = 'datadoghq.com';

/**
 * Where the API is: at the address that was given, else at the site.
 * Source: the servers in Datadog's OpenAPI description: `api.` before the site.
 * @throws {ALARMSYNC_SERVICE_ADDRESS} for a site that is no host name.
 */
export function datadogAddress(given: string, site: string | undefined): string {
  if (given !== '') return given;
  const host = site ?? DEFAULT_SITE;
  if (/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/iu.test(host)) return `https://api.${host}`;
  throw new AlarmSyncError(
    'ALARMSYNC_SERVICE_ADDRESS',
    'expected a site such as datadoghq.eu in DD_SITE, got something else',
  );
}

/**
 * The monitors behind Datadog's API: those that bear our tag, or for an adoption everybody's.
 * @throws {ALARMSYNC_SERVICE_ADDRESS} or {ALARMSYNC_SERVICE_CREDENTIALS} when the settings cannot be used.
 */
export function createDatadogService(settings: DatadogServiceSettings, gate: RequestGate): AlarmService {
  const { api, identity } = openDatadogApi(settings, gate);
  if (settings.adopts) return new DatadogAdoption(api, identity, CAPABILITIES);
  return new DatadogService(api, identity, new ContactMap(settings.contacts, DATADOG_HANDLES));
}

class DatadogService implements AlarmService {
  readonly identity: ServiceIdentity;
  readonly capabilities: ServiceCapabilities = CAPABILITIES;
  readonly downtimes: DatadogDowntimes;
  readonly #api: DatadogApi;
  readonly #contacts: ContactMap;
  readonly #inactiveDowntime: InactiveDowntime;

  constructor(api: DatadogApi, identity: ServiceIdentity, contacts: ContactMap) {
    this.identity = identity;
    this.#api = api;
    this.#contacts = contacts;
    this.downtimes = new DatadogDowntimes(api, identity, CAPABILITIES);
    this.#inactiveDowntime = new InactiveDowntime(api);
  }

  /** Blanks around a name are cut off, and then it is another. */
  canAddress(name: string): boolean {
    return name !== '' && name === name.trim() && !name.includes(UNKNOWN_NAME_MARK);
  }

  async *list(request: ListRequest, signal: AbortSignal): AsyncIterable<AlarmPage> {
    for await (const { monitors, nextCursor } of monitorPages(this.#api, [OUR_TAG], request, signal))
      yield { alarms: monitors.filter(isOurs).map((monitor) => this.#alarmOf(monitor)), nextCursor };
  }

  async read(name: string, signal: AbortSignal, handle?: string): Promise<ListedAlarm | undefined> {
    const monitor = await this.#find(name, signal, handle);
    return monitor === undefined ? undefined : this.#alarmOf(monitor);
  }

  async create(definition: AlarmDefinition, { signal }: WriteOptions): Promise<void> {
    await this.#mute(definition, signal);
    const body = stringifyJson(monitorBody(definition, this.#contacts, undefined));
    const request = { method: 'POST', path: MONITOR_ROOT, kind: 'write', signal, body } as const;
    const text = await this.#api.textUnless(request, isDuplicate);
    if (text !== undefined) decodeMonitor(text, this.#api.where(request));
  }

  async update(definition: AlarmDefinition, options: WriteOptions): Promise<void> {
    const { signal } = options;
    const live = await this.#live('PUT', definition.name, options);
    await this.#mute(definition, signal);
    const body = stringifyJson(monitorBody(definition, this.#contacts, live));
    const request = {
      method: 'PUT',
      path: `${MONITOR_ROOT}/${live.id}`,
      kind: 'write',
      signal,
      body,
    } as const;
    decodeMonitor(await this.#api.text(request), this.#api.where(request));
  }

  async delete(name: string, options: WriteOptions): Promise<void> {
    const { id } = await this.#live('DELETE', name, options);
    const request = {
      method: 'DELETE',
      path: `${MONITOR_ROOT}/${id}`,
      kind: 'write',
      signal: options.signal,
    } as const;
    if (decodeDeletedId(await this.#api.text(request)) !== id)
      throw malformed(`expected the deleted monitor ${id} to be named`, this.#api.where(request));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#api[Symbol.asyncDispose]();
  }

  /** Before the monitor bears the tag: one that is inactive must never page. */
  async #mute({ params }: AlarmDefinition, signal: AbortSignal): Promise<void> {
    if (params['alarm_state'] === 'inactive') await this.#inactiveDowntime.ensure(signal);
  }

  /** What a write goes to: as it was read just before, else read now. @throws {ALARMSYNC_SERVICE_MISSING} */
  async #live(method: 'PUT' | 'DELETE', name: string, options: WriteOptions): Promise<Monitor> {
    const { raw, signal, handle } = options;
    const where = `${method} ${this.identity.address}${MONITOR_ROOT} for the alarm ${JSON.stringify(name)}`;
    const live = raw === undefined ? await this.#find(name, signal, handle) : decodeMonitor(raw, where);
    if (live === undefined) throw errorOfStatus(404, where);
    return live;
  }

  /** Never one that is not ours, or another alarm's: tags may have changed since it was listed. */
  async #find(name: string, signal: AbortSignal, handle?: string): Promise<Monitor | undefined> {
    const found =
      handle === undefined
        ? await findMonitors(this.#api, [OUR_TAG, keyTag(name)], signal)
        : [await readMonitor(this.#api, handle, signal)];
    return found.find(
      (monitor) => monitor !== undefined && isOurs(monitor) && monitor.tags.includes(keyTag(name)),
    );
  }

  #alarmOf(monitor: Monitor): ListedAlarm {
    return {
      definition: { name: nameOf(monitor), params: definitionParams(monitor, this.#contacts) },
      handle: monitor.id,
      raw: stringifyJson(monitor.whole),
    };
  }
}

function isOurs(monitor: Monitor): boolean {
  return monitor.tags.includes(OUR_TAG);
}

/** All of it is the same, our key among it: an earlier sending of this very create was done. */
function isDuplicate(status: number, reason: string): boolean {
  return status === 400 && /^Duplicate of an existing monitor_id:\d+/u.test(reason);
}

/** A monitor that was renamed or copied by hand: its key is of another name, so that nobody knows which alarm it is. */
function nameOf(monitor: Monitor): string {
  return monitor.tags.includes(keyTag(monitor.name))
    ? monitor.name
    : `${monitor.name}${UNKNOWN_NAME_MARK}${monitor.id}`;
}

/** No name of a file holds a control character, so that this one is never taken for an alarm of it, and is left alone. */
const UNKNOWN_NAME_MARK = '\u0000monitor ';
