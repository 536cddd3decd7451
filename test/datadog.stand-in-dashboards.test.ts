// The dashboards of the stand-in of Datadog against what is documented and recorded of the service, over HTTP.

import { describe, expect, test } from 'vitest';

import { call, objectOf, rowsOf } from './stand-ins/datadog/call.ts';
import type { JsonObject } from './stand-ins/datadog/json.ts';
import { type DatadogStandIn, startDatadogStandIn } from './stand-ins/datadog/server.ts';

const DASHBOARD = '/api/v1/dashboard';
const NOW = '2026-11-25T09:00:03.250000+00:00';

const QUERY = { data_source: 'metrics', name: 'query1', query: 'avg:system.load.1{host:a,!env:b} by {host}' };
const REQUEST = {
  response_format: 'timeseries',
  queries: [QUERY],
  formulas: [{ formula: "anomalies(query1, 'basic', 2)" }],
};
const graph = (parts: JsonObject = {}): JsonObject => ({
  definition: { type: 'timeseries', title: 't', requests: [REQUEST], ...parts },
});
const NOTE = { definition: { type: 'note', content: 'c' } };
const GOOD = { title: 'a', layout_type: 'ordered', widgets: [graph(), NOTE] };

const start = (): Promise<DatadogStandIn> =>
  startDatadogStandIn({ nowEpochMs: () => Date.parse('2026-11-25T09:00:03.250Z') });

describe('a dashboard', () => {
  test('is answered 200, with what the server adds, and its definitions as they were sent', async () => {
    const service = await start();
    const { status, body } = await call(service, 'POST', DASHBOARD, GOOD);
    const dashboard = objectOf(body);
    expect(status).toBe(200);
    expect(dashboard).toMatchObject({ title: 'a', description: null, notify_list: null, created_at: NOW });
    expect(dashboard).toMatchObject({ author_handle: 'frog@example.com', template_variables: null });
    expect(dashboard['id']).toMatch(/^\w{3}-\w{3}-\w{3}$/u);
    const widgets = rowsOf(dashboard['widgets']);
    expect(widgets.map(({ id }) => typeof id)).toEqual(['number', 'number']);
    expect(widgets).toMatchObject(GOOD.widgets);
    expect((await call(service, 'GET', `${DASHBOARD}/${service.dashboards[0]?.id}`)).body).toEqual(body);
  });

  test('is replaced whole by a PUT, where widgets keep the ids that were sent', async () => {
    const service = await start();
    const id = service.seedDashboard({ ...GOOD, description: 'd', notify_list: ['a@example.com'] });
    const [first] = rowsOf(service.dashboards[0]?.['widgets']);
    const { status, body } = await call(service, 'PUT', `${DASHBOARD}/${id}`, {
      ...GOOD,
      widgets: [NOTE, first],
    });
    expect([status, objectOf(body)['description'], objectOf(body)['notify_list']]).toEqual([200, null, null]);
    expect(rowsOf(objectOf(body)['widgets'])[1]).toEqual(first);
  });

  test('is listed in short, page by page, and gone after a DELETE', async () => {
    const service = await start();
    for (let count = 0; count < 60; count += 1) service.seedDashboard({ ...GOOD, title: `t${count}` });
    const list = async (query: string): Promise<readonly unknown[]> =>
      rowsOf(objectOf((await call(service, 'GET', `${DASHBOARD}${query}`)).body)['dashboards']).map(
        ({ title }) => title,
      );
    expect(await list('?count=2&start=1')).toEqual(['t1', 't2']);
    expect(await list('?count=100&start=58')).toEqual(['t58', 't59']);
    expect(await list('?count=100&start=0')).toHaveLength(50);
    const id = service.dashboards[0]?.id ?? '';
    const { body } = await call(service, 'GET', `${DASHBOARD}?count=1`);
    expect(rowsOf(objectOf(body)['dashboards'])[0]).not.toHaveProperty('widgets');
    const gone = await call(service, 'DELETE', `${DASHBOARD}/${id}`);
    expect(gone).toMatchObject({ status: 200, body: { deleted_dashboard_id: id } });
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect((await call(service, method, `${DASHBOARD}/${id}`)).status).toBe(404);
  });

  test.each<[string, object]>([
    ["'title' is a required property", { title: undefined }],
    ["'layout_type' is a required property", { layout_type: undefined }],
    ["'widgets' is a required property", { widgets: undefined }],
    ["'layout_type' must be one of ['ordered', 'free']", { layout_type: 'loose' }],
    ["Additional properties are not allowed ('url' was unexpected)", { url: '/a' }],
    ['Invalid tag format. Valid tag keys are: team.', { tags: ['observed_by:alarmsync'] }],
    ['a note has no title', { widgets: [{ definition: { type: 'note', content: 'c', title: 't' } }] }],
    ["'content' is a required property", { widgets: [{ definition: { type: 'note' } }] }],
    ["'requests' is a required property", { widgets: [graph({ requests: null })] }],
    ['each marker must have a value', { widgets: [graph({ markers: [{ label: 'l' }] })] }],
    [
      "response_format must be 'timeseries'",
      { widgets: [graph({ requests: [{ ...REQUEST, response_format: 'scalar' }] })] },
    ],
    ['unknown display_type', { widgets: [graph({ requests: [{ ...REQUEST, display_type: 'pie' }] })] }],
    [
      'each query must have',
      { widgets: [graph({ requests: [{ ...REQUEST, queries: [{ ...QUERY, query: 'avg:a' }] }] })] },
    ],
    [
      'each formula must be of the queries',
      { widgets: [graph({ requests: [{ ...REQUEST, formulas: [{ formula: 'b' }] }] })] },
    ],
  ])('is refused: %s', async (reason, parts) => {
    const service = await start();
    const { status, text } = await call(service, 'POST', DASHBOARD, { ...GOOD, ...parts });
    expect([status, text]).toEqual([400, expect.stringContaining(reason)]);
    expect(service.dashboards).toEqual([]);
  });
});
