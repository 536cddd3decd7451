// The five calls of the alarm service API over real HTTP, and the answers to whatever is none of them.

import { assert, asyncProperty, string } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { ALARM, pathOf, rawCall, startTestService } from './server.client.ts';

const HOSTILE_NAMES = [
  'a/b',
  '..',
  '.',
  '__proto__',
  'constructor',
  'disk 🔥 full',
  ' outer spaces ',
  '100%',
  '%2F',
  '%252e%252e',
  'a?b=c&d#e;f',
  'a+b',
  '\u202eright-to-left',
  '\\',
  '"quoted"',
  'é'.repeat(512),
  'x'.repeat(1024),
  'null',
  'alarms',
];

describe('an alarm', () => {
  test('is created, read, updated and deleted', async () => {
    const { call } = await startTestService();
    const created = await call('POST', '/alarms', { name: 'disk', params: ALARM });
    expect(created).toMatchObject({ status: 200, body: { name: 'disk', status: '200' } });
    expect((await call('GET', '/alarms/disk')).body).toEqual({ name: 'disk', params: ALARM });

    const updated = await call('PUT', '/alarms/disk', { name: 'disk', params: { threshold: '4' } });
    expect(updated).toMatchObject({ status: 200, body: { name: 'disk', status: '200' } });
    expect((await call('GET', '/alarms/disk')).body).toEqual({ name: 'disk', params: { threshold: '4' } });

    const deleted = await call('DELETE', '/alarms/disk');
    expect(deleted).toMatchObject({ status: 200, body: { name: 'disk', status: '200' } });
    expect(await call('GET', '/alarms/disk')).toMatchObject({
      status: 404,
      body: { name: 'disk', status: '404' },
    });
  });

  test('that is missing is answered 404 to read, update and delete', async () => {
    const { call } = await startTestService();
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const body = method === 'PUT' ? { name: 'none', params: {} } : undefined;
      expect(await call(method, '/alarms/none', body)).toMatchObject({
        status: 404,
        body: { name: 'none', status: '404' },
      });
    }
  });

  test('that exists is answered 409 to create and stays as it is', async () => {
    const { call } = await startTestService();
    await call('POST', '/alarms', { name: 'disk', params: ALARM });
    expect(await call('POST', '/alarms', { name: 'disk', params: {} })).toMatchObject({
      status: 409,
      body: { name: 'disk', status: '409' },
    });
    expect((await call('GET', '/alarms/disk')).body).toEqual({ name: 'disk', params: ALARM });
  });

  test('is held twice where names are not unique', async () => {
    const { call } = await startTestService({ store: { namesAreUnique: false } });
    await call('POST', '/alarms', { name: 'disk', params: { threshold: '1' } });
    expect((await call('POST', '/alarms', { name: 'disk', params: { threshold: '2' } })).status).toBe(200);
    const { body } = await call('GET', '/alarms?limit=1');
    expect(body).toMatchObject({ alarms: [{ params: { threshold: '1' } }], total: 2 });
  });

  test('keeps unknown members, large numbers and a member called __proto__ as they came', async () => {
    const { call } = await startTestService();
    const params =
      '{"threshold":"3","z":[1,{"deep":null}],"big":12345678901234567890,"exact":1.10,"e":1e400,"__proto__":{"admin":true}}';
    await call('POST', '/alarms', `{"name":"disk","params":${params}}`);
    expect((await call('GET', '/alarms/disk')).text).toBe(`{"name":"disk","params":${params}}`);
    expect((await call('GET', '/alarms')).text).toContain(`"params":${params}`);

    await call('PUT', '/alarms/disk', '{"name":"disk","params":{"__proto__":1,"constructor":2}}');
    expect((await call('GET', '/alarms/disk')).text).toBe(
      '{"name":"disk","params":{"__proto__":1,"constructor":2}}',
    );
  });
});

