// What an adapter of somebody's own has to look like, and what its answers have to.

import * as v from 'valibot';

import type { AlarmPage, AlarmService, ListedAlarm, ServiceCapabilities } from '../alarm-service.ts';
import { malformed } from '../http-error.ts';

/** What an adapter is taken to be that does not say more: the cautious answer to each. */
const CAUTIOUS: ServiceCapabilities = {
  maxPageSize: 100,
  keptMembers: 'all',
  quotaPerSecond: {},
  hasConditionalWrites: false,
  createIsUpsert: true,
  namesAreUnique: false,
  writesState: false,
  maxDeleteBatch: 1,
};

const rate = v.optional(v.pipe(v.number(), v.minValue(0)));
const method = v.function('expected a function');

const service = v.looseObject({
  identity: v.object({ address: v.pipe(v.string(), v.nonEmpty()), account: v.string() }),
  capabilities: v.optional(
    v.strictObject({
      maxPageSize: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
      keptMembers: v.optional(v.union([v.literal('all'), v.array(v.string())])),
      quotaPerSecond: v.optional(v.strictObject({ list: rate, read: rate, write: rate })),
      hasConditionalWrites: v.optional(v.boolean()),
      createIsUpsert: v.optional(v.boolean()),
      namesAreUnique: v.optional(v.boolean()),
      writesState: v.optional(v.boolean()),
    }),
    {},
  ),
  canAddress: v.optional(method),
  list: method,
  read: method,
  create: method,
  update: method,
  delete: method,
});

/** An adapter as its author may write it. */
export interface Adapter extends Omit<
  AlarmService,
  'capabilities' | 'canAddress' | typeof Symbol.asyncDispose
> {
  readonly capabilities?: Partial<ServiceCapabilities>;
  readonly canAddress?: AlarmService['canAddress'];
  readonly [Symbol.asyncDispose]?: () => PromiseLike<void>;
}

/** Every fault of what a module made, each with its path; undefined when there is none. */
export function faultsOfAdapter(value: unknown): readonly string[] | undefined {
  const { issues } = v.safeParse(service, value);
  return issues?.map((issue) => `${v.getDotPath(issue) ?? 'the service'}: ${issue.message}`);
}

/** What it states, completed. */
export function capabilitiesOf({ capabilities }: Adapter): ServiceCapabilities {
  return { ...CAUTIOUS, ...capabilities };
}

/** As deep as an answer of any service may be. */
const MAX_DEPTH = 64;

/** What JSON can say: no dates, no big integers, nothing that refers to itself. */
function isJson(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1));
  const isPlain = Object.getPrototypeOf(value) === Object.prototype;
  return isPlain && Object.values(value).every((inner) => isJson(inner, depth + 1));
}

const isJsonValue = (value: unknown): boolean => isJson(value);

const text = v.optional(v.string());
const alarm = v.object({
  definition: v.object({
    name: v.string(),
    params: v.record(v.string(), v.pipe(v.unknown(), v.check(isJsonValue))),
  }),
  handle: text,
  etag: text,
  raw: text,
});
const page = v.object({
  alarms: v.array(alarm),
  nextCursor: v.nullable(v.string()),
  total: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
});

/** @throws {ALARMSYNC_SERVICE_MALFORMED} for anything but a page. */
export function decodePageOf(value: unknown, where: string): AlarmPage {
  requireShape(page, value, 'a page', where);
  return value as AlarmPage;
}

/** @throws {ALARMSYNC_SERVICE_MALFORMED} for anything but an alarm or undefined. */
export function decodeAlarmOf(value: unknown, where: string): ListedAlarm | undefined {
  if (value === undefined) return undefined;
  requireShape(alarm, value, 'an alarm or undefined', where);
  return value as ListedAlarm;
}

/** Nothing of the value is told: it may be what the service sent. */
function requireShape(schema: v.GenericSchema, value: unknown, what: string, where: string): void {
  const { issues } = v.safeParse(schema, value, { abortEarly: true });
  if (issues === undefined) return;
  throw malformed(`expected ${what}, got something else at ${v.getDotPath(issues[0]) ?? 'the top'}`, where);
}
