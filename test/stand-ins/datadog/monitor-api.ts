// A call of the monitors API v1 -> what it does to the monitors held, and its answer.

import { accept, type Answer, invalidParameter, refuse, type Request } from './answer.ts';
import { decodeObject, type JsonObject } from './json.ts';
import { type Definition, isMetricType, readDefinition } from './monitor-rules.ts';
import { type HeldMonitor, type Monitors, ORG_ID } from './monitors.ts';
import { scopeTags } from './query.ts';

const ROOT = '/api/v1/monitor';

/** TS:v1 paths. Undefined for a call that is not one of these. */
export function answerMonitorCall(monitors: Monitors, request: Request): Answer | undefined {
  const { method, path } = request;
  if (path === ROOT) {
    if (method === 'GET') return list(monitors, request.query);
    return method === 'POST' ? create(monitors, request) : undefined;
  }
  const [, idText, validatePath] = /^\/api\/v1\/monitor(?:\/(\d+))?(\/validate)?$/u.exec(path) ?? [];
  const held = idText === undefined ? undefined : monitors.find(Number(idText));
  // recorded 48 times, for a read, an update and a delete alike.
  if (idText !== undefined && held === undefined) return refuse(404, 'Monitor not found');
  if (validatePath !== undefined) return method === 'POST' ? validate(held, request) : undefined;
  return held === undefined ? undefined : answerOne(monitors, held, request);
}

function answerOne(monitors: Monitors, held: HeldMonitor, request: Request): Answer | undefined {
  switch (request.method) {
    case 'GET':
      return groupStatesFault(request.query) ?? accept(shown(held, request.query));
    case 'PUT':
      return update(monitors, held, request);
    case 'DELETE':
      monitors.remove(held.id);
      // recorded: TF TestAccDatadogMonitor_Basic.
      return accept({ deleted_monitor_id: held.id });
    default:
      return undefined;
  }
}

function create(monitors: Monitors, { body }: Request): Answer {
  const sent = decodeObject(body);
  if (sent === undefined) return refuse(400, INVALID_JSON);
  const definition = readDefinition(sent);
  if (typeof definition === 'string') return refuse(400, definition);
  return duplicateFault(monitors, definition) ?? accept(monitors.add(definition));
}

/**
 * Top-level keys that were not sent stay, `options` are replaced whole, and `creator` is not in the answer
 * (recorded: TS "Edit a monitor returns OK", TF TestAccDatadogMonitor_Updated).
 */
function update(monitors: Monitors, held: HeldMonitor, { body }: Request): Answer {
  const sent = decodeObject(body);
  if (sent === undefined) return refuse(400, INVALID_JSON);
  const definition = readDefinition({ ...writable(held), ...sent }, held.options['silenced']);
  if (typeof definition === 'string') return refuse(400, definition);
  // TF schema: ForceNew on type, but for the two that the server rewrites into each other. The wording is ours.
  if (definition.type !== held.type && !(isMetricType(definition.type) && isMetricType(held.type)))
    return refuse(400, invalidParameter('type'));
  const duplicate = duplicateFault(monitors, definition, held.id);
  if (duplicate !== undefined) return duplicate;
  const changed = monitors.change(held.id, definition);
  return accept({ ...changed, creator: undefined });
}

/** TS:v1 paths: the same body as a create, `{}` or 400; nothing is made. */
function validate(held: HeldMonitor | undefined, { body }: Request): Answer {
  const sent = decodeObject(body);
  if (sent === undefined) return refuse(400, INVALID_JSON);
  const definition = readDefinition(held === undefined ? sent : { ...writable(held), ...sent });
  return typeof definition === 'string' ? refuse(400, definition) : accept({});
}

const INVALID_JSON = 'Invalid JSON';

/** recorded: SC TestMonitorsResources.test_resource_sync; an update is refused likewise (reported to TF). */
function duplicateFault(monitors: Monitors, definition: Definition, exceptId?: number): Answer | undefined {
  const duplicate = monitors.duplicateOf(definition, exceptId);
  if (duplicate === undefined) return undefined;
  return refuse(400, `Duplicate of an existing monitor_id:${duplicate.id} org_id:${ORG_ID}`);
}

