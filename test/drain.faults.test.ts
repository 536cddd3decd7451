import { createServer, type ServerResponse } from 'node:http';

import { describe, expect, it, onTestFinished } from 'vitest';

import { parseJson, stringifyJson, type JsonObject } from '../src/alarm/json.ts';
import { faultNames, type FaultName } from '../src/server/faults.ts';
import { DEFAULT_SERVER_SETTINGS, startServer, type RunningServer } from '../src/server/server.ts';
import type { AlarmService } from '../src/services/alarm-service.ts';
import { Pacer } from '../src/services/pacer.ts';
import { createRestService } from '../src/services/rest/rest.ts';
import { drain } from './drain.service.ts';
import { diffWorld, operationsOf, params, type World } from './plan.world.ts';

function connect(url: string): AlarmService {
  const pacer = new Pacer({ perSecond: 0, burst: 1, concurrency: 1 });
  const service = createRestService(
    { url, allowInsecure: false, concurrency: 8, requestTimeoutMs: 100 },
    pacer,
  );
  onTestFinished(async () => {
    await service[Symbol.asyncDispose]();
    pacer[Symbol.dispose]();
  });
  return service;
}

/** A service that holds two alarms of one name rather than refuse the second: nothing there hides a double create. */
async function startForgetful(
  rules: Partial<Record<FaultName, number>>,
  hasEtags: boolean,
): Promise<RunningServer> {
  const defaults = DEFAULT_SERVER_SETTINGS;
  const server = await startServer({
    ...defaults,
    store: { ...defaults.store, namesAreUnique: false },
    behaviour: { ...defaults.behaviour, hasEtags },
    faults: { rules, seed: 7, slowMs: 150, downMs: 40, retryAfterMs: 1 },
    keepsRecords: true,
  });
  onTestFinished(async () => server[Symbol.asyncDispose]());
  return server;
}

const names = (prefix: string): readonly string[] =>
  Array.from({ length: 6 }, (_, index) => `${prefix}${index}`);
const WORLD: World = {
  desired: Object.fromEntries([
    ...names('create').map((name) => [name, params()] as const),
    ...names('update').map((name) => [name, params({ threshold: '2' })] as const),
  ]),
  existing: Object.fromEntries(
    [...names('update'), ...names('delete')].map((name) => [name, { params: params() }]),
  ),
};

function seed(server: RunningServer): void {
  const alarms = Object.entries(WORLD.existing ?? {}).map(([name, alarm]) => ({
    name,
    params: alarm.params,
  }));
  server.store.importDefinitions(alarms);
}

/** What the service holds, one entry an alarm: a name held twice shows twice. */
function held(server: RunningServer): readonly (readonly [string, unknown])[] {
  return [...server.store].map(({ name, paramsText }) => [name, parseJson(paramsText)] as const);
}

const SHARE: Readonly<Record<FaultName, number>> = {
  down: 0.03,
  throttle: 0.05,
  'drop-before': 0.3,
  'drop-after': 0.3,
  'error-before': 0.3,
  'error-after': 0.3,
  'ack-cut': 0.3,
  'ack-not-json': 0.3,
  'ack-status-500': 0.3,
  'read-failure': 0.3,
  hang: 0.15,
  slow: 0.15,
};

/** Drains over and over until nothing is left, and gives what came of it. */
async function endUnder(fault: FaultName): Promise<unknown> {
  const server = await startForgetful({ [fault]: SHARE[fault] }, fault !== 'slow');
  seed(server);
  const { plan } = diffWorld(WORLD);
  const service = connect(server.url);
  for (let runNumber = 1; plan.alarms.operations.unfinishedCount() > 0 && runNumber <= 5; runNumber += 1) {
    await drain(plan, service, { settleTimeMs: fault === 'slow' ? 300 : 30, retryCount: 4, concurrency: 8 });
  }
  const applied = server.counts.records
    .filter(({ isApplied }) => isApplied)
    .map(({ method, name }) => `${method} ${name}`);
  return {
    held: held(server).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    createdTwice: applied.filter((write, at) => write.startsWith('POST') && applied.indexOf(write) < at),
    unfinishedCount: plan.alarms.operations.unfinishedCount(),
  };
}

it('whatever fails at the service, it ends up as the file wants it, and nothing is made twice', async () => {
  const ends = await Promise.all(faultNames().map(async (fault) => [fault, await endUnder(fault)] as const));
  const wanted = {
    held: Object.entries(WORLD.desired ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    createdTwice: [],
    unfinishedCount: 0,
  };
  expect(Object.fromEntries(ends)).toEqual(Object.fromEntries(faultNames().map((fault) => [fault, wanted])));
});

/** A service that acts on every write and then answers it with whatever the test wants. */
async function startLying(answer: (response: ServerResponse, name: string) => void): Promise<{
  readonly url: string;
  readonly alarms: Map<string, JsonObject>;
  readonly requests: string[];
}> {
  const alarms = new Map<string, JsonObject>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      requests.push(request.method ?? '');
      const name = decodeURIComponent((request.url ?? '').split('/')[2] ?? '');
      response.setHeader('content-type', 'application/json');
      if (request.method === 'GET') {
        const found = alarms.get(name);
        response.statusCode = found === undefined ? 404 : 200;
        response.end(stringifyJson(found === undefined ? { name, status: '404' } : { name, params: found }));
        return;
      }
      const definition = JSON.parse(body) as { name: string; params: JsonObject };
      alarms.set(definition.name, definition.params);
      answer(response, definition.name);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, alarms, requests };
}

describe('a write answered', () => {
  const DEFINITE = [400, 405, 410, 413, 422];
  const UNKNOWN = [302, 402, 406, 408, 418, 421, 423, 424, 428, 431, 451, 499, 500, 501, 502, 503, 504, 507];

  it.each(DEFINITE)('%i is a definite refusal and parked', async (status) => {
    const { url, requests } = await startLying((response, name) => {
      response.statusCode = status;
      response.end(stringifyJson({ name, status: String(status) }));
    });
    const { plan } = diffWorld({ desired: { a: params() } });
    await drain(plan, connect(url));
    expect(operationsOf(plan)).toEqual(['create a failed']);
    expect(requests).toEqual(['POST']);
  });

  it.each(UNKNOWN)('%i is of unknown outcome and looked up', async (status) => {
    const { url, requests } = await startLying((response, name) => {
      response.statusCode = status;
      if (status === 302) response.setHeader('location', '/elsewhere');
      response.end(stringifyJson({ name, status: String(status) }));
    });
    const { plan } = diffWorld({ desired: { a: params() } });
    await drain(plan, connect(url));
    expect(requests).toEqual(['POST', 'GET']);
    expect(operationsOf(plan)).toEqual(['create a done']);
  });

  it.each<[string, (name: string) => string]>([
    ['200 with nothing in it', () => ''],
    ['200 about another name', () => '{"name":"other","status":"200"}'],
    ['200 with a status that is a number', (name) => `{"name":"${name}","status":200}`],
    ['200 with a status of 302 inside', (name) => `{"name":"${name}","status":"302"}`],
    ['200 with a status of 503 inside', (name) => `{"name":"${name}","status":"503"}`],
    ['200 with a status of 451 inside', (name) => `{"name":"${name}","status":"451"}`],
  ])('%s is of unknown outcome and looked up', async (_what, body) => {
    const { url, requests } = await startLying((response, name) => response.end(body(name)));
    const { plan } = diffWorld({ desired: { a: params() } });
    await drain(plan, connect(url));
    expect(requests).toEqual(['POST', 'GET']);
    expect(operationsOf(plan)).toEqual(['create a done']);
  });
});