describe('a name', () => {
  test.each(HOSTILE_NAMES)('%j is one segment of a path', async (name) => {
    const { call, server } = await startTestService();
    server.store.importDefinitions([
      { name, params: ALARM },
      { name: 'other', params: {} },
    ]);
    expect(await call('GET', pathOf(name))).toMatchObject({ status: 200, body: { name, params: ALARM } });
    expect((await call('PUT', pathOf(name), { name, params: { threshold: '4' } })).status).toBe(200);
    expect((await call('GET', pathOf(name))).body).toEqual({ name, params: { threshold: '4' } });
    expect(await call('DELETE', pathOf(name))).toMatchObject({ status: 200, body: { name } });
    expect((await call('GET', '/alarms')).body).toMatchObject({ alarms: [{ name: 'other' }] });
  });

  test('of any characters comes back the same', async () => {
    const { call } = await startTestService();
    const names = string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    await assert(
      asyncProperty(names, async (text) => {
        const name = `n${text}`;
        await call('POST', '/alarms', { name, params: {} });
        expect((await call('GET', pathOf(name))).body).toEqual({ name, params: {} });
        expect((await call('DELETE', pathOf(name))).body).toEqual({ name, status: '200' });
      }),
      { numRuns: 200 },
    );
  });

  test.each(['', '.', '..', 'tab\there', 'nul\0', 'x'.repeat(1025)])(
    '%j that breaks the rules is answered 400 to create',
    async (name) => {
      const { call, server } = await startTestService();
      const answer = await call('POST', '/alarms', { name, params: ALARM });
      expect(answer).toMatchObject({ status: 400, body: { name, status: '400' } });
      expect(server.store.total()).toBe(0);
    },
  );

  test('with a lone surrogate is answered 400 to create', async () => {
    const { call } = await startTestService();
    expect((await call('POST', '/alarms', '{"name":"a\\ud800","params":{}}')).status).toBe(400);
  });

  test('of the body that is not that of the path is answered 400 to update', async () => {
    const { call } = await startTestService();
    await call('POST', '/alarms', { name: 'disk', params: ALARM });
    const answer = await call('PUT', '/alarms/disk', { name: 'Disk', params: {} });
    expect(answer).toMatchObject({ status: 400, body: { name: 'disk', status: '400' } });
    expect((await call('GET', '/alarms/disk')).body).toMatchObject({ params: ALARM });
  });
});

describe('a body', () => {
  test.each([
    ['cut', '{"name":"disk","par'],
    ['empty', ''],
    ['an array', '[]'],
    ['a number', '7'],
    ['without a name', '{"params":{}}'],
    ['with a name that is no string', '{"name":7,"params":{}}'],
    ['without params', '{"name":"disk"}'],
    ['with params that are no object', '{"name":"disk","params":[]}'],
    ['with params that are a large number', '{"name":"disk","params":12345678901234567890}'],
    ['not UTF-8', Buffer.from('7b226e616d65223a22ff222c22706172616d73223a7b7d7d', 'hex')],
  ])('%s is answered 400', async (_what, body) => {
    const { call, server } = await startTestService();
    expect((await call('POST', '/alarms', body)).status).toBe(400);
    expect((await call('PUT', '/alarms/disk', body)).status).toBe(400);
    expect(server.store.total()).toBe(0);
  });

  test('nested deeper than can be written again is answered 400', async () => {
    const { call, server } = await startTestService();
    const nested = `{"name":"disk","params":{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`;
    expect((await call('POST', '/alarms', nested)).status).toBe(400);
    expect(server.store.total()).toBe(0);
  });

  test('over 1 MiB is answered 413, one just under it is taken', async () => {
    const { call } = await startTestService();
    const withText = (bytes: number): unknown => ({ name: 'disk', params: { text: 'x'.repeat(bytes) } });
    expect((await call('POST', '/alarms', withText(1_048_576))).status).toBe(413);
    expect((await call('POST', '/alarms', withText(1_048_000))).status).toBe(200);
  });
});

