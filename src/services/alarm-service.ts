// The alarm service as the engine sees it: the interface every adapter fulfils, and what an adapter states about itself.

import type { AlarmDefinition } from '../alarm/alarm.ts';
import type { RowFault } from '../alarm/row.ts';

/** An alarm as the service gave it. */
export interface ListedAlarm {
  readonly definition: AlarmDefinition;
  /** The service's own id, where it is not the name. Opaque. */
  readonly handle?: string;
  /** Version for conditional writes. Opaque. */
  readonly etag?: string;
  /** The service's own body, where the definition does not hold all of it. Opaque. */
  readonly raw?: string;
}

/** A listed alarm with no more to it than its text, from an adapter that can tell it without making the definition. */
export interface ListedText {
  readonly name: string;
  /** What `paramsText` makes of its params. */
  readonly paramsText: string;
  readonly etag?: string;
}

export interface AlarmPage<Alarm = ListedAlarm> {
  readonly alarms: readonly Alarm[];
  /** Where the next page starts; null on the last page; '' = more follows in the same answer, and cannot be resumed from. Opaque. */
  readonly nextCursor: string | null;
  /** How many alarms the service says it holds, where it says so. */
  readonly total?: number;
}

export interface ListRequest {
  /** Alarms wanted on a page; the service may give fewer. 1-10 000. */
  readonly pageSize: number;
  /** Go on from this cursor; from the start when absent. */
  readonly cursor?: string;
}

/** Kinds of request, for quotas that differ by kind. */
export type RequestKind = 'list' | 'read' | 'write';

/**
 * Every request passes here before it leaves: the one place where a quota is kept.
 * Adapters call `pass` once for each HTTP request, retries included.
 */
export interface RequestGate {
  /** Resolves when one request of that kind may leave. */
  pass(kind: RequestKind, signal: AbortSignal): Promise<void>;
  /** Nothing leaves for that long, whoever asks: the service answered 429 or 503. */
  pause(durationMs: number): void;
}

/** What an adapter states about itself; the plan and the drain obey it. */
export interface ServiceCapabilities {
  /** Largest page the service gives. */
  readonly maxPageSize: number;
  /** Members of `params` that the service keeps; `all` when it keeps whatever it is given. */
  readonly keptMembers: 'all' | readonly string[];
  /** Requests a second the service allows by default, by kind; absent where it states none. */
  readonly quotaPerSecond: Readonly<Partial<Record<RequestKind, number>>>;
  /** True when writes may carry the etag of what they replace. */
  readonly hasConditionalWrites: boolean;
  /** True when create replaces an alarm of the same name: then it is checked before each create. */
  readonly createIsUpsert: boolean;
  /** False when the service may hold one name twice. */
  readonly namesAreUnique: boolean;
  /** False when the service alone says which alarms are `in_alarm`: a state is then compared by its meaning only. */
  readonly writesState: boolean;
  /** Names one delete request may carry; 1 when there is no bulk delete. */
  readonly maxDeleteBatch: number;
}

/**
 * A definition -> the same as the service gives it back, or every reason why it cannot hold it, by column. Services that hold whatever
 * they are given need none.
 */
export type FitDefinition = (
  definition: AlarmDefinition,
) => { readonly definition: AlarmDefinition } | { readonly faults: readonly RowFault[] };

/** Where a plan belongs: a plan for one identity is refused at another. */
export interface ServiceIdentity {
  /** The resolved address, without credentials. */
  readonly address: string;
  /** The account, project or organisation; empty where the service has none. */
  readonly account: string;
}

/** The reading half. Stages that must not write are given this and nothing more. */
export interface AlarmReader {
  readonly identity: ServiceIdentity;
  readonly capabilities: ServiceCapabilities;
  /** False for a name that no request can carry, such as `..` in a path. */
  canAddress(name: string): boolean;
  /**
   * The pages from the cursor on, one request each, until the last.
   * @throws {AlarmSyncError} any ALARMSYNC_SERVICE_ code; the pages given so far stay valid.
   */
  list(request: ListRequest, signal: AbortSignal): AsyncIterable<AlarmPage>;
  /** The same pages for whoever only stages them; an adapter has it where it saves time. */
  listTexts?(request: ListRequest, signal: AbortSignal): AsyncIterable<AlarmPage<ListedAlarm | ListedText>>;
  /**
   * The alarm of that name, or undefined when the service says that there is none.
   * @throws {AlarmSyncError} any ALARMSYNC_SERVICE_ code but MISSING.
   */
  read(name: string, signal: AbortSignal, handle?: string): Promise<ListedAlarm | undefined>;
}

export interface WriteOptions {
  readonly signal: AbortSignal;
  /** The same for every sending of one operation of one run. */
  readonly idempotencyKey: string;
  /** Write only while the alarm still has this etag. */
  readonly ifMatch?: string;
  readonly handle?: string;
  /** The service's own body, as `read` gave it just before; absent when nothing was read. Opaque. */
  readonly raw?: string;
}

/** The writing half; each call resolves on a well-formed acknowledgement and on nothing less. */
export interface AlarmWriter {
  /** @throws {AlarmSyncError} ALARMSYNC_SERVICE_EXISTS when the name is taken, or any other ALARMSYNC_SERVICE_ code. */
  create(definition: AlarmDefinition, options: WriteOptions): Promise<void>;
  /** Replaces the whole definition. @throws {AlarmSyncError} MISSING, CHANGED, or any other ALARMSYNC_SERVICE_ code. */
  update(definition: AlarmDefinition, options: WriteOptions): Promise<void>;
  /** @throws {AlarmSyncError} MISSING, CHANGED, or any other ALARMSYNC_SERVICE_ code. */
  delete(name: string, options: WriteOptions): Promise<void>;
  /** Deletes several at once; outcomes by name. Present when `maxDeleteBatch` is over 1. */
  deleteMany?(
    names: readonly string[],
    options: WriteOptions,
  ): Promise<ReadonlyMap<string, Error | undefined>>;
}

export interface AlarmService extends AlarmReader, AlarmWriter, AsyncDisposable {
  /** Recurring downtimes as definitions, `params` as of `downtimeParams`; absent where the service has none. */
  readonly downtimes?: AlarmReader & AlarmWriter;
}

/** The same service with its writing half out of reach, at run time too. */
export function readOnly(service: AlarmReader): AlarmReader {
  return Object.freeze({
    identity: service.identity,
    capabilities: service.capabilities,
    canAddress: (name: string) => service.canAddress(name),
    list: (request: ListRequest, signal: AbortSignal) => service.list(request, signal),
    ...(service.listTexts === undefined ? {} : { listTexts: service.listTexts.bind(service) }),
    read: (name: string, signal: AbortSignal, handle?: string) => service.read(name, signal, handle),
  });
}