/** What an update leaves as it is; the options without what the server wrote among them. */
function writable(held: HeldMonitor): JsonObject {
  const { type, name, query, message, tags, options, priority, restricted_roles, draft_status } = held;
  const written = Object.entries(options).filter(([key]) => key !== 'silenced' && key !== 'avalanche_window');
  const kept = Object.fromEntries(written);
  return { type, name, query, message, tags, options: kept, priority, restricted_roles, draft_status };
}

/** TS:v1 ListMonitors: a bare array; without `page`, `page_size` or `id_offset` it is all of them. */
function list(monitors: Monitors, query: URLSearchParams): Answer {
  const fault = groupStatesFault(query) ?? numbersFault(query);
  if (fault !== undefined) return fault;
  const matching = monitors.all().filter((monitor) => isListed(monitor, query));
  return accept(pageOf(matching, query).map((monitor) => shown(monitor, query)));
}

/** TS:v1 ListMonitors. */
const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1000;

/** What is done beyond the maximum is not documented: refusing shows a client that asks for too much. */
function numbersFault(query: URLSearchParams): Answer | undefined {
  const wrong = ['page', 'page_size', 'id_offset'].find((key) => !/^\d*$/u.test(query.get(key) ?? ''));
  if (wrong !== undefined) return refuse(400, invalidParameter(wrong));
  const size = Number(query.get('page_size') ?? DEFAULT_PAGE_SIZE);
  return size < 1 || size > MAX_PAGE_SIZE ? refuse(400, invalidParameter('page_size')) : undefined;
}

/**
 * `id_offset`: "start with 0, set to the last ID of the result set, repeat until the response is empty".
 * That `page_size` bounds it is not verified.
 */
function pageOf(matching: readonly HeldMonitor[], query: URLSearchParams): readonly HeldMonitor[] {
  const [page, size, idOffset] = [query.get('page'), query.get('page_size'), query.get('id_offset')];
  if (page === null && size === null && idOffset === null) return matching;
  const rest = matching.filter(({ id }) => id > Number(idOffset ?? 0));
  const count = Number(size ?? DEFAULT_PAGE_SIZE);
  return rest.slice(Number(page ?? 0) * count, (Number(page ?? 0) + 1) * count);
}

/** recorded: TF TestAccDatadogMonitorsDatasource; `tags` are those of the query's scope, `monitor_tags` the monitor's own. */
function isListed({ name, tags, query }: HeldMonitor, filters: URLSearchParams): boolean {
  const holds = (filter: string, held: readonly string[]): boolean =>
    tagsOf(filters.get(filter)).every((tag) => held.includes(tag));
  const isNamed = name.includes(filters.get('name') ?? '');
  return isNamed && holds('monitor_tags', tags) && (!filters.has('tags') || holds('tags', scopeTags(query)));
}

/** TS:v1 ListMonitors: a comma separated list. */
function tagsOf(text: string | null): readonly string[] {
  return (text ?? '').split(',').filter((tag) => tag !== '');
}

const GROUP_STATES = new Set(['all', 'alert', 'warn', 'no data']);

/** recorded: PY tests/v1 test_get_all_monitor_details_returns_bad_request_response. */
function groupStatesFault(query: URLSearchParams): Answer | undefined {
  const states = query.get('group_states')?.split(',') ?? [];
  return states.every((state) => GROUP_STATES.has(state))
    ? undefined
    : refuse(400, 'Invalid group_state filters.');
}

/** TS:v1: `with_downtimes` adds the downtimes of the API v1 that apply now; the stand-in holds none. */
function shown(monitor: HeldMonitor, query: URLSearchParams): object {
  return query.get('with_downtimes') === 'true' ? { ...monitor, matching_downtimes: [] } : monitor;
}
