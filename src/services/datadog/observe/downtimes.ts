// The two downtimes in which the monitor keeps quiet: weeknights and weekends.
//
// Source: DowntimesApi in Datadog's OpenAPI description of the API v2. They mute what bears the monitor's tags and no alarm of a file; the
// line in their message is another than that of the downtimes that a sync keeps in step.

import { isStringArray } from '../../../alarm/contact.ts';
import { downtimeParams, type Recurrence } from '../../../alarm/downtime.ts';
import { isJsonObject, stringifyJson, type JsonObject } from '../../../alarm/json.ts';
import { errorOfStatus } from '../../http-error.ts';
import type { HttpRequest } from '../../http.ts';
import type { DatadogApi } from '../api.ts';
import { DOWNTIME_ROOT, downtimePages, isDuplicateDowntime, isInForce } from '../downtime-list.ts';
import { heldParams } from '../downtimes.ts';
import type { HeldDowntime } from '../wire.ts';
import type { HeldObject, ObservedObject } from './objects.ts';
import { endsWithLine, markLine, monitorMarks, titleOf, type ObserveWish } from './wish.ts';

type Which = 'weeknights' | 'weekends';

/** Sunday's night is Monday's early morning: without SU it would tell from 00:00 to 09:00 on Mondays. */
const RECURRENCES: Readonly<Record<Which, Recurrence>> = {
  weeknights: { start: '2026-01-04T19:00', duration: '14h', rrule: 'FREQ=WEEKLY;BYDAY=SU,MO,TU,WE,TH,FR' },
  weekends: { start: '2026-01-03T00:00', duration: '1d', rrule: 'FREQ=WEEKLY;BYDAY=SA,SU' },
};

const TEXTS: Readonly<Record<Which, string>> = {
  weeknights: 'Weeknights from 19:00 to 09:00: nobody is told of alarmsync.',
  weekends: 'Saturday and Sunday: nobody is told of alarmsync.',
};

export class ObservedDowntime implements ObservedObject {
  readonly kind = 'downtime';
  readonly title: string;
  readonly wanted: JsonObject;
  readonly #api: DatadogApi;
  readonly #mark: string;
  readonly #attributes: JsonObject;

  constructor(api: DatadogApi, which: Which, wish: ObserveWish) {
    const { timezone } = wish;
    this.#api = api;
    this.#mark = markLine(which, wish);
    this.title = titleOf(which, wish);
    const monitorTags = monitorMarks(wish);
    const message = `${TEXTS[which]}\n${this.#mark}`;
    const recurrences = [{ ...RECURRENCES[which] }];
    this.wanted = downtimeParams({ name: which, monitorTags, scope: '*', message, timezone, recurrences });
    this.#attributes = {
      monitor_identifier: { monitor_tags: monitorTags },
      scope: '*',
      message,
      display_timezone: timezone,
      schedule: { timezone, recurrences },
    };
  }

  async find(signal: AbortSignal): Promise<readonly HeldObject[]> {
    const found = new Map<string, HeldObject>();
    for await (const downtimes of downtimePages(this.#api, { isCurrentOnly: false, kind: 'read' }, signal))
      for (const downtime of downtimes)
        // A page that moved while it was listed may give one twice.
        if (this.#isThis(downtime)) found.set(downtime.id, heldDowntime(downtime));
    return [...found.values()];
  }

  async create(signal: AbortSignal): Promise<void> {
    const body = stringifyJson({ data: { type: 'downtime', attributes: this.#attributes } });
    const request = { method: 'POST', path: DOWNTIME_ROOT, kind: 'write', signal, body } as const;
    if ((await this.#api.textUnless(request, isDuplicateDowntime)) !== undefined) return;
    const where = this.#api.where(request);
    throw errorOfStatus(409, `${where}: one without the line "${this.#mark}" does the same; cancel it`);
  }

  async update({ id }: HeldObject, signal: AbortSignal): Promise<void> {
    const body = stringifyJson({ data: { type: 'downtime', id, attributes: this.#attributes } });
    const request = { method: 'PATCH', path: pathOf(id), kind: 'write', signal, body } as const;
    if (!(await this.#isThere(request))) throw errorOfStatus(404, this.#api.where(request));
  }

  async delete({ id }: HeldObject, signal: AbortSignal): Promise<void> {
    await this.#isThere({ method: 'DELETE', path: pathOf(id), kind: 'write', signal });
  }

  async #isThere(request: HttpRequest): Promise<boolean> {
    return (await this.#api.textUnless(request, (status) => status === 404)) !== undefined;
  }

  #isThis(downtime: HeldDowntime): boolean {
    const { message } = downtime.attributes;
    return isInForce(downtime) && typeof message === 'string' && endsWithLine(message, this.#mark);
  }
}

function heldDowntime({ id, attributes }: HeldDowntime): HeldObject {
  const { message, monitor_identifier: identifier } = attributes;
  const tags = isJsonObject(identifier) ? identifier['monitor_tags'] : undefined;
  const text = typeof message === 'string' ? message : '';
  return { id, whole: attributes, view: heldParams(attributes, isStringArray(tags) ? tags : [], text) };
}

function pathOf(id: string): string {
  return `${DOWNTIME_ROOT}/${encodeURIComponent(id)}`;
}
