// What a worker tells of its requests: in its own metrics and its own log, without ending as a run would.

import { expect, it } from 'vitest';

import { startDogStatsd } from '../stand-ins/dogstatsd.ts';
import { startOtlpReceiver } from '../stand-ins/otlp-receiver.ts';
import { rows } from '../e2e/world.ts';
import { hasQueue, openQueueWorld } from './world.ts';

/** What a worker knows, of the names in the README. */
const WORKER_METRICS = [
  'alarmsync.request.duration_seconds',
  'alarmsync.requests',
  'alarmsync.requests.in_flight',
  'alarmsync.requests.throttled',
];

it.runIf(hasQueue)('requests of a worker are in its metrics, each once, and its end is no run', async () => {
  const world = await openQueueWorld(rows(40));
  let count = 0;
  world.service.onWrite = (_request, answer) => {
    count += 1;
    if (count !== 10) return false;
    answer(429, '{}', { 'retry-after': '1' });
    return true;
  };
  const agent = await startDogStatsd();
  const watched = ['--statsd', agent.address, '--tag', 'worker:a', '--metrics-file', 'worker.prom'];
  const worker = await world.startWorker(watched);
  const finished = await world.workspace.run(world.syncArguments);
  expect(finished.stdout).toContain('Sync complete: 40 created');
  worker.child.kill('SIGTERM');
  expect((await worker.ended).exitCode).toBe(0);
  const asked = ['method:POST', 'resource:/alarms', 'worker:a'];
  await agent.until(() => agent.has('alarmsync.requests'));
  expect(agent.breaches).toEqual([]);
  expect(agent.sum('alarmsync.requests', 'status:201', ...asked)).toBe(40);
  expect(agent.sum('alarmsync.requests', 'status:429', ...asked)).toBe(1);
  expect(agent.sum('alarmsync.requests.throttled', 'worker:a')).toBe(1);
  const sent = new Set(agent.metrics.map(({ name }) => name));
  expect([...sent].toSorted()).toEqual(WORKER_METRICS);
});

it.runIf(hasQueue)("requests of a worker go on with the run's trace, to the service too", async () => {
  const receiver = await startOtlpReceiver();
  const { env } = receiver;
  const world = await openQueueWorld(rows(20));
  const worker = await world.startWorker([], { env });
  const finished = await world.workspace.run(world.syncArguments, { env });
  expect(finished.stdout).toContain('Sync complete: 20 created');
  worker.child.kill('SIGTERM');
  await worker.ended;
  expect(receiver.breaches).toEqual([]);
  const root = receiver.only('alarmsync sync');
  const sent = receiver.spans.filter(({ name }) => name === 'POST /alarms');
  expect(sent).toHaveLength(20);
  for (const { traceId, parentSpanId } of sent)
    expect([traceId, parentSpanId]).toEqual([root.traceId, root.spanId]);
  const borne = world.service.writes.map(({ headers }) => String(headers['traceparent']));
  expect(new Set(borne)).toEqual(new Set(sent.map(({ spanId }) => `00-${root.traceId}-${spanId}-01`)));
});

it.runIf(hasQueue)('each line of a worker about a run bears its id', async () => {
  const world = await openQueueWorld(rows(5));
  const worker = await world.startWorker(['--log-format', 'json']);
  const finished = await world.workspace.run([...world.syncArguments, '--log-format', 'json']);
  const [, runId = 'none'] = /"run_id":"([^"]+)"/u.exec(finished.stderr) ?? [];
  expect(await worker.says(/"msg":"Serving run/u)).toContain(`"run_id":"${runId}"`);
  expect(await worker.says(/needs no worker any more/u)).toContain(`"run_id":"${runId}"`);
});
