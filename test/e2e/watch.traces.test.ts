// The trace of a run, as a real receiver takes it, and as the service hears of it.

import { describe, expect, it } from 'vitest';

import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '../stand-ins/otlp-receiver.ts';
import { start as startCloudWatchWorld } from './cloudwatch-world.ts';
import { planPathOf } from './command-line.ts';
import { csv as datadogCsv, row as datadogRow } from './datadog-world.ts';
import {
  CREATED_COUNT,
  DELETED_COUNT,
  NO_RUN,
  openEventfulWorld,
  openQuietWorld,
  UNCHANGED_COUNT,
  UPDATED_COUNT,
} from './eventful-run.ts';
import { startReferenceService } from './reference-service.ts';
import { paramsOf, rows } from './world.ts';

const PHASES = ['source', 'listing', 'diff', 'plan', 'drain', 'report'];

/** Clocks are read to the millisecond, by two threads. */
const CLOCK_MS = 2;

const requestsOf = ({ spans }: OtlpReceiver): readonly ReceivedSpan[] =>
  spans.filter(({ kind }) => kind === 'CLIENT');

/** The span whose trace a header bears on. */
const spanIdOf = (traceparent: unknown): string =>
  /^00-[0-9a-f]{32}-([0-9a-f]{16})-01$/u.exec(String(traceparent))?.[1] ?? '';

