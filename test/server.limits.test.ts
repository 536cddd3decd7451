// The rate limit and how it says to wait, the latency, the request log, and the stop.

import { connect } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';

import { TokenBucket } from '../src/server/rate-limit.ts';
import { DEFAULT_SERVER_SETTINGS, startServer } from '../src/server/server.ts';
import { ALARM, rawCall, startTestService } from './server.client.ts';

describe('a rate limit', () => {
  test('answers 429 with the seconds to wait once the burst is used', async () => {
    const { call, server } = await startTestService({
      rateLimit: { requestsPerSecond: 0.25, burstCount: 3, retryAfterForm: 'seconds' },
    });
    for (const remaining of ['2', '1', '0']) {
      const { status, headers } = await call('GET', '/alarms');
      expect(status).toBe(200);
      expect(headers['ratelimit-limit']).toBe('3');
      expect(headers['ratelimit-remaining']).toBe(remaining);
    }
    const refused = await call('POST', '/alarms', { name: 'disk', params: ALARM });
    expect(refused).toMatchObject({ status: 429, body: { status: '429' } });
    expect(refused.headers['retry-after']).toBe('4');
    expect(Number(refused.headers['ratelimit-reset'])).toBe(12);
    expect(server.store.total()).toBe(0);
    expect(server.counts.count('POST', 429)).toBe(1);
  });

  test('gives the time to come again as an HTTP date where asked to', async () => {
    const { call } = await startTestService({
      rateLimit: { requestsPerSecond: 0.1, burstCount: 1, retryAfterForm: 'http-date' },
    });
    await call('GET', '/alarms');
    const beforeEpochMs = Date.now();
    const text = String((await call('GET', '/alarms')).headers['retry-after']);
    expect(text).toMatch(/^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/);
    const waitMs = Date.parse(text) - beforeEpochMs;
    expect(waitMs).toBeGreaterThan(8000);
    expect(waitMs).toBeLessThanOrEqual(11_500);
  });

  test('leaves health alone', async () => {
    const { pool } = await startTestService({ rateLimit: { requestsPerSecond: 0.001 } });
    for (let index = 0; index < 5; index += 1) {
      expect((await rawCall(pool, 'GET', '/healthz')).status).toBe(200);
    }
  });

  test('fills up with time, to its burst and no further', () => {
    const bucket = new TokenBucket({ requestsPerSecond: 10, burstCount: 2, retryAfterForm: 'seconds' }, 0);
    const allowed = [0, 0, 0, 50, 100, 150, 200, 10_000, 10_000, 10_000].map(
      (ms) => bucket.take(ms).isAllowed,
    );
    expect(allowed).toEqual([true, true, false, false, true, false, true, true, true, false]);
  });
});

test('a latency holds every answer back that long', async () => {
  const { call } = await startTestService({ behaviour: { latencyMs: 50 } });
  const startedAt = performance.now();
  await call('GET', '/alarms');
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(49);
});

test('the log counts requests by method and status, and keeps each where asked to', async () => {
  const { call, server } = await startTestService({ keepsRecords: true });
  await call('POST', '/alarms', { name: 'disk', params: ALARM });
  await call('POST', '/alarms', { name: 'disk', params: ALARM });
  await call('GET', '/alarms/none');
  await call('GET', '/alarms');
  const { counts } = server;
  expect([
    counts.count(),
    counts.count('POST'),
    counts.count('POST', 409),
    counts.count(undefined, 200),
  ]).toEqual([4, 2, 1, 2]);
  expect(counts.appliedCount).toBe(1);
  expect(counts.records.map(({ method, name, status }) => `${method} ${name} ${status}`)).toEqual([
    'POST disk 200',
    'POST disk 409',
    'GET none 404',
    'GET  200',
  ]);
});

test('the log keeps no records unless asked to', async () => {
  const { call, server } = await startTestService();
  await call('GET', '/alarms');
  expect([server.counts.count(), server.counts.records.length]).toEqual([1, 0]);
});

async function healthUntilRefused(url: string): Promise<string> {
  try {
    while (true) await (await fetch(`${url}/healthz`)).text();
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

describe('a stop', () => {
  test('finishes what is in flight, closes its connection and takes nothing new', async () => {
    const { server, pool } = await startTestService({ behaviour: { latencyMs: 300 } });
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(socket, 'connect');
    const body = JSON.stringify({ name: 'disk', params: ALARM });
    socket.write(`POST /alarms HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    // The service takes requests in turn, so a second one that is answered at once comes after the first.
    await rawCall(pool, 'GET', '/healthz');
    const startedAt = performance.now();
    const stopped = server[Symbol.asyncDispose]();

    let answer = '';
    socket.on('data', (chunk) => (answer += String(chunk)));
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1.1 200 OK/);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(answer).toContain('{"name":"disk","status":"200"}');
    await stopped;
    expect(performance.now() - startedAt).toBeLessThan(5000);
    await expect(rawCall(pool, 'GET', '/healthz')).rejects.toThrow(/ECONNREFUSED|closed|other side/);
  });

  test('comes with the signal too, and more than once does no harm', async () => {
    const controller = new AbortController();
    const server = await startServer(DEFAULT_SERVER_SETTINGS, controller.signal);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    controller.abort();
    // Refused once the signal alone has stopped it.
    await expect(healthUntilRefused(server.url)).resolves.toBe('fetch failed');
    await server[Symbol.asyncDispose]();
  });

  test('before the start leaves nothing running', async () => {
    await expect(startServer(DEFAULT_SERVER_SETTINGS, AbortSignal.abort())).rejects.toThrow(/aborted/);
  });
});

test('an address in use is refused with its code', async () => {
  const { server } = await startTestService();
  const port = Number(new URL(server.url).port);
  const settings = { ...DEFAULT_SERVER_SETTINGS, listen: { host: '127.0.0.1', port, token: null } };
  await expect(startServer(settings)).rejects.toMatchObject({ code: 'ALARMSYNC_SERVICE_ADDRESS' });
});
