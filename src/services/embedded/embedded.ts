// A database file of the reference service -> an alarm service inside this process, without HTTP.

import { realpathSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

import type { AlarmDefinition } from '../../alarm/alarm.ts';
import { AlarmSyncError } from '../../alarm/errors.ts';
import type { StoredAlarm } from '../../server/alarm-store.ts';
import { AlarmStore, definitionOf } from '../../server/alarm-store.ts';
import type {
  AlarmPage,
  AlarmService,
  ListedAlarm,
  ListRequest,
  RequestGate,
  RequestKind,
  ServiceCapabilities,
  ServiceIdentity,
  WriteOptions,
} from '../alarm-service.ts';

export interface EmbeddedServiceSettings {
  /** Path of the database; made when it is missing. Other threads and processes may have it open. */
  readonly file: string;
  /** True: a commit survives the process and, but for the last ones, a power cut. False: the process only. */
  readonly durable: boolean;
}

const CAPABILITIES: ServiceCapabilities = {
  maxPageSize: 10_000,
  keptMembers: 'all',
  quotaPerSecond: {},
  hasConditionalWrites: true,
  createIsUpsert: false,
  namesAreUnique: true,
  writesState: true,
  maxDeleteBatch: 1,
};

/**
 * Opens the file as an alarm service. Each request passes the gate, as it would on its way to a network.
 * @throws {ALARMSYNC_SERVICE_ADDRESS} when the file cannot be opened, is no database, or is none (`:memory:`).
 * @throws {ALARMSYNC_SERVICE_FOREIGN} when it is the database of another program.
 */
export function createEmbeddedService(settings: EmbeddedServiceSettings, gate: RequestGate): AlarmService {
  const { file, durable } = settings;
  if (file === ':memory:') {
    throw new AlarmSyncError(
      'ALARMSYNC_SERVICE_ADDRESS',
      `expected the path of a file after "embedded:", got "${file}", which ends with the process`,
    );
  }
  return new EmbeddedService(new AlarmStore({ file, durable, namesAreUnique: true }), file, gate);
}

class EmbeddedService implements AlarmService {
  readonly identity: ServiceIdentity;
  readonly capabilities: ServiceCapabilities = CAPABILITIES;
  readonly #store: AlarmStore;
  readonly #gate: RequestGate;

  constructor(store: AlarmStore, file: string, gate: RequestGate) {
    this.identity = { address: `embedded:${realpathSync(file)}`, account: '' };
    this.#store = store;
    this.#gate = gate;
  }

  // As over HTTP, so that a plan means the same for both.
  canAddress(name: string): boolean {
    return name !== '' && name !== '.' && name !== '..';
  }

  async *list(request: ListRequest, signal: AbortSignal): AsyncIterable<AlarmPage> {
    let cursor: string | null | undefined = request.cursor;
    const limit = Math.min(request.pageSize, CAPABILITIES.maxPageSize);
    while (cursor !== null) {
      await this.#pass('list', signal);
      const from: { cursor?: string } = cursor === undefined ? {} : { cursor };
      const page = act(() => this.#store.listPage({ limit, ...from }));
      const total = act(() => this.#store.total());
      yield { alarms: page.alarms.map(listedAlarm), nextCursor: page.nextCursor, total };
      cursor = page.nextCursor;
    }
  }

  async read(name: string, signal: AbortSignal): Promise<ListedAlarm | undefined> {
    await this.#pass('read', signal);
    const alarm = act(() => this.#store.read(name));
    return alarm === undefined ? undefined : listedAlarm(alarm);
  }

  async create(definition: AlarmDefinition, options: WriteOptions): Promise<void> {
    await this.#pass('write', options.signal);
    act(() => this.#store.create(definition));
  }

  async update(definition: AlarmDefinition, options: WriteOptions): Promise<void> {
    await this.#pass('write', options.signal);
    act(() => this.#store.update(definition, options.ifMatch));
  }

  async delete(name: string, options: WriteOptions): Promise<void> {
    await this.#pass('write', options.signal);
    act(() => this.#store.delete(name, options.ifMatch));
  }

  /** Nothing here waits by itself; without a turn of the event loop timers and signals would be kept out to the end. */
  async #pass(kind: RequestKind, signal: AbortSignal): Promise<void> {
    await this.#gate.pass(kind, signal);
    await setImmediate();
    signal.throwIfAborted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#store[Symbol.dispose]();
  }
}

function listedAlarm(alarm: StoredAlarm): ListedAlarm {
  return { definition: definitionOf(alarm), etag: alarm.etag };
}

/** Another connection that holds the file for longer than we wait is a service that does not answer for now. */
function act<Result>(use: () => Result): Result {
  try {
    return use();
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('SQLITE_BUSY')) {
      throw new AlarmSyncError(
        'ALARMSYNC_SERVICE_UNAVAILABLE',
        'expected the database of the service to be free, got one that another process holds',
        { cause: thrown, failureClass: 'timeout' },
      );
    }
    throw thrown;
  }
}
