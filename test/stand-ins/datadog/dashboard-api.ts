// A call of the dashboards API v1 -> what it does to the dashboards held, and its answer.

import { accept, type Answer, invalidParameter, refuse, type Request } from './answer.ts';
import { dashboardFault } from './dashboard-rules.ts';
import type { Dashboards } from './dashboards.ts';
import { decodeObject, type JsonObject } from './json.ts';

const ROOT = '/api/v1/dashboard';

/** TS:v1 DashboardsApi. Undefined for a call that is not one of these. */
export function answerDashboardCall(dashboards: Dashboards, request: Request): Answer | undefined {
  const { method, path } = request;
  if (path === ROOT) {
    if (method === 'GET') return list(dashboards, request.query);
    return method === 'POST' ? create(dashboards, request) : undefined;
  }
  const id = path.startsWith(`${ROOT}/`) ? path.slice(ROOT.length + 1) : undefined;
  if (id === undefined) return undefined;
  const held = dashboards.find(id);
  // The status is documented, the wording is ours.
  return held === undefined
    ? refuse(404, `Dashboard with ID ${id} not found`)
    : answerOne(dashboards, id, held, request);
}

function answerOne(
  dashboards: Dashboards,
  id: string,
  held: JsonObject,
  request: Request,
): Answer | undefined {
  switch (request.method) {
    case 'GET':
      return accept(held);
    case 'PUT':
      return update(dashboards, id, request);
    case 'DELETE':
      dashboards.remove(id);
      // TS:v1 DashboardDeleteResponse.
      return accept({ deleted_dashboard_id: id });
    default:
      return undefined;
  }
}

function create(dashboards: Dashboards, { body }: Request): Answer {
  const sent = decodeObject(body);
  const fault = sent === undefined ? 'Invalid JSON' : dashboardFault(sent);
  // recorded: 200, not 201.
  return fault === undefined ? accept(dashboards.add(sent ?? {})) : refuse(400, fault);
}

function update(dashboards: Dashboards, id: string, { body }: Request): Answer {
  const sent = decodeObject(body);
  const fault = sent === undefined ? 'Invalid JSON' : dashboardFault(sent);
  return fault === undefined ? accept(dashboards.replace(id, sent ?? {})) : refuse(400, fault);
}

/** TS:v1 ListDashboards: `count` is 100 by default. How many at most is not documented: fewer than were asked for shows who trusts it. */
const DEFAULT_COUNT = 100;
const MAX_COUNT = 50;

function list(dashboards: Dashboards, query: URLSearchParams): Answer {
  const wrong = ['count', 'start'].find((key) => !/^\d+$/u.test(query.get(key) ?? '0'));
  if (wrong !== undefined) return refuse(400, invalidParameter(wrong));
  const start = Number(query.get('start') ?? 0);
  const count = Math.min(MAX_COUNT, Number(query.get('count') ?? DEFAULT_COUNT));
  return accept({
    dashboards: dashboards
      .all()
      .slice(start, start + count)
      .map(summaryOf),
  });
}

/** TS:v1 DashboardSummaryDefinition. */
const SUMMARY = [
  'author_handle',
  'created_at',
  'description',
  'id',
  'is_read_only',
  'layout_type',
  'modified_at',
  'title',
  'url',
];

function summaryOf(dashboard: JsonObject): JsonObject {
  return Object.fromEntries(SUMMARY.map((name) => [name, dashboard[name] ?? null]));
}
