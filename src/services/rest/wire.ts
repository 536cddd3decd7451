// The documented shapes of the alarm service's REST API, version 1, and what turns its JSON text into them.
//
//   definition       {"name": "disk-full", "params": {"threshold": "90", "contact": ["a@b.example"], …}}     create, update, read, list
//   listed           a definition, which may carry "etag": "\"4f2a\""
//   page             {"alarms": [listed…], "next_cursor": "C2" or null, "total"?: 12}
//   unpaged          [listed…]                                                  from a service without paging; see array-page.ts
//   acknowledgement  {"name": "disk-full", "status": "200"}                     status is a string and can only worsen the HTTP status

import { isWellFormed } from '../../alarm/alarm.ts';
import {
  holdsNumber,
  isJsonObject,
  numberText,
  parseJson,
  parseWithFloats,
  stringifyJson,
} from '../../alarm/json.ts';
import type { JsonObject, JsonValue } from '../../alarm/json.ts';
import { AlarmSyncError } from '../../alarm/errors.ts';
import type { AlarmDefinition } from '../../alarm/alarm.ts';
import type { AlarmPage, ListedAlarm } from '../alarm-service.ts';
import { malformed } from '../http-error.ts';

/** What a write is answered with. Shape: `{"name": "disk-full", "status": "200"}`; status is three digits, 2xx, 4xx or 5xx. */
export interface Acknowledgement {
  readonly name: string;
  readonly status: string;
}

/** A read gives the alarm, or the status by which the service says that there is none or something is wrong. */
export type ReadAnswer = { readonly alarm: ListedAlarm } | { readonly status: string };

/** Objects and arrays inside each other in one alarm. Deeper ones would overflow the stack of whoever walks them. */
export const MAX_DEPTH = 64;

/** The body of a create or an update. */
export function encodeDefinition(definition: AlarmDefinition): string {
  return stringifyJson({ name: definition.name, params: definition.params });
}

/**
 * One page of the listing. A page without `next_cursor` is refused: it is not proved to be the last.
 * @param where the request, for messages
 * @throws {ALARMSYNC_SERVICE_FOREIGN} for JSON with neither alarms nor a cursor: something else answers there.
 * @throws {ALARMSYNC_SERVICE_MALFORMED} when the text is anything else.
 */
export function decodePage(text: string, where: string): AlarmPage {
  const page = pageOf(parseObject(text, 'a page', where, parseWithFloats), where);
  // Few pages hold a number but for their own total, and most need no second look at the text, for what a float would lose.
  return page.holdsNumbers ? pageOf(parseObject(text, 'a page', where), where).page : page.page;
}

function pageOf(
  page: JsonObject,
  where: string,
): { readonly page: AlarmPage; readonly holdsNumbers: boolean } {
  const alarms = page['alarms'];
  if (alarms === undefined && page['next_cursor'] === undefined) throw foreign(where);
  if (!Array.isArray(alarms)) throw malformed('expected a page with an array "alarms"', where);
  const listed = alarms.map((item: JsonValue) => decodeListed(item, where));
  return {
    page: { alarms: listed, ...pageEndOf(page, where) },
    // Asked only now that each alarm is known to be shallow.
    holdsNumbers: holdsNumber(alarms),
  };
}

/**
 * Where the next page starts and how many alarms there are, from what follows the alarms of a page.
 * Shape: the text after the array's bracket, such as `,"next_cursor":null}`; undefined when a second "alarms" follows.
 * @throws {ALARMSYNC_SERVICE_MALFORMED} when it is anything else.
 */
export function decodePageEnd(text: string, where: string): Omit<AlarmPage, 'alarms'> | undefined {
  // Of two members of one name the last counts: a mark that comes back, whichever it is, was not replaced.
  const [page, same] = ['a', 'b'].map((mark) => parseObject(`{"alarms":"${mark}"${text}`, 'a page', where));
  if (page?.['alarms'] !== 'a' || same?.['alarms'] !== 'b') return undefined;
  return pageEndOf(page, where);
}

function pageEndOf(page: JsonObject, where: string): Omit<AlarmPage, 'alarms'> {
  const nextCursor = page['next_cursor'];
  if (
    nextCursor !== null &&
    (typeof nextCursor !== 'string' || nextCursor === '' || !isWellFormed(nextCursor))
  )
    throw malformed(`expected "next_cursor" to be a text or null, got ${kindOf(nextCursor)}`, where);
  const total = totalOf(page['total'], where);
  return { nextCursor, ...(total === undefined ? {} : { total }) };
}

function foreign(where: string): AlarmSyncError {
  return new AlarmSyncError(
    'ALARMSYNC_SERVICE_FOREIGN',
    `expected a page of alarms, got other JSON: ${where}`,
    {
      failureClass: 'malformed',
      hint: 'check the --service address, its path included',
    },
  );
}