describe('a token', () => {
  test('that is missing or another is answered 401, whatever is asked for', async () => {
    const { call } = await startTestService({ listen: { token: 'secret' } });
    for (const authorization of ['Bearer other', 'Bearer secret2', 'Bearer ', 'Basic secret', 'secret']) {
      const answer = await call('GET', '/alarms', undefined, { authorization });
      expect(answer).toMatchObject({ status: 401, body: { status: '401' } });
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
    expect((await call('POST', '/alarms', { name: 'disk', params: ALARM })).status).toBe(401);
    expect((await call('GET', '/alarms/none')).status).toBe(401);
    const authorization = 'Bearer secret';
    expect((await call('GET', '/alarms', undefined, { authorization })).body).toMatchObject({ total: 0 });
  });

  test('is not wanted for health and the document', async () => {
    const { pool } = await startTestService({ listen: { token: 'secret' } });
    expect((await rawCall(pool, 'GET', '/healthz')).status).toBe(200);
    expect(JSON.parse((await rawCall(pool, 'GET', '/openapi.json')).text)).toMatchObject({
      openapi: '3.1.0',
    });
  });
});

describe('an etag', () => {
  test('changes with every write and with the weather, and is the same in a listing', async () => {
    const { call, server } = await startTestService();
    const etags = new Set<unknown>();
    const look = async (): Promise<void> => {
      const { etag } = (await call('GET', '/alarms/disk')).headers;
      expect((await call('GET', '/alarms')).body).toMatchObject({ alarms: [{ etag }] });
      expect(etag).toMatch(/^"[0-9a-z-]+"$/);
      etags.add(etag);
    };
    const definition = { name: 'disk', params: ALARM };
    await call('POST', '/alarms', definition);
    await look();
    await call('PUT', '/alarms/disk', definition);
    await look();
    server.store.setState('disk', 'in_alarm');
    await look();
    await call('DELETE', '/alarms/disk');
    await call('POST', '/alarms', definition);
    await look();
    expect(etags.size).toBe(4);
  });

  test('that is no longer true is answered 412 to update and delete', async () => {
    const { call } = await startTestService();
    await call('POST', '/alarms', { name: 'disk', params: ALARM });
    const old = { 'if-match': String((await call('GET', '/alarms/disk')).headers['etag']) };
    const change = { name: 'disk', params: { threshold: '4' } };
    expect((await call('PUT', '/alarms/disk', change, old)).status).toBe(200);

    const answer = await call('PUT', '/alarms/disk', { name: 'disk', params: {} }, old);
    expect(answer).toMatchObject({ status: 412, body: { name: 'disk', status: '412' } });
    expect((await call('DELETE', '/alarms/disk', undefined, old)).status).toBe(412);
    expect((await call('GET', '/alarms/disk')).body).toEqual(change);

    const current = String((await call('GET', '/alarms/disk')).headers['etag']);
    const either = { 'if-match': `"other", ${current}` };
    expect((await call('DELETE', '/alarms/disk', undefined, either)).status).toBe(200);
    expect((await call('DELETE', '/alarms/disk', undefined, { 'if-match': '*' })).status).toBe(404);
  });

  test('is neither given nor obeyed where the service has none', async () => {
    const { call } = await startTestService({ behaviour: { hasEtags: false } });
    await call('POST', '/alarms', { name: 'disk', params: ALARM });
    expect((await call('GET', '/alarms/disk')).headers['etag']).toBeUndefined();
    expect((await call('GET', '/alarms')).text).not.toContain('etag');
    const other = { 'if-match': '"other"' };
    expect((await call('DELETE', '/alarms/disk', undefined, other)).status).toBe(200);
  });
});

describe('a path', () => {
  test.each([
    ['GET', '/nothing', 404],
    ['PATCH', '/alarms/disk', 404],
    ['GET', '/alarms/a/b', 404],
    ['GET', '/alarms/', 404],
    ['GET', '/alarms/%', 400],
    ['GET', '/alarms/%ff', 400],
  ])('%s %s that is none of the API is answered %i', async (method, path, status) => {
    const { pool } = await startTestService();
    const answer = await rawCall(pool, method, path);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ status: String(status) });
  });
});
