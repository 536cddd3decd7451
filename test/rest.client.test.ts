import { describe, expect, it, onTestFinished } from 'vitest';

import type { ErrorCode } from '../src/alarm/errors.ts';
import { AlarmClient } from '../src/services/rest/client.ts';
import type { AlarmClientOptions } from '../src/services/rest/client.ts';
import { createRestService } from '../src/services/rest/rest.ts';
import { failureOf, loopback, sendJson } from './http.loopback.ts';

function client(url: string, options: Partial<AlarmClientOptions> = {}): AlarmClient {
  const made = new AlarmClient({ url, retries: 0, ...options });
  onTestFinished(async () => made[Symbol.asyncDispose]());
  return made;
}

const NAMES = [
  'a/b',
  '100%',
  '%2e%2e',
  '...',
  ' spaces ',
  '\u{1f514}',
  'a\u202Eb',
  '?q#f',
  'ä',
  "~!*()'",
  'a\\b',
  '\u0007',
];

describe('a name', () => {
  it.each(NAMES)('%j travels as one path segment', async (name) => {
    const server = await loopback((response) => sendJson(response, { name, status: '200' }));
    await client(`${server.url}/v1/`).delete(name);
    expect(server.asked[0]?.path).toBe(`/v1/alarms/${encodeURIComponent(name)}`);
    expect(decodeURIComponent(server.asked[0]?.path.slice('/v1/alarms/'.length) ?? '')).toBe(name);
  });

  it.each(['', '.', '..', '\uD800'])('%j is refused before anything is sent', async (name) => {
    const server = await loopback((response) => sendJson(response, { name, status: '200' }));
    const used = client(server.url);
    const calls = [
      async () => used.create({ name, params: {} }),
      async () => used.read(name),
      async () => used.update({ name, params: {} }),
      async () => used.delete(name),
    ];
    for (const call of calls) expect((await failureOf(call)).code).toBe('ALARMSYNC_SERVICE_REFUSED');
    expect(server.asked).toEqual([]);
  });
});

