// A call of the downtimes API v2 -> what it does to the downtimes held, and its answer in a JSON:API envelope.

import { accept, type Answer, invalidParameter, refuse, type Request } from './answer.ts';
import { attributesFault } from './downtime-rules.ts';
import type { Downtimes, HeldDowntime } from './downtimes.ts';
import { decodeObject, isObject, type JsonObject } from './json.ts';

const ROOT = '/api/v2/downtime';
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/iu;

/** TS:v2 DowntimesApi. Undefined for a call that is not one of these. */
export function answerDowntimeCall(downtimes: Downtimes, request: Request): Answer | undefined {
  const { method, path } = request;
  if (path === ROOT) {
    if (method === 'GET') return list(downtimes, request.query);
    return method === 'POST' ? create(downtimes, request) : undefined;
  }
  const id = path.startsWith(`${ROOT}/`) ? path.slice(ROOT.length + 1) : undefined;
  if (id === undefined) return undefined;
  // recorded: PY tests/v2 test_get_a_downtime_returns_bad_request_response.
  if (!UUID.test(id)) return refuse(400, 'Invalid URL param: downtime_id must be an uuid');
  const held = downtimes.find(id);
  // recorded: PY tests/v2 test_cancel_a_downtime_returns_downtime_not_found_response.
  return held === undefined ? refuse(404, `Downtime ${id} not found`) : answerOne(downtimes, held, request);
}

function answerOne(downtimes: Downtimes, held: HeldDowntime, request: Request): Answer | undefined {
  switch (request.method) {
    case 'GET':
      return accept({ data: single(downtimes, held) });
    case 'PATCH':
      return update(downtimes, held, request);
    case 'DELETE':
      // TS:v2 CancelDowntime: it stays and is canceled. recorded: 204 without a body.
      downtimes.cancel(held);
      return { status: 204, body: undefined };
    default:
      return undefined;
  }
}

function create(downtimes: Downtimes, { body }: Request): Answer {
  const data = decodeData(body);
  if (typeof data === 'string') return refuse(400, data);
  const fault = attributesFault(data.attributes, true);
  if (fault !== undefined) return refuse(400, fault);
  const duplicates = downtimes.duplicatesOf(data.attributes);
  // SC model/downtime_schedules.py quotes it.
  if (duplicates.length > 0)
    return refuse(
      400,
      `The downtime being created is a duplicate of one or more existing downtimes: [${duplicates.map((id) => `'${id}'`).join(', ')}]`,
    );
  return accept({ data: single(downtimes, downtimes.add(data.attributes)) });
}

function update(downtimes: Downtimes, held: HeldDowntime, { body }: Request): Answer {
  const data = decodeData(body);
  if (typeof data === 'string') return refuse(400, data);
  // TS:v2 DowntimeUpdateRequestData: the id is in the body too.
  if (data.id !== held.id) return refuse(400, 'id must be that of the URL');
  const fault = attributesFault(data.attributes, false);
  if (fault !== undefined) return refuse(400, fault);
  downtimes.change(held, data.attributes);
  return accept({ data: single(downtimes, held) });
}

interface SentData {
  readonly id: string | undefined;
  readonly attributes: JsonObject;
}

/** TS:v2 DowntimeCreateRequest, DowntimeUpdateRequest: `{data: {type: "downtime", id?, attributes}}`. */
function decodeData(body: string): SentData | string {
  const data = decodeObject(body)?.['data'];
  if (!isObject(data)) return "'data' is a required property";
  const { type, id, attributes } = data;
  if (type !== 'downtime') return "'type' must be 'downtime'";
  if (!isObject(attributes)) return "'attributes' is a required property";
  return { id: typeof id === 'string' ? id : undefined, attributes };
}

/** TS:v2 ListDowntimes. */
const DEFAULT_LIMIT = 30;

function list(downtimes: Downtimes, query: URLSearchParams): Answer {
  const wrong = ['page[offset]', 'page[limit]'].find((key) => !/^\d+$/u.test(query.get(key) ?? '0'));
  if (wrong !== undefined) return refuse(400, invalidParameter(wrong));
  const offset = Number(query.get('page[offset]') ?? 0);
  const limit = Number(query.get('page[limit]') ?? DEFAULT_LIMIT);
  const isCurrentOnly = query.get('current_only') === 'true';
  const matching = downtimes.all().filter((held) => !isCurrentOnly || downtimes.status(held) === 'active');
  const data = matching
    .slice(offset, offset + limit)
    .map((held) => ({ type: 'downtime', id: held.id, attributes: downtimes.shown(held) }));
  return accept({ data, meta: { page: { total_filtered_count: matching.length } } });
}

/** TS:v2 DowntimeResponseData; a list leaves the relationships out (recorded: PY tests/v2 test_get_all_downtimes_returns_ok_response). */
function single(downtimes: Downtimes, held: HeldDowntime): object {
  const identifier = held.attributes['monitor_identifier'];
  const monitorId = isObject(identifier) ? identifier['monitor_id'] : undefined;
  const monitor = typeof monitorId === 'number' ? { type: 'monitors', id: String(monitorId) } : null;
  return {
    type: 'downtime',
    id: held.id,
    attributes: downtimes.shown(held),
    relationships: { monitor: { data: monitor }, created_by: { data: { type: 'users', id: CREATOR_ID } } },
  };
}

const CREATOR_ID = '3ad549bf-eba0-11e9-a77a-0705486660d0';
