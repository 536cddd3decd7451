// The stand-in of Datadog against what is documented and recorded of the service, over HTTP.

import { describe, expect, test } from 'vitest';

import { type Answered, call, downtimeBody, objectOf, rowsOf } from './stand-ins/datadog/call.ts';
import { KEPT_TYPES, LISTED, REFUSED_DOWNTIMES, REFUSED_MONITORS } from './stand-ins/datadog/cases.ts';
import { type DatadogStandIn, type Fault, startDatadogStandIn } from './stand-ins/datadog/server.ts';

const MONITOR = '/api/v1/monitor';
const DOWNTIME = '/api/v2/downtime';
const QUERY = 'avg(last_5m):avg:foo.bar{*} > 3';
const NOW_EPOCH_MS = Date.parse('2026-11-25T09:00:03.250Z');
const NOW = '2026-11-25T09:00:03.250000+00:00';
const CREATED_EPOCH_MS = Date.parse('2026-11-25T09:00:03Z');
const ADDED = { new_host_delay: 300, notify_audit: false, include_tags: true, notify_no_data: false };

const start = (): Promise<DatadogStandIn> => startDatadogStandIn({ nowEpochMs: () => NOW_EPOCH_MS });

const refusal = (reason: string): object => ({ status: 400, body: { errors: [reason] } });

const create = (service: DatadogStandIn, parts: object = {}): Promise<Answered> =>
  call(service, 'POST', MONITOR, { type: 'query alert', query: QUERY, name: 'n', ...parts });

const idOf = ({ body }: Answered): number => Number(objectOf(body)['id']);