/**
 * One listed alarm. An alarm whose `params` is missing or not an object breaks our rules and is kept nevertheless:
 * its definition has empty params, and `raw` holds what the service gave. `raw` is also there when the alarm has members beside the agreed ones.
 * @throws {ALARMSYNC_SERVICE_MALFORMED} when the value is no object, has no name that UTF-8 can carry, or is nested too deeply.
 */
export function decodeListed(item: JsonValue, where: string): ListedAlarm {
  if (!isJsonObject(item)) throw malformed(`expected an alarm to be an object, got ${kindOf(item)}`, where);
  const name = item['name'];
  if (typeof name !== 'string')
    throw malformed(`expected an alarm's name to be text, got ${kindOf(name)}`, where);
  if (!isWellFormed(name))
    throw malformed("expected well-formed Unicode in an alarm's name, got a lone surrogate", where);
  if (!isShallow(item, MAX_DEPTH))
    throw malformed(`expected an alarm nested at most ${MAX_DEPTH} deep, got a deeper one`, where);
  const params = item['params'];
  const definition = { name, params: isJsonObject(params) ? params : {} };
  const etag = sendableEtag(item['etag']);
  if (isJsonObject(params) && Object.keys(item).every(isListedMember))
    return etag === undefined ? { definition } : { definition, etag };
  const raw = stringifyJson(item);
  return etag === undefined ? { definition, raw } : { definition, etag, raw };
}

/** The same from its JSON text. @throws {ALARMSYNC_SERVICE_MALFORMED} as decodeListed, and when it is not JSON. */
export function decodeListedText(text: string, where: string): ListedAlarm {
  return decodeListed(parseObject(text, 'an alarm', where), where);
}

function isListedMember(member: string): boolean {
  return member === 'name' || member === 'params' || member === 'etag';
}

/**
 * The answer to a read of that name.
 * @throws {ALARMSYNC_SERVICE_MALFORMED} when it is neither an alarm nor a status, or speaks of another name.
 */
export function decodeDefinition(text: string, name: string, where: string): ReadAnswer {
  const answer = parseObject(text, 'an alarm', where);
  if (answer['params'] === undefined && answer['status'] !== undefined)
    return { status: requireAcknowledgement(answer, name, where).status };
  const alarm = decodeListed(answer, where);
  requireName(alarm.definition.name, name, where);
  return { alarm };
}

/**
 * The answer to a write on that name. Its status may still be a refusal.
 * @throws {ALARMSYNC_SERVICE_MALFORMED} when it is no acknowledgement, or one of another name: the outcome is unknown.
 */
export function decodeAcknowledgement(text: string, name: string, where: string): Acknowledgement {
  return requireAcknowledgement(parseObject(text, 'an acknowledgement', where), name, where);
}

/**
 * An etag that can be a condition: one that a header can carry (RFC 9110 5.5) and that is not weak, since If-Match
 * never matches a weak one (RFC 9110 13.1.1). Any other counts as none.
 */
export function sendableEtag(etag: JsonValue | undefined): string | undefined {
  return typeof etag === 'string' && /^(?!W\/)[\x21-\x7e\x80-\xff]+$/.test(etag) ? etag : undefined;
}

function requireAcknowledgement(answer: JsonObject, name: string, where: string): Acknowledgement {
  const status = answer['status'];
  if (typeof status !== 'string' || !/^[245]\d\d$/.test(status))
    throw malformed(
      `expected an acknowledgement with a status of three digits as text, got ${kindOf(status)}`,
      where,
    );
  requireName(answer['name'], name, where);
  return { name, status };
}

// The other name is not shown: it comes from the body.
function requireName(got: JsonValue | undefined, expected: string, where: string): void {
  if (got !== expected)
    throw malformed('expected an answer about that alarm, got one without its name', where);
}

function totalOf(total: JsonValue | undefined, where: string): number | undefined {
  if (total === undefined) return undefined;
  const count = Number(numberText(total) ?? Number.NaN);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw malformed('expected "total" to be a whole number of at least 0, got something else', where);
}

// No cause: the messages of JSON parsers quote the text.
function parseObject(text: string, expected: string, where: string, parse = parseJson): JsonObject {
  let value: JsonValue;
  try {
    value = parse(text);
  } catch {
    throw malformed(`expected ${expected} as JSON, got ${text === '' ? 'nothing' : 'other text'}`, where);
  }
  if (isJsonObject(value)) return value;
  throw malformed(`expected ${expected} as a JSON object, got ${kindOf(value)}`, where);
}

function isShallow(value: JsonValue, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  const members: readonly JsonValue[] = Object.values(value);
  for (const inner of members) {
    if (typeof inner !== 'string' && !isShallow(inner, depth - 1)) return false;
  }
  return true;
}

function kindOf(value: JsonValue | undefined): string {
  if (value === undefined) return 'none';
  if (value === null) return 'null';
  if (value === '') return 'an empty text';
  if (Array.isArray(value)) return 'an array';
  if (numberText(value) !== undefined) return 'a number';
  return typeof value === 'object' ? 'an object' : `another ${typeof value}`;
}
