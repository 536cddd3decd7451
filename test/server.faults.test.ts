// Every fault: what the client sees, and whether the service acted.

import { describe, expect, test } from 'vitest';

import type { FaultName, FaultRequest } from '../src/server/faults.ts';
import { faultNames } from '../src/server/faults.ts';
import type { TestService } from './server.client.ts';
import { ALARM, rawCall, startTestService } from './server.client.ts';

type Rule = number | ((request: FaultRequest) => boolean);

const startFaulty = (fault: FaultName, rule: Rule = 1): Promise<TestService> =>
  startTestService({ faults: { rules: { [fault]: rule }, slowMs: 40, downMs: 60_000 }, keepsRecords: true });

const create = (service: TestService, name = 'disk'): ReturnType<TestService['call']> =>
  rawCall(service.pool, 'POST', '/alarms', { name, params: ALARM });

/** The first request of a kind meets the fault, and none after it. */
function once(): (request: FaultRequest) => boolean {
  let isSpent = false;
  return () => {
    const isFirst = !isSpent;
    isSpent = true;
    return isFirst;
  };
}

describe('a write that meets', () => {
  test.each([
    ['drop-before', false],
    ['drop-after', true],
  ] as const)('%s loses its connection; applied: %s', async (fault, isApplied) => {
    const service = await startFaulty(fault);
    await expect(create(service)).rejects.toThrow(/closed|other side/);
    expect(service.server.store.total()).toBe(isApplied ? 1 : 0);
    expect(service.server.counts.records).toMatchObject([
      { method: 'POST', name: 'disk', status: 0, isApplied },
    ]);
  });

  test.each([
    ['error-before', 500, false],
    ['error-after', 504, true],
    ['throttle', 429, false],
    ['down', 503, false],
  ] as const)('%s is answered %i; applied: %s', async (fault, status, isApplied) => {
    const service = await startFaulty(fault);
    const answer = await service.call('POST', '/alarms', { name: 'disk', params: ALARM });
    expect(answer).toMatchObject({ status, body: { name: 'disk', status: String(status) } });
    expect(service.server.store.total()).toBe(isApplied ? 1 : 0);
    expect(service.server.counts.appliedCount).toBe(isApplied ? 1 : 0);
    expect(service.server.counts.count('POST', status)).toBe(1);
  });

  test('ack-cut gets half its acknowledgement; applied', async () => {
    const service = await startFaulty('ack-cut');
    const answer = await service.pool.request({
      method: 'POST',
      path: '/alarms',
      body: JSON.stringify({ name: 'disk', params: ALARM }),
    });
    expect(answer.statusCode).toBe(200);
    let text = '';
    const readAll = async (): Promise<void> => {
      for await (const chunk of answer.body) text += String(chunk);
    };
    await expect(readAll()).rejects.toThrow(/closed|other side|aborted/);
    expect('{"name":"disk","status":"200"}'.startsWith(text)).toBe(true);
    expect(text.length).toBe(15);
    expect(service.server.store.total()).toBe(1);
  });

  test('ack-not-json gets a page of HTML; applied', async () => {
    const service = await startFaulty('ack-not-json');
    const answer = await create(service);
    expect(answer).toMatchObject({ status: 200, text: '<html>OK</html>' });
    expect(service.server.store.total()).toBe(1);
  });

  test('ack-status-500 gets a success that says 500 inside; not applied', async () => {
    const service = await startFaulty('ack-status-500');
    const answer = await service.call('POST', '/alarms', { name: 'disk', params: ALARM });
    expect(answer).toMatchObject({ status: 200, body: { name: 'disk', status: '500' } });
    expect(service.server.store.total()).toBe(0);
  });

  test('slow is answered truly, and late', async () => {
    const service = await startFaulty('slow');
    const startedAt = performance.now();
    expect((await create(service)).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(39);
    expect(service.server.store.total()).toBe(1);
  });

  test('hang is not answered until the service stops; not applied', async () => {
    const service = await startFaulty('hang', ({ kind }) => kind === 'write');
    const answer = create(service).then(
      () => 'answered',
      () => 'closed',
    );
    // Over other connections of the pool, until the write has met its fault.
    while (service.server.counts.count('POST', 0) === 0) await service.call('GET', '/alarms');
    expect(service.server.store.total()).toBe(0);
    const stoppedAt = performance.now();
    await service.server[Symbol.asyncDispose]();
    expect(await answer).toBe('closed');
    expect(performance.now() - stoppedAt).toBeLessThan(5000);
  });

  test.each(['PUT', 'DELETE'])('drop-after through %s is applied as well', async (method) => {
    const service = await startFaulty('drop-after');
    service.server.store.create({ name: 'disk', params: ALARM });
    const body = method === 'PUT' ? { name: 'disk', params: {} } : undefined;
    await expect(rawCall(service.pool, method, '/alarms/disk', body)).rejects.toThrow(/closed|other side/);
    expect(service.server.store.read('disk')?.paramsText).toBe(method === 'PUT' ? '{}' : undefined);
  });

  test('a fault after a refusal has applied nothing', async () => {
    const service = await startFaulty('error-after');
    service.server.store.create({ name: 'disk', params: {} });
    expect((await create(service)).status).toBe(504);
    expect(service.server.counts.appliedCount).toBe(0);
  });
});

describe('a read', () => {
  test('meets read-failure, a write does not', async () => {
    const service = await startFaulty('read-failure');
    expect((await create(service)).status).toBe(200);
    expect((await service.call('GET', '/alarms/disk')).status).toBe(500);
    expect((await service.call('GET', '/alarms')).status).toBe(500);
  });

  test('meets none of the faults of a write', async () => {
    for (const fault of faultNames().filter((name) => /^ack-|^error-|drop-after/.test(name))) {
      const service = await startFaulty(fault);
      expect((await service.call('GET', '/alarms')).status).toBe(200);
    }
  });
});

describe('a fault', () => {
  test('strikes where its rule says so', async () => {
    const service = await startFaulty(
      'error-before',
      ({ method, name }) => method === 'POST' && name === 'bad',
    );
    expect((await create(service, 'good')).status).toBe(200);
    expect((await create(service, 'bad')).status).toBe(500);
    expect((await rawCall(service.pool, 'DELETE', '/alarms/good')).status).toBe(200);
  });

  test('with a probability strikes its share, the same for the same seed', async () => {
    const strikes = async (seed: number): Promise<string> => {
      const service = await startTestService({ faults: { rules: { 'error-before': 0.3 }, seed } });
      const statuses: number[] = [];
      for (let index = 0; index < 200; index += 1) statuses.push((await create(service, `n${index}`)).status);
      return statuses.map((status) => (status === 500 ? 'x' : '.')).join('');
    };
    const first = await strikes(7);
    expect(await strikes(7)).toBe(first);
    expect(await strikes(8)).not.toBe(first);
    const struckCount = first.replaceAll('.', '').length;
    expect(struckCount).toBeGreaterThan(30);
    expect(struckCount).toBeLessThan(90);
  });

  test('down lasts for a while and then ends', async () => {
    const service = await startTestService({ faults: { rules: { down: once() }, downMs: 200 } });
    const startedAt = performance.now();
    const answer = await service.call('GET', '/alarms');
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect((await create(service)).status).toBe(503);
    while ((await service.call('GET', '/alarms')).status === 503) {
      expect(performance.now() - startedAt).toBeLessThan(30_000);
    }
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(199);
  });

  test('throttle says when to come again', async () => {
    const service = await startTestService({ faults: { rules: { throttle: 1 }, retryAfterMs: 2500 } });
    expect((await service.call('GET', '/alarms')).headers['retry-after']).toBe('3');
  });
});
