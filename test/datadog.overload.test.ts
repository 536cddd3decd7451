// Datadog's edge when it is overloaded: everyone rests, longer each time.

import { expect, test } from 'vitest';

import type { RequestGate } from '../src/services/alarm-service.ts';
import { createDatadogService } from '../src/services/datadog/datadog.ts';
import { EdgeOverload } from '../src/services/datadog/edge-overload.ts';
import { type Fault, startDatadogStandIn } from './stand-ins/datadog/server.ts';

test.each([502, 503, 504, 512])(
  'rests 30, 60, then 120 s after %i in a row, and is calm again after a good answer',
  (status) => {
    const overload = new EdgeOverload();
    const rests = [0, 1, 2, 3, 4].map((second) =>
      overload.restMsAfter(status, second * 1000, second * 1000 + 500),
    );
    expect(rests).toEqual([0, 30_000, 60_000, 120_000, 120_000]);
    overload.noteGood();
    expect([overload.restMsAfter(status, 6000, 6500), overload.restMsAfter(status, 7000, 7500)]).toEqual([
      0, 30_000,
    ]);
  },
);

test('counts once what was in flight together', () => {
  const overload = new EdgeOverload();
  const rests = [500, 501, 502].map((nowMs) => overload.restMsAfter(504, 0, nowMs));
  expect([...rests, overload.restMsAfter(504, 503, 600)]).toEqual([0, 0, 0, 30_000]);
});

test.each([500, 429, 403, undefined])('does not rest after %s', (status) => {
  const overload = new EdgeOverload();
  expect([overload.restMsAfter(status, 0, 1), overload.restMsAfter(status, 2, 3)]).toEqual([0, 0]);
});

test.each<readonly [string, Fault, readonly number[]]>([
  ['pauses the gate', { kind: 'status', status: 512, acts: false }, [30_000, 60_000]],
  [
    'leaves it to Retry-After where the service says so',
    { kind: 'status', status: 503, acts: false, headers: { 'retry-after': '7' } },
    [7000, 7000, 7000],
  ],
])('%s', async (_, fault, expected) => {
  const standIn = await startDatadogStandIn();
  standIn.fault = () => fault;
  const pausesMs: number[] = [];
  const gate: RequestGate = {
    pass: async () => {},
    pause: (durationMs) => {
      pausesMs.push(durationMs);
    },
  };
  await using service = createDatadogService(
    {
      url: standIn.url,
      apiKey: standIn.credentials['dd-api-key'],
      applicationKey: standIn.credentials['dd-application-key'],
      contacts: {},
      adopts: false,
      allowInsecure: false,
      concurrency: 1,
      requestTimeoutMs: 10_000,
    },
    gate,
  );
  for (let count = 0; count < 3; count += 1) {
    await expect(service.read('disk-full', new AbortController().signal)).rejects.toThrow(/status 5/);
  }
  expect(pausesMs).toEqual(expected);
});