describe('a created monitor', () => {
  test('is answered 200, with what the server adds', async () => {
    const service = await start();
    const { status, body } = await call(service, 'POST', MONITOR, { type: 'query alert', query: QUERY });
    expect(status).toBe(200);
    expect(body).toMatchObject({ query: QUERY, name: '', message: '', tags: [], multi: false, assets: [] });
    expect(body).toMatchObject({ deleted: null, overall_state: 'No Data', overall_state_modified: null });
    expect(body).toMatchObject({ restricted_roles: null, draft_status: 'published', priority: null });
    expect(body).toMatchObject({ created: NOW, modified: NOW, created_at: CREATED_EPOCH_MS });
    expect(body).toMatchObject({ creator: { handle: 'frog@example.com' }, org_id: 1_300_336_245 });
    expect(objectOf(body)['options']).toEqual({ ...ADDED, silenced: {} });
    const id = Number(objectOf(body)['id']);
    expect((await call(service, 'GET', `${MONITOR}/${id}`)).body).toEqual(body);
    expect(service.monitor(id)).toEqual(body);
  });

  test('comes back trimmed, without what the server drops, and with floats for thresholds', async () => {
    const service = await start();
    const thresholds = { critical: 3, warning: 2.5, ok: null };
    const options = { escalation_message: ' e ', on_missing_data: 'default', thresholds };
    const parts = {
      name: ' n ',
      message: '\nm\n',
      query: ` ${QUERY}\n`,
      tags: ['B:b', 'a'],
      priority: 0,
      options,
    };
    const { body, text } = await create(service, parts);
    expect(body).toMatchObject({ name: 'n', message: 'm', query: QUERY, tags: ['B:b', 'a'], priority: null });
    const kept = { escalation_message: 'e', thresholds: { critical: 3, warning: 2.5 } };
    expect(objectOf(body)['options']).toEqual({ ...ADDED, silenced: {}, ...kept });
    expect(text).toContain('"thresholds":{"critical":3.0,"warning":2.5}');
  });

  test.each(KEPT_TYPES)('sent as %s with %s is a %s', async (type, query, kept) => {
    const service = await start();
    const scheduling = query.includes('current_') ? { scheduling_options: { evaluation_window: {} } } : {};
    const { body } = await create(service, { type, query, options: scheduling });
    expect(body).toMatchObject({ type: kept, query, multi: /by [({]|by\(/u.test(query) });
  });

  test.each(REFUSED_MONITORS)('is refused: %s', async (reason, parts) => {
    const service = await start();
    expect(await create(service, parts)).toMatchObject(refusal(reason));
    const monitor = { type: 'query alert', query: QUERY, ...parts };
    expect(await call(service, 'POST', `${MONITOR}/validate`, monitor)).toMatchObject(refusal(reason));
    expect(service.monitorCount).toBe(0);
  });

  test('is refused where it is the exact duplicate of another, not where an option differs', async () => {
    const service = await start();
    const first = idOf(await create(service));
    const fault = refusal(`Duplicate of an existing monitor_id:${first} org_id:1300336245`);
    expect(await create(service, { name: 'n ' })).toMatchObject(fault);
    const other = idOf(await create(service, { options: { timeout_h: 1 } }));
    expect(await call(service, 'PUT', `${MONITOR}/${other}`, { options: {} })).toMatchObject(fault);
    expect((await call(service, 'PUT', `${MONITOR}/${first}`, { name: 'n' })).status).toBe(200);
    service.dropMonitor(first);
    expect((await create(service)).status).toBe(200);
  });

  test('that is only validated is not there', async () => {
    const service = await start();
    const id = service.seedMonitor({ query: QUERY });
    const good = { type: 'query alert', query: QUERY };
    expect(await call(service, 'POST', `${MONITOR}/validate`, good)).toMatchObject({ status: 200, body: {} });
    expect((await call(service, 'POST', `${MONITOR}/${id}/validate`, { priority: 9 })).status).toBe(400);
    expect(service.monitors.map((monitor) => monitor.id)).toEqual([id]);
  });
});

describe('a monitor that is there', () => {
  test('keeps what an update does not send, but not its options, and is answered without creator', async () => {
    const service = await start();
    const options = { timeout_h: 1, renotify_interval: 5, thresholds: { critical: 3, warning: 2 } };
    const id = idOf(await create(service, { message: 'm', tags: ['a'], options }));
    service.changeMonitor(id, { options: { ...options, silenced: { '*': null } } });
    const change = {
      name: 'o',
      options: { thresholds: { critical: 3, warning: null }, no_data_timeframe: null },
    };
    const { status, body } = await call(service, 'PUT', `${MONITOR}/${id}`, change);
    expect([status, 'creator' in objectOf(body)]).toEqual([200, false]);
    expect(body).toMatchObject({ id, name: 'o', message: 'm', tags: ['a'], query: QUERY });
    const kept = { thresholds: { critical: 3 }, no_data_timeframe: null, silenced: { '*': null } };
    expect(objectOf(body)['options']).toEqual({ ...ADDED, ...kept });
    expect((await call(service, 'GET', `${MONITOR}/${id}`)).body).toHaveProperty('creator');
  });

  test('changes no type but between query and metric alert, and holds a new query against old thresholds', async () => {
    const service = await start();
    const id = service.seedMonitor({ query: QUERY, options: { thresholds: { critical: 3 } } });
    const put = (body: object): Promise<Answered> => call(service, 'PUT', `${MONITOR}/${id}`, body);
    expect(await put({ type: 'metric alert' })).toMatchObject({
      status: 200,
      body: { type: 'metric alert' },
    });
    const log = { type: 'log alert', query: 'logs("a").index("*").rollup("count").last("5m") > 3' };
    expect(await put(log)).toMatchObject(refusal("The value provided for parameter 'type' is invalid"));
    const fault = 'Alert threshold (3.0) does not match that used in the query (0.65).';
    expect(await put({ query: 'avg(last_5m):avg:foo{*} > 0.65' })).toMatchObject(refusal(fault));
  });

  test('is deleted once; after that each call of it is answered 404', async () => {
    const service = await start();
    const path = `${MONITOR}/${service.seedMonitor({ id: 7 })}`;
    const deleted = await call(service, 'DELETE', `${path}?force=true`);
    expect(deleted).toMatchObject({ status: 200, body: { deleted_monitor_id: 7 } });
    const missing = { status: 404, body: { errors: ['Monitor not found'] } };
    expect(await call(service, 'GET', path)).toMatchObject(missing);
    expect(await call(service, 'PUT', path, {})).toMatchObject(missing);
    expect(await call(service, 'DELETE', path)).toMatchObject(missing);
  });

  test('may be a duplicate, a foreign one, changed by hand or alerting, as a test puts it', async () => {
    const service = await start();
    const [id] = [service.seedMonitor({ name: 'a' }), service.seedMonitor({ name: 'a' })];
    service.setState(id, 'Alert');
    service.changeMonitor(id, { message: 'by hand', creator: { name: 'x', handle: 'x', email: 'x', id: 1 } });
    const { body } = await call(service, 'GET', `${MONITOR}/${id}?with_downtimes=true`);
    expect(body).toMatchObject({ name: 'a', message: 'by hand', overall_state: 'Alert', creator: { id: 1 } });
    expect(body).toMatchObject({ overall_state_modified: NOW, matching_downtimes: [] });
  });
});

describe('a list of monitors', () => {
  test.each(LISTED)('with %s is a bare array by id', async (query, ids) => {
    const service = await start();
    for (const id of [3, 1, 2, 5]) service.seedMonitor({ id, name: id % 2 === 1 ? 'odd' : 'even' });
    service.seedMonitor({ id: 4, name: 'even', tags: ['c', 'a:b'] });
    service.changeMonitor(2, { tags: ['a:b'], query: 'avg(last_5m):avg:a{env:y,host:x} > 1' });
    const { body } = await call(service, 'GET', `${MONITOR}${query}`);
    expect(rowsOf(body).map(({ id }) => id)).toEqual(ids);
  });

  test.each([
    ['group_states=some', 'Invalid group_state filters.'],
    ['page=0&page_size=1001', "The value provided for parameter 'page_size' is invalid"],
  ])('with %s is refused', async (query, reason) => {
    expect(await call(await start(), 'GET', `${MONITOR}?${query}`)).toMatchObject(refusal(reason));
  });
});

describe('a downtime', () => {
  const GOOD = { monitor_identifier: { monitor_tags: ['managed_by:alarmsync'] }, scope: '*' };

  test('comes back with defaults, the server time for a null start, and the words in any order', async () => {
    const service = await start();
    const sent = { ...GOOD, display_timezone: '', schedule: { start: null, end: '2027-01-01T00:00:00Z' } };
    const created = await call(service, 'POST', DOWNTIME, downtimeBody(sent));
    expect(created.status).toBe(200);
    const attributes = objectOf(objectOf(objectOf(created.body)['data'])['attributes']);
    expect(attributes).toMatchObject({ ...GOOD, display_timezone: 'UTC', message: null, status: 'active' });
    expect(attributes).toMatchObject({
      schedule: { start: NOW, end: '2027-01-01T00:00:00+00:00' },
      canceled: null,
    });
    const orders = [1, 2, 3].map(() => JSON.stringify(service.downtimes[0]?.attributes['notify_end_states']));
    expect(new Set(orders).size).toBe(3);
    const fault = /duplicate of one or more existing downtimes: \['[\da-f-]{36}'\]/u;
    const again = await call(service, 'POST', DOWNTIME, downtimeBody(sent));
    expect([again.status, again.text]).toEqual([400, expect.stringMatching(fault)]);
  });

  test('that recurs keeps its recurrences and tells its window', async () => {
    const service = await start();
    const recurrence = { start: '2026-11-25T08:30:00', duration: '1h', rrule: 'FREQ=WEEKLY;BYDAY=WE' };
    const schedule = { timezone: 'UTC', recurrences: [recurrence] };
    const sent = { monitor_identifier: { monitor_id: 1 }, scope: 'env:(a OR b) AND host:c', schedule };
    const { body } = await call(service, 'POST', DOWNTIME, downtimeBody(sent));
    const window = { start: '2026-11-25T08:30:00.000000+00:00', end: '2026-11-25T09:30:00.000000+00:00' };
    const data = { attributes: { schedule: { ...schedule, current_downtime: window }, status: 'active' } };
    expect(body).toMatchObject({ data: { type: 'downtime', ...data } });
    expect(body).toMatchObject({
      data: { relationships: { monitor: { data: { type: 'monitors', id: '1' } } } },
    });
  });

  test.each(REFUSED_DOWNTIMES)('is refused: %s', async (reason, parts) => {
    const service = await start();
    const answer = await call(service, 'POST', DOWNTIME, downtimeBody({ ...GOOD, ...parts }));
    expect(answer).toMatchObject(refusal(reason));
  });

  test('is listed by offset, patched, and stays when it is canceled', async () => {
    const service = await start();
    const [, id = ''] = ['a', 'b', 'c'].map((tag) =>
      service.seedDowntime({ monitor_identifier: { monitor_tags: [tag] }, scope: '*' }),
    );
    const list = async (query: string): Promise<readonly unknown[]> =>
      rowsOf(objectOf((await call(service, 'GET', `${DOWNTIME}?${query}`)).body)['data']).map(
        (row) => row['id'],
      );
    expect(await list('page[offset]=1&page[limit]=1')).toEqual([id]);
    const patched = await call(service, 'PATCH', `${DOWNTIME}/${id}`, downtimeBody({ message: 'm' }, id));
    expect(patched.body).toMatchObject({
      data: { id, attributes: { message: 'm', schedule: { start: NOW } } },
    });
    const spoilt = await call(service, 'PATCH', `${DOWNTIME}/${id}`, downtimeBody({ nope: 1 }, id));
    expect(spoilt).toMatchObject(refusal("Additional properties are not allowed ('nope' was unexpected)"));
    expect(await call(service, 'DELETE', `${DOWNTIME}/${id}`)).toMatchObject({ status: 204, text: '' });
    expect(service.downtimes[1]?.attributes).toMatchObject({ status: 'canceled', canceled: NOW });
    expect(await list('')).toHaveLength(3);
    expect(await list('current_only=true')).toHaveLength(2);
    const missing = '00000000-0000-1234-0000-000000000000';
    const answer = { status: 404, body: { errors: [`Downtime ${missing} not found`] } };
    expect(await call(service, 'GET', `${DOWNTIME}/${missing}`)).toMatchObject(answer);
    const bad = refusal('Invalid URL param: downtime_id must be an uuid');
    expect(await call(service, 'GET', `${DOWNTIME}/INVALID`)).toMatchObject(bad);
  });
});

describe('a request', () => {
  test.each(['dd-api-key', 'dd-application-key'])('with a wrong %s is answered 403', async (name) => {
    const answer = await call(await start(), 'GET', MONITOR, undefined, { [name]: 'wrong' });
    expect(answer).toMatchObject({ status: 403, body: { errors: ['Forbidden'] } });
  });

  test('over the limit is answered 429 until the calendar period ends', async () => {
    let nowEpochMs = NOW_EPOCH_MS;
    const service = await startDatadogStandIn({ nowEpochMs: () => nowEpochMs });
    expect((await call(service, 'GET', MONITOR)).headers.get('x-ratelimit-limit')).toBeNull();
    service.limit({
      name: 'monitors',
      limitCount: 1,
      periodSeconds: 10,
      counts: (method) => method === 'GET',
    });
    const shown = async (): Promise<readonly unknown[]> => {
      const { status, headers } = await call(service, 'GET', MONITOR);
      const names = ['limit', 'period', 'remaining', 'reset', 'name'];
      return [status, ...names.map((name) => headers.get(`x-ratelimit-${name}`))];
    };
    expect(await shown()).toEqual([200, '1', '10', '0', '7', 'monitors']);
    expect(await shown()).toEqual([429, '1', '10', '0', '7', 'monitors']);
    expect((await create(service)).status).toBe(200);
    nowEpochMs += 7000;
    expect((await shown())[0]).toBe(200);
  });

  test.each<[string, Fault, number | undefined, number]>([
    ['a 504 after it was done', { kind: 'status', status: 504, acts: true }, 504, 1],
    ['a 512 before', { kind: 'status', status: 512, acts: false }, 512, 0],
    ['a 403 on this one', { kind: 'status', status: 403, acts: false, body: '{}' }, 403, 0],
    ['a dropped connection after it was done', { kind: 'drop', acts: true }, undefined, 1],
    ['a dropped connection before', { kind: 'drop', acts: false }, undefined, 0],
    ['half an answer', { kind: 'cut' }, undefined, 1],
  ])('may get %s', async (_, fault, status, monitorCount) => {
    const service = await start();
    service.fault = ({ method }, count) => (method === 'POST' && count === 2 ? fault : undefined);
    await call(service, 'GET', MONITOR);
    const answered = create(service);
    if (status === undefined) await expect(answered).rejects.toThrow(TypeError);
    else expect((await answered).status).toBe(status);
    expect(service.monitorCount).toBe(monitorCount);
    const expected = { count: 2, actedStatus: monitorCount === 1 ? 200 : undefined };
    expect(service.requestsOf('POST', MONITOR)).toMatchObject([expected]);
    expect((await create(service, { name: 'next' })).status).toBe(200);
    expect(service.requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'POST']);
  });
});
