// Turns the SDK's client into the alarm service that the engine sees.

import type { AlarmPage, AlarmService, ListedAlarm, ListedText, ListRequest } from '../alarm-service.ts';
import type { RequestGate, ServiceCapabilities, ServiceIdentity, WriteOptions } from '../alarm-service.ts';
import type { AlarmDefinition } from '../../alarm/alarm.ts';
import type { ConnectionSettings } from '../http.ts';
import { AlarmClient, isAddressable } from './client.ts';

/** Complete and plain, so that a worker thread can be given them; the fields are those of `AlarmClientOptions`. */
export interface RestServiceSettings extends ConnectionSettings {
  readonly url: string;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
}

const CAPABILITIES: ServiceCapabilities = {
  maxPageSize: 10_000,
  keptMembers: 'all',
  quotaPerSecond: {},
  // Where the service gives no etag there is nothing to send, and the drain reads before it writes.
  hasConditionalWrites: true,
  createIsUpsert: false,
  // Some services do not check on create.
  namesAreUnique: false,
  writesState: true,
  maxDeleteBatch: 1,
};

/**
 * The service behind the REST API, version 1. Each call is one request: the stages know what may be tried again, and when.
 * @throws {ALARMSYNC_SERVICE_ADDRESS} or {ALARMSYNC_SERVICE_CREDENTIALS} when the settings cannot be used.
 */
export function createRestService(settings: RestServiceSettings, gate: RequestGate): AlarmService {
  return new RestService(new AlarmClient({ ...settings, retries: 0, gate }));
}

class RestService implements AlarmService {
  readonly identity: ServiceIdentity;
  readonly capabilities: ServiceCapabilities = CAPABILITIES;
  readonly #client: AlarmClient;

  constructor(client: AlarmClient) {
    this.identity = { address: client.address, account: '' };
    this.#client = client;
  }

  canAddress(name: string): boolean {
    return isAddressable(name);
  }

  list(request: ListRequest, signal: AbortSignal): AsyncIterable<AlarmPage> {
    return this.#client.listAlarms({ ...request, signal });
  }

  listTexts(request: ListRequest, signal: AbortSignal): AsyncIterable<AlarmPage<ListedAlarm | ListedText>> {
    return this.#client.listTexts({ ...request, signal });
  }

  async read(name: string, signal: AbortSignal): Promise<ListedAlarm | undefined> {
    return this.#client.read(name, { signal });
  }

  async create(definition: AlarmDefinition, options: WriteOptions): Promise<void> {
    await this.#client.create(definition, options);
  }

  async update(definition: AlarmDefinition, options: WriteOptions): Promise<void> {
    await this.#client.update(definition, options);
  }

  async delete(name: string, options: WriteOptions): Promise<void> {
    await this.#client.delete(name, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}
