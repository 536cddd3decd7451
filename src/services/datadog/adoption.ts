// Everybody's metric monitors, as an alarm service that knows of each one thing alone: whether it is kept in step here.
//
// To take a monitor over is an update that puts our tags on it and leaves all else as it is; the rollback takes them off again.

import { OWNED_PARAMS, UNOWNED_PARAMS } from '../../alarm/adoption.ts';
import type { AlarmDefinition } from '../../alarm/alarm.ts';
import { AlarmSyncError } from '../../alarm/errors.ts';
import { stringifyJson } from '../../alarm/json.ts';
import type {
  AlarmPage,
  AlarmService,
  ListedAlarm,
  ListRequest,
  ServiceCapabilities,
  ServiceIdentity,
  WriteOptions,
} from '../alarm-service.ts';
import { errorOfStatus } from '../http-error.ts';
import type { DatadogApi } from './api.ts';
import { MONITOR_ROOT, monitorPages, readMonitor } from './monitor-list.ts';
import { keyTag, OUR_TAG } from './tags.ts';
import { decodeMonitor, type Monitor } from './wire.ts';

/** What a row of the file can become: an update cannot change the type. Source: Datadog's OpenAPI description, MonitorType. */
const METRIC_TYPES: ReadonlySet<string> = new Set(['metric alert', 'query alert']);

export class DatadogAdoption implements AlarmService {
  readonly identity: ServiceIdentity;
  readonly capabilities: ServiceCapabilities;
  readonly #api: DatadogApi;

  constructor(api: DatadogApi, identity: ServiceIdentity, capabilities: ServiceCapabilities) {
    this.#api = api;
    this.identity = identity;
    this.capabilities = capabilities;
  }

  canAddress(name: string): boolean {
    return name !== '';
  }

  async *list(request: ListRequest, signal: AbortSignal): AsyncIterable<AlarmPage> {
    for await (const { monitors, nextCursor } of monitorPages(this.#api, [], request, signal))
      yield { alarms: monitors.filter(isCandidate).map(alarmOf), nextCursor };
  }

  /** By its handle alone: a name may be many monitors'. */
  async read(name: string, signal: AbortSignal, handle = ''): Promise<ListedAlarm | undefined> {
    const monitor = await readMonitor(this.#api, handle, signal);
    return monitor?.name === name && isCandidate(monitor) ? alarmOf(monitor) : undefined;
  }

  async update({ name, params }: AlarmDefinition, options: WriteOptions): Promise<void> {
    const { raw, signal, handle = '' } = options;
    const path = `${MONITOR_ROOT}/${encodeURIComponent(handle)}`;
    const where = this.#api.where({ method: 'PUT', path });
    const live = raw === undefined ? await readMonitor(this.#api, handle, signal) : decodeMonitor(raw, where);
    if (live?.name !== name) throw errorOfStatus(404, where);
    const ours = [OUR_TAG, keyTag(name)];
    const others = live.tags.filter((tag) => !ours.includes(tag));
    const tags = params['managed_by'] === undefined ? others : [...ours, ...others];
    const request = { method: 'PUT', path, kind: 'write', signal, body: stringifyJson({ tags }) } as const;
    decodeMonitor(await this.#api.text(request), where);
  }

  async create(): Promise<void> {
    throw neverPlanned('create');
  }

  async delete(): Promise<void> {
    throw neverPlanned('delete');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#api[Symbol.asyncDispose]();
  }
}

/** One that bears our tag and another name's key was renamed or copied by hand: nobody knows which alarm it is. */
function isCandidate({ name, tags, whole }: Monitor): boolean {
  const isOursByAnotherName = tags.includes(OUR_TAG) && !tags.includes(keyTag(name));
  return typeof whole['type'] === 'string' && METRIC_TYPES.has(whole['type']) && !isOursByAnotherName;
}

function alarmOf({ id, name, tags, whole }: Monitor): ListedAlarm {
  const params = tags.includes(OUR_TAG) ? OWNED_PARAMS : UNOWNED_PARAMS;
  return { definition: { name, params }, handle: id, raw: stringifyJson(whole) };
}

function neverPlanned(action: string): AlarmSyncError {
  return new AlarmSyncError(
    'ALARMSYNC_UNEXPECTED',
    `expected an adoption to plan updates alone, got a ${action}`,
  );
}