describe('a write', () => {
  it('sends method, path, body and headers as agreed', async () => {
    const server = await loopback((response) => sendJson(response, { name: 'a b', status: '200' }));
    const used = client(server.url, { token: 'secret' });
    const definition = { name: 'a b', params: { threshold: '3', contact: ['x@y.z'] } };
    await used.create(definition, { idempotencyKey: 'run-1' });
    await used.update(definition, { idempotencyKey: 'run-2', ifMatch: '"e1"' });
    expect(await used.delete('a b', { ifMatch: '"e2"' })).toEqual({ name: 'a b', status: '200' });
    expect(server.asked).toMatchObject([
      {
        method: 'POST',
        path: '/alarms',
        body: JSON.stringify(definition),
        headers: {
          authorization: 'Bearer secret',
          'content-type': 'application/json',
          'idempotency-key': 'run-1',
        },
      },
      {
        method: 'PUT',
        path: '/alarms/a%20b',
        body: JSON.stringify(definition),
        headers: { 'idempotency-key': 'run-2', 'if-match': '"e1"' },
      },
      { method: 'DELETE', path: '/alarms/a%20b', body: '', headers: { 'if-match': '"e2"' } },
    ]);
    expect(server.asked[0]?.headers).not.toHaveProperty('if-match');
    expect(server.asked[2]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each<[string, ErrorCode]>([
    ['404', 'ALARMSYNC_SERVICE_MISSING'],
    ['409', 'ALARMSYNC_SERVICE_EXISTS'],
    ['412', 'ALARMSYNC_SERVICE_CHANGED'],
    ['403', 'ALARMSYNC_SERVICE_FORBIDDEN'],
    ['500', 'ALARMSYNC_SERVICE_UNAVAILABLE'],
    ['302', 'ALARMSYNC_SERVICE_MALFORMED'],
  ])('answered 200 with a body that says %s is %s', async (status, code) => {
    const server = await loopback((response) => sendJson(response, { name: 'a', status }));
    expect((await failureOf(async () => client(server.url).delete('a'))).code).toBe(code);
  });

  it('answered 500 with a body that says 200 has failed', async () => {
    const server = await loopback((response) => sendJson(response, { name: 'a', status: '200' }, 500));
    expect((await failureOf(async () => client(server.url).delete('a'))).code).toBe(
      'ALARMSYNC_SERVICE_UNAVAILABLE',
    );
  });

  it('answered by an acknowledgement of another name, or by none, has an unknown outcome', async () => {
    const server = await loopback((response, _asked, count) =>
      count === 1 ? sendJson(response, { name: 'b', status: '200' }) : response.writeHead(204).end(),
    );
    const used = client(server.url);
    for (let count = 0; count < 2; count += 1)
      expect((await failureOf(async () => used.delete('a'))).code).toBe('ALARMSYNC_SERVICE_MALFORMED');
  });

  it('is sent once, whatever comes back', async () => {
    const server = await loopback((response, _asked, count) =>
      count === 1 ? response.destroy() : response.writeHead(503).end(),
    );
    const used = client(server.url, { retries: 5 });
    const definition = { name: 'a', params: {} };
    expect((await failureOf(async () => used.update(definition))).code).toBe('ALARMSYNC_SERVICE_CONNECTION');
    expect((await failureOf(async () => used.create(definition))).code).toBe('ALARMSYNC_SERVICE_UNAVAILABLE');
    expect(server.asked).toHaveLength(2);
  });

  it('throttled by its body pauses everyone as the header says', async () => {
    const server = await loopback((response) => {
      response.setHeader('retry-after', '3');
      sendJson(response, { name: 'a', status: '429' });
    });
    const pauses: number[] = [];
    const gate = { pass: async () => {}, pause: (durationMs: number) => void pauses.push(durationMs) };
    const error = await failureOf(async () => client(server.url, { gate }).delete('a'));
    expect(error).toMatchObject({ code: 'ALARMSYNC_SERVICE_THROTTLED', retryAfterMs: 3000 });
    expect(pauses).toEqual([3000]);
  });
});

describe('a read', () => {
  it('gives the alarm with the etag of the answer', async () => {
    const server = await loopback((response) => {
      response.setHeader('etag', '"7"');
      sendJson(response, { name: 'a', params: { threshold: '3' } });
    });
    expect(await client(server.url).read('a')).toEqual({
      definition: { name: 'a', params: { threshold: '3' } },
      etag: '"7"',
    });
  });

  it('gives a weak etag as none, since If-Match never matches it', async () => {
    const server = await loopback((response) => {
      response.setHeader('etag', 'W/"7"');
      sendJson(response, { name: 'a', params: {} });
    });
    expect(await client(server.url).read('a')).toEqual({ definition: { name: 'a', params: {} } });
  });

  it('gives undefined for a 404, whatever its body, and for a body that says 404', async () => {
    const server = await loopback((response, _asked, count) => {
      if (count === 1) response.writeHead(404).end('<html>');
      else sendJson(response, { name: 'a', status: '404' }, count === 2 ? 200 : 404);
    });
    const used = client(server.url);
    for (let count = 0; count < 3; count += 1) expect(await used.read('a')).toBeUndefined();
  });

  it.each<[unknown, ErrorCode]>([
    [{ name: 'b', params: {} }, 'ALARMSYNC_SERVICE_MALFORMED'],
    [{ name: 'a', status: '200' }, 'ALARMSYNC_SERVICE_MALFORMED'],
    [{ name: 'a', status: '503' }, 'ALARMSYNC_SERVICE_UNAVAILABLE'],
    [{ name: 'a', status: '403' }, 'ALARMSYNC_SERVICE_FORBIDDEN'],
  ])('answered with %j is no absence but %s', async (body, code) => {
    const server = await loopback((response) => sendJson(response, body));
    expect((await failureOf(async () => client(server.url).read('a'))).code).toBe(code);
  });

  it('is tried again by the client on its own, and not through the engine', async () => {
    const server = await loopback((response, _asked, count) =>
      count % 2 === 1 ? response.writeHead(502).end() : sendJson(response, { name: 'a', params: {} }),
    );
    expect(await client(server.url, { retries: 1 }).read('a')).toBeDefined();
    const gate = { pass: async () => {}, pause: () => {} };
    const settings = { url: server.url, allowInsecure: false, concurrency: 1, requestTimeoutMs: 10_000 };
    await using service = createRestService(settings, gate);
    const error = await failureOf(async () => service.read('a', new AbortController().signal));
    expect(error.code).toBe('ALARMSYNC_SERVICE_UNAVAILABLE');
  });
});

describe('the listing', () => {
  it('follows the cursors, each encoded, until there is none', async () => {
    const server = await loopback((response, { path }) => {
      const cursor = new URL(path, server.url).searchParams.get('cursor');
      const next =
        new Map([
          [null, 'a&b=c/ä'],
          ['a&b=c/ä', 'last'],
        ]).get(cursor) ?? null;
      sendJson(response, { alarms: [{ name: String(cursor), params: {} }], next_cursor: next, total: 3 });
    });
    const names: string[] = [];
    for await (const page of client(server.url).listAlarms({ pageSize: 1 })) {
      expect(page.total).toBe(3);
      names.push(...page.alarms.map((alarm) => alarm.definition.name));
    }
    expect(names).toEqual(['null', 'a&b=c/ä', 'last']);
    expect(server.asked[0]?.path).toBe('/alarms?limit=1');
  });

  it('goes on from a cursor', async () => {
    const server = await loopback((response) => sendJson(response, { alarms: [], next_cursor: null }));
    for await (const _page of client(server.url).listAlarms({ cursor: 'C7' }));
    expect(server.asked.map((one) => one.path)).toEqual(['/alarms?limit=1000&cursor=C7']);
  });

  it('asks again for the page that failed, and gives no page twice', async () => {
    const server = await loopback((response, { path }, count) => {
      if (count === 2) response.writeHead(500).end();
      else if (count === 3) response.end('{"alarms":[{"na');
      else sendJson(response, { alarms: [], next_cursor: path.includes('cursor') ? null : 'C2' });
    });
    let pages = 0;
    for await (const _page of client(server.url, { retries: 2 }).listAlarms()) pages += 1;
    expect(pages).toBe(2);
    expect(server.asked.map((one) => one.path.includes('C2'))).toEqual([false, true, true, true]);
  });

  it('sends no further request when the consumer has seen enough', async () => {
    const server = await loopback((response, _asked, count) =>
      sendJson(response, { alarms: [], next_cursor: `C${count}` }),
    );
    for await (const _page of client(server.url).listAlarms()) break;
    expect(server.asked).toHaveLength(1);
  });
});

describe('the adapter', () => {
  it('is known by its address without a slash at the end, and addresses all but what a path cannot carry', async () => {
    const gate = { pass: async () => {}, pause: () => {} };
    const settings = {
      url: 'HTTP://LocalHost:80/v1/',
      allowInsecure: false,
      concurrency: 1,
      requestTimeoutMs: 1000,
    };
    await using service = createRestService(settings, gate);
    expect(service.identity).toEqual({ address: 'http://localhost/v1', account: '' });
    expect(NAMES.every((name) => service.canAddress(name))).toBe(true);
    expect(['', '.', '..', '\uD800'].some((name) => service.canAddress(name))).toBe(false);
  });
});
