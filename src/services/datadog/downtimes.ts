// Recurring downtimes as definitions that are kept in step: those that bear our mark, and no others.
//
// A downtime has no tags of its own. The last line of its message says that it is ours, and its name.

import type { AlarmDefinition } from '../../alarm/alarm.ts';
import { isStringArray } from '../../alarm/contact.ts';
import { downtimeParams } from '../../alarm/downtime.ts';
import {
  canonicalJson,
  isJsonObject,
  stringifyJson,
  type JsonObject,
  type JsonValue,
} from '../../alarm/json.ts';
import type {
  AlarmPage,
  AlarmReader,
  AlarmWriter,
  ListedAlarm,
  ListRequest,
  ServiceCapabilities,
  ServiceIdentity,
  WriteOptions,
} from '../alarm-service.ts';
import { errorOfStatus } from '../http-error.ts';
import type { HttpRequest } from '../http.ts';
import type { DatadogApi } from './api.ts';
import { DOWNTIME_ROOT, downtimePages, isDuplicateDowntime, isInForce } from './downtime-list.ts';
import { OUR_TAG } from './tags.ts';
import type { HeldDowntime } from './wire.ts';

const MARK = 'alarmsync downtime: ';

const MARKED = new RegExp(`^(?:([^]*)\\n)?${MARK}(.+)$`, 'u');

export class DatadogDowntimes implements AlarmReader, AlarmWriter {
  readonly identity: ServiceIdentity;
  readonly capabilities: ServiceCapabilities;
  readonly #api: DatadogApi;

  constructor(api: DatadogApi, identity: ServiceIdentity, capabilities: ServiceCapabilities) {
    this.#api = api;
    this.identity = identity;
    // A name is looked for before it is made: Datadog knows only of downtimes that do the same.
    this.capabilities = { ...capabilities, createIsUpsert: true };
  }

  canAddress(): boolean {
    return true;
  }

