// Where traces go: on and off by the variables of OpenTelemetry, and a receiver in trouble is no trouble of the run's.

import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { startOtlpReceiver } from '../stand-ins/otlp-receiver.ts';
import type { Workspace } from './command-line.ts';
import { openQuietWorld } from './eventful-run.ts';
import { startReferenceService } from './reference-service.ts';

const LISTENER = fileURLToPath(new URL('../loaded-modules.js', import.meta.url));

/** More than a run takes that waits for nobody, and less than one that waits for a receiver's own patience. */
const WHOLE_RUN_MS = 15_000;

interface Loaded {
  readonly threadId: number;
  readonly packages: readonly string[];
}

const listening = (workspace: Workspace): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import ${LISTENER}`,
  LOADED_MODULES_FILE: workspace.path('loaded.ndjson'),
});

/** What the threads of a run loaded, by thread; 0 is the main one. */
const loadedBy = (workspace: Workspace): readonly Loaded[] =>
  workspace
    .read('loaded.ndjson')
    .trimEnd()
    .split('\n')
    .map((line): Loaded => JSON.parse(line));

describe('without an endpoint', () => {
  it('nothing of OpenTelemetry is loaded, nor of a queue that nobody asked for, and requests bear no trace', async () => {
    const { workspace, args, service } = await openQuietWorld(3);
    expect((await workspace.run(args, { env: listening(workspace) })).exitCode).toBe(0);
    const loaded = loadedBy(workspace);
    expect(loaded.length).toBeGreaterThanOrEqual(3);
    expect(loaded.flatMap(({ packages }) => packages)).toEqual([]);
    expect(service.requests.filter(({ headers }) => headers['traceparent'] !== undefined)).toEqual([]);
  });

  it('the reference service loads no more than its metrics need', async () => {
    const { workspace } = await openQuietWorld(1);
    const reference = await startReferenceService([], listening(workspace));
    await fetch(`${reference.url}/alarms`);
    await reference.stop();
    expect(loadedBy(workspace).flatMap(({ packages }) => packages)).not.toContain('@opentelemetry/core');
  });
});

describe('with an endpoint', () => {
  it('OpenTelemetry is loaded by the main thread alone', async () => {
    const { workspace, args } = await openQuietWorld(3);
    const receiver = await startOtlpReceiver();
    await workspace.run(args, { env: { ...receiver.env, ...listening(workspace) } });
    const loaded = loadedBy(workspace);
    expect(loaded.find(({ threadId }) => threadId === 0)?.packages).toContain('@opentelemetry/core');
    const others = loaded.filter(({ threadId }) => threadId !== 0);
    expect(others.length).toBeGreaterThanOrEqual(2);
    expect(others.flatMap(({ packages }) => packages)).toEqual([]);
    expect(receiver.only('listing').kind).toBe('INTERNAL');
  });

  it('the variables say who sends, with which headers, and where to', async () => {
    const { workspace, args } = await openQuietWorld(1);
    const receiver = await startOtlpReceiver();
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/v1/traces`,
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=abc',
      OTEL_SERVICE_NAME: 'pager-sync',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod',
    };
    const { exitCode, stderr } = await workspace.run(args, { env });
    expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('Warning')]);
    expect(receiver.breaches).toEqual([]);
    expect(receiver.headers[0]).toMatchObject({ 'api-key': 'abc' });
    expect(receiver.only('alarmsync sync').resource).toMatchObject({
      'service.name': 'pager-sync',
      'deployment.environment.name': 'prod',
    });
    expect(receiver.only('GET /alarms').attributes['service']).toBe('pager-sync');
  });

  it.each([
    { OTEL_SDK_DISABLED: 'true' },
    { OTEL_TRACES_EXPORTER: 'none' },
    { OTEL_TRACES_SAMPLER: 'always_off' },
    { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
    { TRACEPARENT: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00' },
  ])('nothing is sent where %o is set', async (variables) => {
    const { workspace, args, service } = await openQuietWorld(2);
    const receiver = await startOtlpReceiver();
    const { exitCode, stderr } = await workspace.run(args, { env: { ...receiver.env, ...variables } });
    expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('Warning')]);
    expect(receiver.headers).toEqual([]);
    expect(service.requests.filter(({ headers }) => headers['traceparent'] !== undefined)).toEqual([]);
  });

  it.each([
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      'expected http/protobuf as OTEL_EXPORTER_OTLP_PROTOCOL, got grpc',
    ],
    [{ OTEL_TRACES_EXPORTER: 'zipkin' }, 'expected otlp as OTEL_TRACES_EXPORTER, got zipkin'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'secret-host:4318' }, 'expected http(s)://host[:port]'],
  ])('what cannot be done is said, and the run goes on: %o', async (variables, message) => {
    const { workspace, args, service } = await openQuietWorld(2);
    const receiver = await startOtlpReceiver();
    const { exitCode, stderr } = await workspace.run(args, { env: { ...receiver.env, ...variables } });
    expect([exitCode, service.names.length]).toEqual([0, 2]);
    expect(stderr).toContain(`Warning: no traces are sent: ${message}`);
    expect(stderr).not.toContain('secret-host');
    expect(receiver.headers).toEqual([]);
  });
});

describe('a receiver', () => {
  it('that is not there fails no run, and is told of once, without what its address holds', async () => {
    const { workspace, args, service } = await openQuietWorld(2);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9/key-4711' };
    const { exitCode, stderr } = await workspace.run(args, { env });
    expect([exitCode, service.names.length]).toEqual([0, 2]);
    expect(stderr.match(/traces are not sent to http:\/\/127\.0\.0\.1:9, or not all: .*/gu)).toHaveLength(1);
    expect(stderr).not.toContain('key-4711');
  });

  it('that refuses fails no run, and what it says is not repeated', async () => {
    const { workspace, args } = await openQuietWorld(2);
    const receiver = await startOtlpReceiver({
      answer: (response) => response.writeHead(500).end('told-in-confidence'),
    });
    const env = { ...receiver.env, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1' };
    const { exitCode, stderr } = await workspace.run([...args, '-vv'], { env });
    expect(exitCode).toBe(0);
    expect(receiver.headers.length).toBeGreaterThan(1);
    expect(stderr.match(/traces are not sent/gu)).toHaveLength(1);
    expect(stderr).not.toContain('told-in-confidence');
  });

  it.each([
    ['for as long as it is waited for by itself', {}],
    ['for longer than a run waits', { OTEL_EXPORTER_OTLP_TIMEOUT: '600000' }],
  ])('that never answers holds up no run %s', async (_what, variables) => {
    const { workspace, args, service } = await openQuietWorld(2);
    const receiver = await startOtlpReceiver({ answer: () => {} });
    const startedMs = performance.now();
    const { exitCode, stderr } = await workspace.run(args, { env: { ...receiver.env, ...variables } });
    expect([exitCode, service.names.length]).toEqual([0, 2]);
    expect(stderr.match(/traces are not sent/gu)).toHaveLength(1);
    expect(performance.now() - startedMs).toBeLessThan(WHOLE_RUN_MS);
    expect(receiver.headers).toHaveLength(1);
  });
});
