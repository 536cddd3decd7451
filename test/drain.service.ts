// An alarm service in a Map, whose every call a test can bend; and a drain over it.

import { onTestFinished } from 'vitest';

import type { AlarmDefinition } from '../src/alarm/alarm.ts';
import { AlarmSyncError, type ErrorCode } from '../src/alarm/errors.ts';
import type { JsonObject } from '../src/alarm/json.ts';
import { drainPlan, type DrainSettings } from '../src/pipeline/drain/drain.ts';
import type {
  AlarmPage,
  AlarmService,
  ListedAlarm,
  ServiceCapabilities,
  ServiceIdentity,
  WriteOptions,
} from '../src/services/alarm-service.ts';
import type { PlanFile } from '../src/store/plan-file.ts';
import { REQUIRED, type World } from './plan.world.ts';

/** One request that reached the service. */
export interface Call {
  readonly verb: 'read' | 'create' | 'update' | 'delete';
  readonly name: string;
  readonly atMs: number;
  readonly ifMatch: string | undefined;
  readonly idempotencyKey: string | undefined;
}

/** What a test does to a call: before the service acts, or after it acted and before the caller hears of it. */
export interface Bend {
  readonly before?: (call: Call) => void | Promise<void>;
  readonly after?: (call: Call) => void | Promise<void>;
}

export class MapService implements AlarmService {
  readonly identity: ServiceIdentity = { address: 'memory:', account: '' };
  readonly capabilities: ServiceCapabilities;
  readonly alarms = new Map<string, { params: JsonObject; version: number }>();
  readonly calls: Call[] = [];
  readonly #bend: Bend;
  /** Writes that took effect, by verb and name. Shape: `create a`. */
  readonly effects: string[] = [];

  constructor(bend: Bend = {}, capabilities: Partial<ServiceCapabilities> = {}) {
    this.#bend = bend;
    this.capabilities = {
      maxPageSize: 1000,
      keptMembers: 'all',
      quotaPerSecond: {},
      hasConditionalWrites: true,
      createIsUpsert: false,
      namesAreUnique: false,
      writesState: true,
      maxDeleteBatch: 1,
      ...capabilities,
    };
  }

  /** Puts an alarm there, past the interface. */
  put(name: string, params: JsonObject): void {
    this.alarms.set(name, { params, version: (this.alarms.get(name)?.version ?? 0) + 1 });
  }

  canAddress(name: string): boolean {
    return name !== '..';
  }

  list(): AsyncIterable<AlarmPage> {
    throw new Error('expected a drain to list nothing');
  }

  async read(name: string): Promise<ListedAlarm | undefined> {
    return this.#call('read', name, undefined, () => {
      const alarm = this.alarms.get(name);
      if (alarm === undefined) return undefined;
      const etag = this.capabilities.hasConditionalWrites ? { etag: etagOf(alarm.version) } : {};
      return { definition: { name, params: alarm.params }, ...etag };
    });
  }

  async create({ name, params }: AlarmDefinition, options: WriteOptions): Promise<void> {
    await this.#call('create', name, options, () => {
      if (this.alarms.has(name) && !this.capabilities.createIsUpsert)
        throw failure('ALARMSYNC_SERVICE_EXISTS', 409);
      this.put(name, params);
    });
  }

  async update({ name, params }: AlarmDefinition, options: WriteOptions): Promise<void> {
    await this.#call('update', name, options, () => {
      this.#require(name, options);
      this.put(name, params);
    });
  }

  async delete(name: string, options: WriteOptions): Promise<void> {
    await this.#call('delete', name, options, () => {
      this.#require(name, options);
      this.alarms.delete(name);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #require(name: string, options: WriteOptions): void {
    const alarm = this.alarms.get(name);
    if (alarm === undefined) throw failure('ALARMSYNC_SERVICE_MISSING', 404);
    if (options.ifMatch !== undefined && options.ifMatch !== etagOf(alarm.version)) {
      throw failure('ALARMSYNC_SERVICE_CHANGED', 412);
    }
  }

  async #call<Result>(
    verb: Call['verb'],
    name: string,
    options: WriteOptions | undefined,
    act: () => Result,
  ): Promise<Result> {
    options?.signal.throwIfAborted();
    const { ifMatch, idempotencyKey } = options ?? {};
    const call = { verb, name, atMs: performance.now(), ifMatch, idempotencyKey };
    this.calls.push(call);
    await this.#bend.before?.(call);
    const result = act();
    if (verb !== 'read') this.effects.push(`${verb} ${name}`);
    await this.#bend.after?.(call);
    return result;
  }
}

export function etagOf(version: number): string {
  return `"${version}"`;
}

/** The error an adapter gives for that status. */
export function failure(code: ErrorCode, status?: number, retryAfterMs?: number): AlarmSyncError {
  return new AlarmSyncError(code, `expected success, got status ${status}`, {
    ...(status === undefined ? {} : { status }),
    ...(status === 403 ? { failureClass: 'http_4xx_403' } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Fails the first `count` calls that the rule picks. */
export function failFirst(
  count: number,
  picks: (call: Call) => boolean,
  error: () => Error,
): (call: Call) => void {
  let left = count;
  return (call) => {
    if (!picks(call) || left === 0) return;
    left -= 1;
    throw error();
  };
}

/** The service that holds what the world's listing showed. */
export function serviceOf(
  world: World,
  bend: Bend = {},
  capabilities: Partial<ServiceCapabilities> = {},
): MapService {
  const service = new MapService(bend, capabilities);
  for (const [name, { params }] of Object.entries(world.existing ?? {})) service.put(name, params);
  return service;
}

export interface DrainChanges {
  readonly checkBefore?: 'all' | 'deletes' | 'none';
  readonly compareState?: 'meaning' | 'exact';
  readonly retryCount?: number;
  readonly settleTimeMs?: number;
  readonly concurrency?: number;
  readonly limitCount?: number;
  readonly maxErrorCount?: number;
  readonly ignoreErrors?: boolean;
  readonly managedMembers?: readonly string[];
  readonly stop?: AbortSignal;
  readonly kill?: AbortSignal;
}

export function drainSettings(changes: DrainChanges = {}): DrainSettings {
  return {
    send: {
      runId: 'run-1',
      managed: changes.managedMembers ?? REQUIRED,
      compareState: changes.compareState ?? 'meaning',
      checkBefore: changes.checkBefore ?? 'all',
    },
    task: { retryCount: changes.retryCount ?? 3, settleTimeMs: changes.settleTimeMs ?? 10 },
    concurrency: changes.concurrency ?? 4,
    limitCount: changes.limitCount ?? null,
    maxErrorCount: changes.maxErrorCount ?? null,
    ignoreErrors: changes.ignoreErrors ?? false,
  };
}

/** Drains the plan to wherever it comes. */
export async function drain(
  plan: PlanFile,
  service: AlarmService,
  changes: DrainChanges = {},
): Promise<void> {
  const never = new AbortController().signal;
  await drainPlan({ plan, service, nowEpochMs: Date.now }, drainSettings(changes), {
    stop: changes.stop ?? never,
    kill: changes.kill ?? never,
  });
}

/** A promise to be kept from outside; kept at the end of the test at the latest. */
export function latch(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  onTestFinished(() => open());
  return { opened, open };
}