  async *list(_request: ListRequest, signal: AbortSignal): AsyncIterable<AlarmPage> {
    for await (const downtimes of downtimePages(this.#api, { isCurrentOnly: false, kind: 'list' }, signal))
      yield { alarms: downtimes.flatMap(ownDowntime), nextCursor: '' };
    yield { alarms: [], nextCursor: null };
  }

  /** With its handle it is this very one, else whichever has the name. */
  async read(name: string, signal: AbortSignal, handle?: string): Promise<ListedAlarm | undefined> {
    return this.#find(
      (own) => own.definition.name === name && (handle === undefined || own.handle === handle),
      signal,
    );
  }

  async create(definition: AlarmDefinition, { signal }: WriteOptions): Promise<void> {
    const attributes = attributesOf(definition);
    const body = stringifyJson({ data: { type: 'downtime', attributes } });
    const request = { method: 'POST', path: DOWNTIME_ROOT, kind: 'write', signal, body } as const;
    if ((await this.#api.textUnless(request, isDuplicateDowntime)) !== undefined) return;
    // What Datadog takes for the same, whatever its name and message.
    const effect = effectOf(definition.params);
    const same = await this.#find((own) => effectOf(own.definition.params) === effect, signal);
    const where = this.#api.where(request);
    if (same?.definition.name === definition.name) throw errorOfStatus(409, where);
    if (same?.handle === undefined)
      throw errorOfStatus(400, `${where}: another downtime mutes the same monitors at the same times`);
    // It was renamed in the configuration: the old name is found gone afterwards.
    const data = { type: 'downtime', id: same.handle, attributes };
    await this.#change(same.handle, { method: 'PATCH', body: stringifyJson({ data }), signal });
  }

  async update(definition: AlarmDefinition, options: WriteOptions): Promise<void> {
    const id = await this.#idOf('PATCH', definition.name, options);
    const data = { type: 'downtime', id, attributes: attributesOf(definition) };
    await this.#change(id, { method: 'PATCH', body: stringifyJson({ data }), signal: options.signal });
  }

  /** Datadog keeps it as canceled for a while. */
  async delete(name: string, options: WriteOptions): Promise<void> {
    const id = await this.#idOf('DELETE', name, options);
    await this.#change(id, { method: 'DELETE', signal: options.signal });
  }

  async #find(
    isWanted: (own: ListedAlarm) => boolean,
    signal: AbortSignal,
  ): Promise<ListedAlarm | undefined> {
    for await (const downtimes of downtimePages(this.#api, { isCurrentOnly: false, kind: 'read' }, signal)) {
      const found = downtimes.flatMap(ownDowntime).find(isWanted);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #change(id: string, change: Pick<HttpRequest, 'method' | 'body' | 'signal'>): Promise<void> {
    const request = {
      ...change,
      path: `${DOWNTIME_ROOT}/${encodeURIComponent(id)}`,
      kind: 'write',
    } as const;
    const text = await this.#api.textUnless(request, (status) => status === 404);
    if (text === undefined) throw errorOfStatus(404, this.#api.where(request));
  }

  /** Never of one that is no longer ours. @throws {ALARMSYNC_SERVICE_MISSING} */
  async #idOf(method: string, name: string, { handle, signal }: WriteOptions): Promise<string> {
    const id = (await this.read(name, signal, handle))?.handle;
    if (id !== undefined) return id;
    throw errorOfStatus(
      404,
      `${method} ${this.identity.address}${DOWNTIME_ROOT} for the downtime ${JSON.stringify(name)}`,
    );
  }
}

/** None or one: what is not ours, or no longer in force, is not seen. */
function ownDowntime(downtime: HeldDowntime): readonly ListedAlarm[] {
  const { id, attributes } = downtime;
  const { message, monitor_identifier: identifier } = attributes;
  const [, text = '', name] = MARKED.exec(textOf(message).trimEnd()) ?? [];
  const tags = isJsonObject(identifier) ? identifier['monitor_tags'] : undefined;
  const isOurs = name !== undefined && isStringArray(tags) && tags.includes(OUR_TAG);
  if (!isOurs || !isInForce(downtime)) return [];
  const others = tags.filter((tag) => tag !== OUR_TAG);
  return [{ definition: { name, params: heldParams(attributes, others, text) }, handle: id }];
}

/**
 * A held downtime as `downtimeParams` has those that are wanted. One that somebody gave another kind of schedule has it as it stands, so
 * that it differs from any of them.
 */
export function heldParams(
  { scope, schedule }: JsonObject,
  tags: readonly string[],
  message: string,
): JsonObject {
  const { timezone, recurrences } = isJsonObject(schedule) ? schedule : {};
  const params = downtimeParams({
    name: '',
    monitorTags: tags,
    scope: textOf(scope),
    message,
    timezone: textOf(timezone),
    recurrences: (Array.isArray(recurrences) ? recurrences : []).map((recurrence: JsonValue) => {
      const { start, duration, rrule } = isJsonObject(recurrence) ? recurrence : {};
      return { start: textOf(start), duration: textOf(duration), rrule: textOf(rrule) };
    }),
  });
  return Array.isArray(recurrences) ? params : { ...params, schedule: schedule ?? null };
}

function attributesOf({ name, params }: AlarmDefinition): JsonObject {
  const { monitor_tags: tags, scope = '*', message, timezone, recurrences = [], schedule } = params;
  const text = typeof message === 'string' && message !== '' ? `${message}\n` : '';
  return {
    monitor_identifier: { monitor_tags: [OUR_TAG, ...(isStringArray(tags) ? tags : [])] },
    scope,
    message: `${text}${MARK}${name}`,
    ...(textOf(timezone) === '' ? {} : { display_timezone: textOf(timezone) }),
    schedule: schedule ?? { timezone: textOf(timezone), recurrences },
  };
}

function effectOf(params: JsonObject): string {
  return canonicalJson({ ...params, message: '' });
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
