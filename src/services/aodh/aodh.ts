// OpenStack's Aodh as an alarm service: event alarms with our line in their description, and no others.

import { stringifyJson } from '../../alarm/json.ts';
import type { AlarmDefinition } from '../../alarm/alarm.ts';
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
import { ContactMap, type ContactHandles } from '../contacts.ts';
import { parseServiceAddress } from '../http-address.ts';
import { errorOfStatus } from '../http-error.ts';
import { HttpTransport, type ConnectionSettings, type HttpRequest } from '../http.ts';
import { TokenSource, type TokenSettings } from '../token.ts';
import { alarmBody, definitionParams } from './definition.ts';
import { ACTION_URLS } from './urls.ts';
import { decodeAlarm, decodeAlarms, type HeldAlarm } from './wire.ts';

/** Complete and plain, so that a worker thread can be given them. */
export interface AodhServiceSettings extends ConnectionSettings, TokenSettings {
  /** `http(s)://host[:port][/prefix]`, without `/v2`. */
  readonly url: string;
  readonly contacts: ContactHandles;
  /** From OS_PROJECT_ID: whose alarms, where the service asks no Keystone. */
  readonly projectId: string | undefined;
}

const CAPABILITIES: ServiceCapabilities = {
  maxPageSize: 1000,
  keptMembers: 'all',
  quotaPerSecond: {},
  hasConditionalWrites: false,
  createIsUpsert: false,
  namesAreUnique: false,
  writesState: false,
  maxDeleteBatch: 1,
};

const ROOT = '/v2/alarms';

/** @throws {ALARMSYNC_SERVICE_ADDRESS} or {ALARMSYNC_SERVICE_CREDENTIALS} when the settings cannot be used. */
export function createAodhService(settings: AodhServiceSettings, gate: RequestGate): AlarmService {
  const address = parseServiceAddress(settings.url);
  const token = TokenSource.of(settings);
  const transport = new HttpTransport(
    { ...settings, address, token, tokenHeader: (text) => ({ 'x-auth-token': text }) },
    gate,
  );
  const identity = {
    address: `aodh:${address.origin}${address.prefix}`,
    account: settings.projectId ?? '',
  };
  return new AodhService(transport, identity, new ContactMap(settings.contacts, ACTION_URLS));
}

function isFoundOrNot(status: number): boolean {
  return status === 200 || status === 404;
}

class AodhService implements AlarmService {
  readonly identity: ServiceIdentity;
  readonly capabilities: ServiceCapabilities = CAPABILITIES;
  readonly #transport: HttpTransport;
  readonly #contacts: ContactMap;
  /** Keystone puts the project of the token in its place. */
  readonly #project: Readonly<Record<string, string>>;

  constructor(transport: HttpTransport, identity: ServiceIdentity, contacts: ContactMap) {
    this.identity = identity;
    this.#project = identity.account === '' ? {} : { 'x-project-id': identity.account };
    this.#transport = transport;
    this.#contacts = contacts;
  }

  canAddress(name: string): boolean {
    return name !== '';
  }

  /** By id: an answer with fewer than asked for is the end. A marker that was deleted meanwhile is refused, and the listing begins anew. */
  async *list(request: ListRequest, signal: AbortSignal): AsyncIterable<AlarmPage> {
    const pageSize = Math.min(request.pageSize, CAPABILITIES.maxPageSize);
    let marker = request.cursor ?? '';
    for (;;) {
      const after = marker === '' ? '' : `&marker=${encodeURIComponent(marker)}`;
      const path = `${ROOT}?sort=alarm_id:asc&limit=${pageSize}${after}`;
      const alarms = await this.#listed({ method: 'GET', path, kind: 'list', signal });
      const last = alarms.length < pageSize ? undefined : alarms.at(-1);
      yield {
        alarms: alarms.flatMap((alarm) => this.#ours(alarm) ?? []),
        nextCursor: last?.id ?? null,
      };
      if (last === undefined) return;
      marker = last.id;
    }
  }

  async read(name: string, signal: AbortSignal, handle?: string): Promise<ListedAlarm | undefined> {
    return this.#find(name, signal, handle);
  }

  async create(definition: AlarmDefinition, { signal }: WriteOptions): Promise<void> {
    const body = stringifyJson(alarmBody(definition, this.#contacts, undefined));
    const request = { method: 'POST', path: ROOT, kind: 'write', signal, body } as const;
    decodeAlarm(await this.#text(request), this.#transport.where(request));
  }

  async update(definition: AlarmDefinition, options: WriteOptions): Promise<void> {
    const live = await this.#live('PUT', definition.name, options);
    const body = stringifyJson(alarmBody(definition, this.#contacts, live));
    const path = `${ROOT}/${encodeURIComponent(live.id)}`;
    const request = { method: 'PUT', path, kind: 'write', signal: options.signal, body } as const;
    decodeAlarm(await this.#text(request), this.#transport.where(request));
  }

  async delete(name: string, options: WriteOptions): Promise<void> {
    const { id } = await this.#live('DELETE', name, options);
    const path = `${ROOT}/${encodeURIComponent(id)}`;
    await this.#text({ method: 'DELETE', path, kind: 'write', signal: options.signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }

  /** What a write goes to: as it was read just before, else read now. @throws {ALARMSYNC_SERVICE_MISSING} */
  async #live(method: 'PUT' | 'DELETE', name: string, options: WriteOptions): Promise<HeldAlarm> {
    const { signal, handle } = options;
    const where = `${this.#transport.where({ method, path: ROOT })} for the alarm ${JSON.stringify(name)}`;
    const raw = options.raw ?? (await this.#find(name, signal, handle))?.raw;
    if (raw === undefined) throw errorOfStatus(404, where);
    return decodeAlarm(raw, where);
  }

  /** Never one that is not ours, or another alarm's. */
  async #find(name: string, signal: AbortSignal, handle?: string): Promise<ListedAlarm | undefined> {
    const found = handle === undefined ? await this.#search(name, signal) : await this.#get(handle, signal);
    return found.flatMap((alarm) => (alarm.name === name ? (this.#ours(alarm) ?? []) : []))[0];
  }

  async #search(name: string, signal: AbortSignal): Promise<readonly HeldAlarm[]> {
    // Without its type a value is taken for what it looks like, such as a number.
    const path = `${ROOT}?q.field=name&q.op=eq&q.type=string&q.value=${encodeURIComponent(name)}`;
    return this.#listed({ method: 'GET', path, kind: 'read', signal });
  }

  /** None or one. */
  async #get(id: string, signal: AbortSignal): Promise<readonly HeldAlarm[]> {
    const path = `${ROOT}/${encodeURIComponent(id)}`;
    const request = { method: 'GET', path, kind: 'read', signal, acceptsStatus: isFoundOrNot } as const;
    const { status, text } = await this.#transport.request({ ...request, headers: this.#project });
    return status === 404 ? [] : [decodeAlarm(text, this.#transport.where(request))];
  }

  async #listed(request: HttpRequest): Promise<readonly HeldAlarm[]> {
    return decodeAlarms(await this.#text(request), this.#transport.where(request));
  }

  async #text(request: HttpRequest): Promise<string> {
    return (await this.#transport.request({ ...request, headers: this.#project })).text;
  }

  /** Undefined for one that is not ours. */
  #ours(alarm: HeldAlarm): ListedAlarm | undefined {
    const params = definitionParams(alarm, this.#contacts);
    if (params === undefined) return undefined;
    return { definition: { name: alarm.name, params }, handle: alarm.id, raw: stringifyJson(alarm.whole) };
  }
}
