// The downtimes that the stand-in holds, by id, with what the server makes of what was sent.

import { canonicalText, isObject, isStrings, type Json, type JsonObject, timeText } from './json.ts';

export interface HeldDowntime {
  readonly id: string;
  /** As sent, gathered over all writes. */
  sent: JsonObject;
  /** As shown, without `status`. */
  attributes: JsonObject;
  canceledEpochMs: number | null;
}

export class Downtimes {
  readonly #nowEpochMs: () => number;
  readonly #held = new Map<string, HeldDowntime>();
  #addedCount = 0;
  #shownCount = 0;

  constructor(nowEpochMs: () => number) {
    this.#nowEpochMs = nowEpochMs;
  }

  all(): readonly HeldDowntime[] {
    return [...this.#held.values()];
  }

  find(id: string): HeldDowntime | undefined {
    return this.#held.get(id);
  }

  add(sent: JsonObject): HeldDowntime {
    this.#addedCount += 1;
    const id = `85428b34-0187-11ee-bb05-${String(this.#addedCount).padStart(12, '0')}`;
    const now = timeText(this.#nowEpochMs());
    const held = {
      id,
      sent,
      attributes: { ...this.#shape(sent), created: now, modified: now },
      canceledEpochMs: null,
    };
    this.#held.set(id, held);
    return held;
  }

  /** What was not sent stays; a schedule is replaced whole. */
  change(held: HeldDowntime, sent: JsonObject): void {
    const { created = null } = held.attributes;
    const shape = this.#shape({ ...held.sent, ...sent });
    // A start that the server set when it began does not move with an update of something else.
    const schedule =
      sent['schedule'] === undefined ? (held.attributes['schedule'] ?? null) : (shape['schedule'] ?? null);
    held.sent = { ...held.sent, ...sent };
    held.attributes = { ...shape, schedule, created, modified: timeText(this.#nowEpochMs()) };
  }

  cancel(held: HeldDowntime): void {
    held.canceledEpochMs ??= this.#nowEpochMs();
  }

  /** Ids of those that hold and do the same; what exactly is compared is not documented. */
  duplicatesOf(sent: JsonObject): readonly string[] {
    const key = effectKey(sent);
    return this.all()
      .filter((held) => held.canceledEpochMs === null && effectKey(held.sent) === key)
      .map(({ id }) => id);
  }

  /** TS:v2 DowntimeResponseAttributes. */
  shown(held: HeldDowntime): JsonObject {
    this.#shownCount += 1;
    const { attributes, canceledEpochMs } = held;
    return {
      ...attributes,
      // recorded: in another order from one answer to the next.
      notify_end_states: turned(attributes['notify_end_states'], this.#shownCount),
      notify_end_types: turned(attributes['notify_end_types'], this.#shownCount),
      status: this.status(held),
      canceled: canceledEpochMs === null ? null : timeText(canceledEpochMs),
    };
  }

  /** TS:v2 DowntimeStatus. A recurring one is judged by its first window alone. */
  status({ attributes, canceledEpochMs }: HeldDowntime): string {
    if (canceledEpochMs !== null) return 'canceled';
    const schedule = isObject(attributes['schedule']) ? attributes['schedule'] : {};
    const window = isObject(schedule['current_downtime']) ? schedule['current_downtime'] : schedule;
    const nowEpochMs = this.#nowEpochMs();
    if (epochMsOf(window['start'], 0) > nowEpochMs) return 'scheduled';
    const isOver = epochMsOf(window['end'], Infinity) <= nowEpochMs;
    if (!isOver) return 'active';
    return schedule['recurrences'] === undefined ? 'ended' : 'scheduled';
  }

  /** Defaults and normalisations as recorded: PY tests/v2 test_schedule_a_downtime_returns_ok_response, TF TestAccDowntimeSchedule…. */
  #shape(sent: JsonObject): JsonObject {
    const zone = sent['display_timezone'];
    return {
      message: sent['message'] ?? null,
      monitor_identifier: sent['monitor_identifier'] ?? null,
      scope: sent['scope'] ?? null,
      mute_first_recovery_notification: sent['mute_first_recovery_notification'] ?? false,
      notify_end_states: sent['notify_end_states'] ?? ['alert', 'no data', 'warn'],
      notify_end_types: sent['notify_end_types'] ?? ['expired'],
      // recorded: "" comes back as "UTC".
      display_timezone: zone === '' || zone === undefined || zone === null ? 'UTC' : zone,
      schedule: this.#shapeSchedule(sent['schedule']),
    };
  }

  #shapeSchedule(sent: Json | undefined): JsonObject {
    const schedule = isObject(sent) ? sent : {};
    const now = timeText(this.#nowEpochMs());
    const { recurrences } = schedule;
    if (!Array.isArray(recurrences)) {
      // recorded: a null start is the server's time, in microseconds.
      return { start: withOffset(schedule['start']) ?? now, end: withOffset(schedule['end']) ?? null };
    }
    const kept = recurrences.filter(isObject).map((recurrence) => startedAt(recurrence, now.slice(0, 19)));
    return {
      timezone: schedule['timezone'] ?? 'UTC',
      recurrences: kept,
      current_downtime: firstWindow(kept[0]),
    };
  }
}

/** TS:v2 DowntimeScheduleRecurrenceCreateUpdateRequest: without a start it begins when it is made. */
function startedAt(recurrence: JsonObject, otherwise: string): JsonObject {
  return { ...recurrence, start: recurrence['start'] ?? otherwise };
}

/** recorded: `Z` comes back as `+00:00`. */
function withOffset(moment: Json | undefined): string | undefined {
  return typeof moment === 'string' ? moment.replace(/(?:Z|[+-]00:?00)$/u, '+00:00') : undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Of the first recurrence, and as if in UTC: neither the rrule nor the zone is worked out. */
function firstWindow({ start, duration }: JsonObject = {}): Json {
  if (typeof start !== 'string' || typeof duration !== 'string') return null;
  const [, count, unit] = /^(\d+)([mhdw])$/u.exec(duration) ?? [];
  const startEpochMs = Date.parse(`${start}Z`);
  if (unit === undefined || Number.isNaN(startEpochMs)) return null;
  const endEpochMs = startEpochMs + Number(count) * (UNIT_MS[unit] ?? 0);
  return { start: timeText(startEpochMs), end: timeText(endEpochMs) };
}

function epochMsOf(moment: Json | undefined, otherwise: number): number {
  return typeof moment === 'string' ? Date.parse(moment) : otherwise;
}

function turned(words: Json | undefined, count: number): Json {
  if (!isStrings(words) || words.length === 0) return words ?? null;
  const start = count % words.length;
  return [...words.slice(start), ...words.slice(0, start)];
}

function effectKey({
  monitor_identifier: identifier = null,
  scope = null,
  schedule = null,
}: JsonObject): string {
  const { start = null, end = null, ...rest } = isObject(schedule) ? schedule : {};
  return canonicalText([identifier, scope, { ...rest, start, end }]);
}