describe('the trace of a run', () => {
  it('is one tree: the run, its phases, and requests below the phase that sent them', async () => {
    const { workspace, args } = await openEventfulWorld();
    const receiver = await startOtlpReceiver();
    expect((await workspace.run(args, { env: receiver.env })).exitCode).toBe(6);
    expect(receiver.breaches).toEqual([]);
    const root = receiver.only('alarmsync sync');
    expect([root.parentSpanId, root.kind]).toEqual(['', 'INTERNAL']);
    expect([...new Set(receiver.spans.map(({ traceId }) => traceId))]).toEqual([root.traceId]);
    for (const name of PHASES) {
      const phase = receiver.only(name);
      expect([name, phase.parentSpanId, phase.kind]).toEqual([name, root.spanId, 'INTERNAL']);
    }
    const byId = new Map(receiver.spans.map((span) => [span.spanId, span]));
    expect(byId.size).toBe(receiver.spans.length);
    for (const span of requestsOf(receiver)) {
      const isListing = span.name === 'GET /alarms';
      expect([span.name, byId.get(span.parentSpanId)?.name]).toEqual([
        span.name,
        isListing ? 'listing' : 'drain',
      ]);
    }
    for (const span of receiver.spans) {
      const parent = byId.get(span.parentSpanId) ?? span;
      expect(span.startMs).toBeGreaterThanOrEqual(parent.startMs - CLOCK_MS);
      expect(span.endMs).toBeLessThanOrEqual(parent.endMs + CLOCK_MS);
    }
  });

  it('says what was planned and done, and how it ended', async () => {
    const { workspace, args, service } = await openEventfulWorld();
    const receiver = await startOtlpReceiver();
    await workspace.run(args, { env: receiver.env });
    const root = receiver.only('alarmsync sync');
    expect(root.attributes).toMatchObject({
      'alarmsync.run.kind': 'sync',
      'alarmsync.run.outcome': 'failed',
      'alarmsync.service.address': service.url,
      'alarmsync.plan.create': CREATED_COUNT + 1,
      'alarmsync.plan.unchanged': UNCHANGED_COUNT,
      'alarmsync.done.create': CREATED_COUNT,
      'alarmsync.done.update': UPDATED_COUNT,
      'alarmsync.done.delete': DELETED_COUNT,
      'alarmsync.done.failed': 1,
      'process.exit.code': 6,
    });
    expect(root.status).toEqual({ code: 'ERROR', message: 'exit code 6' });
    const listedCount = UNCHANGED_COUNT + UPDATED_COUNT + DELETED_COUNT;
    expect(receiver.only('source').attributes).toMatchObject({ 'alarmsync.rows.invalid': 1 });
    expect(receiver.only('listing').attributes).toEqual({
      'alarmsync.phase.state': 'sealed',
      'alarmsync.alarms.listed': listedCount,
      'alarmsync.retries': 1,
    });
    expect(receiver.only('drain').attributes).toEqual({
      'alarmsync.phase.state': 'done',
      'alarmsync.operations.settled': CREATED_COUNT + UPDATED_COUNT + DELETED_COUNT + 1,
      'alarmsync.retries': 1,
    });
  });

  it('is borne to the service by each request of a small run, which is told with what became of it', async () => {
    const { workspace, args, service } = await openEventfulWorld();
    const receiver = await startOtlpReceiver();
    await workspace.run([...args, '--page-size', '40'], { env: receiver.env });
    const spans = new Map(requestsOf(receiver).map((span) => [span.spanId, span]));
    expect(spans.size).toBe(service.requests.length);
    for (const { method, url, status, headers } of service.requests) {
      const span = spans.get(spanIdOf(headers['traceparent']));
      expect(span?.attributes).toMatchObject({
        service: 'alarmsync',
        resource: span?.name,
        'http.request.method': method,
        'http.response.status_code': status,
        'url.full': service.url + url.replace(/\?.*$/u, ''),
        'server.address': '127.0.0.1',
        'server.port': Number(new URL(service.url).port),
      });
      expect(span?.status.code).toBe(status >= 400 ? 'ERROR' : 'UNSET');
      expect(span?.attributes['error.type']).toBe(status >= 400 ? String(status) : undefined);
    }
    const [deleted] = receiver.named('DELETE /alarms/{id}');
    expect(deleted?.attributes).toMatchObject({ 'url.template': '/alarms/{id}' });
  });

  it('is borne by a sample of many requests, and one that fails is told all the same', async () => {
    const { workspace, args, service } = await openQuietWorld(600);
    const receiver = await startOtlpReceiver();
    let hasFailed = false;
    service.onWrite = ({ headers }, answer) => {
      if (hasFailed || headers['traceparent'] !== undefined) return false;
      hasFailed = true;
      answer(503, '{}');
      return true;
    };
    const unhurried = [...args, '--tpslimit', '0', '--settle-time', '0s', '--check-before', 'none'];
    const startedMs = performance.now();
    expect((await workspace.run(unhurried, { env: receiver.env })).exitCode).toBe(0);
    const mostCount = 2 * (100 + Math.ceil((performance.now() - startedMs) / 100));
    const bearing = service.requests.map(({ headers }) => spanIdOf(headers['traceparent'])).filter(Boolean);
    expect(bearing.length).toBeGreaterThanOrEqual(100);
    expect(bearing.length).toBeLessThanOrEqual(mostCount);
    const failed = service.requests.filter(({ status }) => status === 503);
    expect(failed.map(({ headers }) => headers['traceparent'])).toEqual([undefined]);
    const untold = requestsOf(receiver).filter(({ spanId }) => !bearing.includes(spanId));
    expect(untold).toMatchObject([{ name: 'POST /alarms', attributes: { 'error.type': '503' } }]);
  });

  it('shows the calls of the AWS SDK too', async () => {
    const world = await startCloudWatchWorld();
    const receiver = await startOtlpReceiver();
    const { url, accessKeyId, secretAccessKey } = world.service;
    world.workspace.write('alarms.csv', datadogCsv(datadogRow('a', { contact: 'ops@example.com' })));
    const aws = {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
    const args = ['sync', 'alarms.csv', '--auto-approve', ...world.flags];
    expect((await world.workspace.run(args, { env: { ...aws, ...receiver.env } })).exitCode).toBe(0);
    expect(receiver.only('POST PutMetricAlarm')).toMatchObject({
      kind: 'CLIENT',
      parentSpanId: receiver.only('drain').spanId,
      attributes: { 'url.full': `${url}/`, 'http.response.status_code': 200 },
    });
    expect(receiver.breaches).toEqual([]);
  });

  it('says why a plan was refused, which is no error', async () => {
    const { workspace, service, args } = await openQuietWorld(3);
    const receiver = await startOtlpReceiver();
    for (const item of rows(100, 'old')) service.put(item.name, paramsOf(item));
    expect((await workspace.run(args, { env: receiver.env })).exitCode).toBe(3);
    const root = receiver.only('alarmsync sync');
    expect(root.status.code).toBe('UNSET');
    expect(root.attributes).toMatchObject({
      'alarmsync.run.outcome': 'refused',
      'alarmsync.plan.delete': 100,
      'alarmsync.plan.refusals': [expect.stringMatching(/^ALARMSYNC_/u)],
      'process.exit.code': 3,
    });
    expect(receiver.only('plan')).toMatchObject({
      attributes: { 'alarmsync.phase.state': 'refused' },
      status: { code: 'UNSET' },
    });
    expect(receiver.named('drain')).toEqual([]);
  });

  it('names the error that ended it, and the phase in which that was', async () => {
    const { workspace, args, service } = await openQuietWorld(3);
    const receiver = await startOtlpReceiver();
    service.onListing = ({ answer }) => {
      answer(403, '{}');
      return true;
    };
    expect((await workspace.run(args, { env: receiver.env })).exitCode).toBe(7);
    expect(receiver.only('alarmsync sync')).toMatchObject({
      attributes: { 'error.type': 'ALARMSYNC_SERVICE_CREDENTIALS', 'alarmsync.run.outcome': 'failed' },
      status: { code: 'ERROR', message: expect.stringMatching(/^ALARMSYNC_SERVICE_CREDENTIALS: /u) },
    });
    expect(receiver.only('listing').status.code).toBe('ERROR');
  });

  it('is there for a run that could not even begin', async () => {
    const { workspace } = await openQuietWorld(1);
    const receiver = await startOtlpReceiver();
    expect((await workspace.run(NO_RUN, { env: receiver.env })).exitCode).toBe(1);
    const root = receiver.only('alarmsync sync');
    expect(root.attributes).toMatchObject({ 'error.type': 'ALARMSYNC_SOURCE_UNREADABLE' });
    expect([root.status.code, root.parentSpanId]).toEqual(['ERROR', '']);
  });

  it('goes on with the one of whoever started it', async () => {
    const { workspace, args } = await openQuietWorld(1);
    const receiver = await startOtlpReceiver();
    const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
    await workspace.run(args, { env: { ...receiver.env, TRACEPARENT: `00-${traceId}-${spanId}-01` } });
    expect(receiver.only('alarmsync sync')).toMatchObject({ traceId, parentSpanId: spanId });
    expect(receiver.spans.every((span) => span.traceId === traceId)).toBe(true);
    await workspace.run(args, { env: { ...receiver.env, TRACEPARENT: 'nonsense' } });
    expect(receiver.named('alarmsync sync')[1]?.parentSpanId).toBe('');
  });

  it('is another for each command', async () => {
    const { workspace, args } = await openQuietWorld(2);
    const receiver = await startOtlpReceiver();
    const { env } = receiver;
    const planned = await workspace.run(['plan', ...args.slice(1, 4)], { env });
    await workspace.run(['apply', planPathOf(planned)], { env });
    await workspace.run(['status'], { env });
    const roots = receiver.spans.filter(({ parentSpanId }) => parentSpanId === '');
    expect(roots.map(({ name }) => name)).toEqual(['alarmsync plan', 'alarmsync apply']);
    expect(new Set(roots.map(({ traceId }) => traceId)).size).toBe(2);
    expect(new Set(roots.map(({ attributes }) => attributes['alarmsync.run.id'])).size).toBe(1);
  });
});

describe('the reference service', () => {
  it('goes on with the trace of each request that bears one, by route', async () => {
    const receiver = await startOtlpReceiver();
    const reference = await startReferenceService([], receiver.env);
    const { workspace, args } = await openQuietWorld(3);
    const sync = args.with(3, reference.url);
    expect((await workspace.run(sync, { env: receiver.env })).exitCode).toBe(0);
    expect((await reference.stop()).exitCode).toBe(0);
    const client = new Map(requestsOf(receiver).map((span) => [span.spanId, span]));
    const served = receiver.of('alarm-service');
    expect(served.length).toBe(client.size);
    for (const span of served) {
      const parent = client.get(span.parentSpanId);
      expect([span.kind, span.traceId]).toEqual(['SERVER', parent?.traceId]);
      expect(span.attributes).toMatchObject({
        service: 'alarm-service',
        resource: span.name,
        'http.request.method': parent?.attributes['http.request.method'],
        'http.response.status_code': 200,
        'http.route': '/alarms',
        'url.path': '/alarms',
        'url.scheme': 'http',
        'server.address': '127.0.0.1',
        'server.port': Number(new URL(reference.url).port),
      });
    }
    expect(new Set(served.map(({ name }) => name))).toEqual(new Set(['GET /alarms', 'POST /alarms']));
  });

  it('tells a connection that it cut, and nothing of a request that bears no sampled trace', async () => {
    const receiver = await startOtlpReceiver();
    const env = { ...receiver.env, OTEL_TRACES_SAMPLER: 'always_on' };
    const reference = await startReferenceService(['--fault', 'drop-before=1'], env);
    const ask = async (flags: string): Promise<unknown> =>
      fetch(`${reference.url}/alarms/cpu`, {
        method: 'DELETE',
        headers: { traceparent: `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}` },
      }).catch(() => {});
    await ask('00');
    await ask('01');
    await fetch(`${reference.url}/healthz`);
    await reference.stop();
    expect(receiver.spans).toMatchObject([
      {
        name: 'DELETE /alarms/:name',
        parentSpanId: 'b7ad6b7169203331',
        attributes: { 'error.type': 'connection_closed', 'url.path': '/alarms/cpu' },
        status: { code: 'ERROR' },
      },
    ]);
    expect(receiver.spans[0]?.attributes).not.toHaveProperty('http.response.status_code');
  });
});
