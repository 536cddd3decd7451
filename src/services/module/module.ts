// An ES module whose default export makes an alarm service -> that service, its answers checked and its errors named.

import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { AlarmSyncError } from '../../alarm/errors.ts';
import type { AlarmDefinition } from '../../alarm/alarm.ts';
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
import { KindPacer } from '../kind-pacer.ts';
import { throttle } from '../throttle.ts';
import { TokenSource, type TokenSettings } from '../token.ts';
import { errorOfAdapter } from './module-error.ts';
import { capabilitiesOf, decodeAlarmOf, decodePageOf, faultsOfAdapter, type Adapter } from './shape.ts';

/** What the default export is given, besides the gate through which each request has to pass. */
export interface ModuleSettings {
  /** From ALARMSYNC_TOKEN, or the file of ALARMSYNC_TOKEN_FILE; undefined when there is none. */
  readonly token: string | undefined;
  /** Requests in flight at most. */
  readonly concurrency: number;
  /** For one request. */
  readonly requestTimeoutMs: number;
}

/**
 * Loads the module and makes its service.
 * @param file relative to the working directory
 * @throws {ALARMSYNC_SERVICE_ADDRESS} when it cannot be loaded, or makes anything but an alarm service; every fault is named.
 * @throws {ALARMSYNC_SERVICE_CREDENTIALS} for a token file that cannot be read.
 */
export async function createModuleService(
  file: string,
  settings: Omit<ModuleSettings, 'token'> & TokenSettings,
  gate: RequestGate,
): Promise<AlarmService> {
  const { concurrency, requestTimeoutMs } = settings;
  const token = await TokenSource.of(settings)?.current();
  const absolute = path.resolve(file);
  const address = `module:${absolute}`;
  const make = await loadDefault(absolute, address);
  // Which quotas it has the adapter says only once it is made with a gate.
  const quotaGate = new QuotaGate(gate);
  const made = await makeWith(make, { token, concurrency, requestTimeoutMs }, quotaGate, address);
  const faults = faultsOfAdapter(made);
  if (faults !== undefined)
    throw unusable(`expected ${address} to make an alarm service: ${faults.join('; ')}`);
  const adapter = decodeAdapter(made);
  quotaGate.keep(capabilitiesOf(adapter).quotaPerSecond, concurrency);
  return new ModuleService(adapter, address, quotaGate);
}

class QuotaGate implements RequestGate, Disposable {
  readonly #gate: RequestGate;
  #pacer: KindPacer | undefined;

  constructor(gate: RequestGate) {
    this.#gate = gate;
  }

  /** From here the quotas are kept. */
  keep(quotaPerSecond: ServiceCapabilities['quotaPerSecond'], concurrency: number): void {
    this.#pacer = new KindPacer(this.#gate, quotaPerSecond, concurrency);
  }

  async pass(kind: RequestKind, signal: AbortSignal): Promise<void> {
    return (this.#pacer ?? this.#gate).pass(kind, signal);
  }

  pause(durationMs: number): void {
    this.#gate.pause(durationMs);
  }

  [Symbol.dispose](): void {
    this.#pacer?.[Symbol.dispose]();
  }
}

type Make = (settings: ModuleSettings, gate: RequestGate) => unknown;

async function loadDefault(file: string, address: string): Promise<Make> {
  let loaded: { readonly default?: unknown };
  try {
    loaded = decodeModule(await import(pathToFileURL(file).href));
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : 'something was thrown';
    throw unusable(`expected an ES module at ${address}, got: ${reason}`, thrown);
  }
  if (typeof loaded.default === 'function') return decodeMake(loaded.default);
  throw unusable(`expected ${address} to export a function as its default, got ${typeof loaded.default}`);
}

async function makeWith(
  make: Make,
  settings: ModuleSettings,
  gate: RequestGate,
  address: string,
): Promise<unknown> {
  try {
    return await make(settings, gate);
  } catch (thrown) {
    const { message } = errorOfAdapter(thrown, `the default export of ${address}`);
    throw unusable(message, thrown);
  }
}

function unusable(message: string, cause?: unknown): AlarmSyncError {
  return new AlarmSyncError('ALARMSYNC_SERVICE_ADDRESS', message, {
    cause,
    hint: 'its checks: import { conformanceChecks } from "alarmsync/conformance"',
  });
}

class ModuleService implements AlarmService {
  readonly identity: ServiceIdentity;
  readonly capabilities: ServiceCapabilities;
  readonly #adapter: Adapter;
  readonly #address: string;
  readonly #gate: QuotaGate;

  constructor(adapter: Adapter, address: string, gate: QuotaGate) {
    this.#adapter = adapter;
    this.#address = address;
    this.#gate = gate;
    this.identity = adapter.identity;
    this.capabilities = capabilitiesOf(adapter);
  }

  canAddress(name: string): boolean {
    return this.#adapter.canAddress?.(name) ?? true;
  }

  async *list(request: ListRequest, signal: AbortSignal): AsyncIterable<AlarmPage> {
    const where = `list of ${this.#address}`;
    const pageSize = Math.min(request.pageSize, this.capabilities.maxPageSize);
    signal.throwIfAborted();
    try {
      for await (const page of this.#adapter.list({ ...request, pageSize }, signal))
        yield decodePageOf(page, where);
    } catch (thrown) {
      throw this.#errorOf(thrown, where, signal);
    }
  }

  async read(name: string, signal: AbortSignal, handle?: string): Promise<ListedAlarm | undefined> {
    const read = async (): Promise<unknown> => this.#adapter.read(name, signal, handle);
    return decodeAlarmOf(await this.#call('read', read, signal), `read of ${this.#address}`);
  }

  async create(definition: AlarmDefinition, options: WriteOptions): Promise<void> {
    await this.#call('create', async () => this.#adapter.create(definition, options), options.signal);
  }

  async update(definition: AlarmDefinition, options: WriteOptions): Promise<void> {
    await this.#call('update', async () => this.#adapter.update(definition, options), options.signal);
  }

  async delete(name: string, options: WriteOptions): Promise<void> {
    await this.#call('delete', async () => this.#adapter.delete(name, options), options.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#adapter[Symbol.asyncDispose]?.();
    this.#gate[Symbol.dispose]();
  }

  async #call<Result>(what: string, work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (thrown) {
      throw this.#errorOf(thrown, `${what} of ${this.#address}`, signal);
    }
  }

  /** Whatever an adapter makes of an aborted signal, its reason is what counts. */
  #errorOf(thrown: unknown, where: string, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    const error = errorOfAdapter(thrown, where);
    throttle(this.#gate, error.status, error.retryAfterMs);
    return error;
  }
}

function decodeModule(value: unknown): { readonly default?: unknown } {
  return value as { readonly default?: unknown };
}

function decodeMake(value: unknown): Make {
  return value as Make;
}

function decodeAdapter(value: unknown): Adapter {
  return value as Adapter;
}
