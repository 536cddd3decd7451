// Bodies, queries and stored alarms <-> the wire shapes of the alarm service API, version 1.

import { isUtf8 } from 'node:buffer';

import type { AlarmDefinition } from '../alarm/alarm.ts';
import { AlarmSyncError } from '../alarm/errors.ts';
import type { JsonValue } from '../alarm/json.ts';
import { isJsonObject, parseJson } from '../alarm/json.ts';
import type { StoredAlarm, StoredPage } from './alarm-store.ts';

/**
 * A definition from a request body; members beside `name` and `params` are passed over.
 * @throws {ALARMSYNC_SERVICE_REFUSED} when the body is something else.
 */
export function decodeDefinition(body: unknown): AlarmDefinition {
  const value = decodeJson(body);
  if (!isJsonObject(value)) throw refusal('expected a JSON object as body');
  const name = Object.hasOwn(value, 'name') ? value['name'] : undefined;
  const params = Object.hasOwn(value, 'params') ? value['params'] : undefined;
  if (typeof name !== 'string') throw refusal('expected a string as "name"');
  if (!isJsonObject(params)) throw refusal('expected an object as "params"');
  return { name, params };
}

/**
 * How many alarms a listing wants on a page.
 * @throws {ALARMSYNC_SERVICE_REFUSED} when the limit is no whole number from 1.
 */
export function decodeLimit(limit: unknown, defaultCount: number, maxCount: number): number {
  if (limit === undefined) return defaultCount;
  if (typeof limit !== 'string' || !/^0*[1-9]\d*$/.test(limit)) {
    throw refusal('expected a whole number from 1 as "limit"');
  }
  return Math.min(Number(limit), maxCount);
}

/** @throws {ALARMSYNC_SERVICE_REFUSED} when the cursor is given more than once. */
export function decodeCursor(cursor: unknown): string | undefined {
  if (cursor === undefined || typeof cursor === 'string') return cursor;
  throw refusal('expected one "cursor"');
}

/** Shape: `{"name": "disk-full", "status": "200"}`; `message` says what was wrong with the request. */
export function acknowledgementText(name: string, status: number, message?: string): string {
  const start = `{"name":${JSON.stringify(name)},"status":"${status}"`;
  return message === undefined ? `${start}}` : `${start},"message":${JSON.stringify(message)}}`;
}

/** Shape: `{"name": "disk-full", "params": {…}}`, and in a listing its etag. The params are the stored text: parsing them would cost what it gives. */
export function definitionText(alarm: StoredAlarm, hasEtag: boolean): string {
  const etag = hasEtag ? `,"etag":${JSON.stringify(alarm.etag)}` : '';
  return `{"name":${JSON.stringify(alarm.name)},"params":${alarm.paramsText}${etag}}`;
}

/** Shape: `{"alarms": […], "next_cursor": "…" or null, "total": 3}`; `total` where it is stated. */
export function pageText(page: StoredPage, hasEtags: boolean, total: number | undefined): string {
  const alarms = page.alarms.map((alarm) => definitionText(alarm, hasEtags)).join(',');
  const totalText = total === undefined ? '' : `,"total":${total}`;
  return `{"alarms":[${alarms}],"next_cursor":${JSON.stringify(page.nextCursor)}${totalText}}`;
}

/** Chunks of one JSON array of every alarm. */
export function* arrayText(alarms: Iterable<StoredAlarm>, hasEtags: boolean): Generator<string> {
  let chunk = '[';
  let separator = '';
  for (const alarm of alarms) {
    chunk += separator + definitionText(alarm, hasEtags);
    separator = ',';
    if (chunk.length > CHUNK_CHARACTER_COUNT) {
      yield chunk;
      chunk = '';
    }
  }
  yield `${chunk}]`;
}

const CHUNK_CHARACTER_COUNT = 65_536;

function decodeJson(body: unknown): JsonValue {
  if (!Buffer.isBuffer(body) || !isUtf8(body)) throw refusal('expected a UTF-8 body');
  try {
    return parseJson(body.toString());
  } catch (thrown) {
    // Also a RangeError, for nesting that no parser follows.
    throw refusal('expected a JSON body', thrown);
  }
}

function refusal(message: string, cause?: unknown): AlarmSyncError {
  return new AlarmSyncError('ALARMSYNC_SERVICE_REFUSED', message, { cause });
}
