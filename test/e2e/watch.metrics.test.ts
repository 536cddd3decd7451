// The metrics of a run, as real receivers take them.

import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { INSTRUMENTS } from '../../src/telemetry/instruments.ts';
import { startDogStatsd, startDogStatsdSocket } from '../stand-ins/dogstatsd.ts';
import { openWorkspace } from './command-line.ts';
import {
  CREATED_COUNT,
  DELETED_COUNT,
  NO_RUN,
  openEventfulWorld,
  openQuietWorld,
  UNCHANGED_COUNT,
  UPDATED_COUNT,
} from './eventful-run.ts';
import { csv, rows } from './world.ts';

const README = readFileSync(path.join(import.meta.dirname, '../../README.md'), 'utf8');

/** The names in the README's table of metrics. */
function documentedMetrics(): readonly string[] {
  return [...README.matchAll(/^\| `(alarmsync\.[a-z_.]+)` /gmu)].map(([, name = '']) => name);
}

describe('metrics to an agent', () => {
  it('tell what happened, with the tags of the user on each', async () => {
    const { workspace, args } = await openEventfulWorld();
    const agent = await startDogStatsd();
    const watched = [...args, '--statsd', agent.address, '--tag', 'env:prod,team:noc'];
    const { exitCode } = await workspace.run(watched);
    await agent.until(() => agent.has('alarmsync.runs'));
    expect(exitCode).toBe(6);
    expect(agent.breaches).toEqual([]);
    expect(agent.metrics.every(({ tags }) => tags.includes('env:prod') && tags.includes('team:noc'))).toBe(
      true,
    );
    const read = CREATED_COUNT + UPDATED_COUNT + UNCHANGED_COUNT + 2;
    expect(agent.sum('alarmsync.rows.read')).toBe(read);
    expect(agent.sum('alarmsync.rows.invalid', 'column:threshold')).toBe(1);
    expect(agent.sum('alarmsync.alarms.listed')).toBe(UPDATED_COUNT + UNCHANGED_COUNT + DELETED_COUNT);
    const done = (action: string): number =>
      agent.sum('alarmsync.operations', `action:${action}`, 'outcome:done');
    expect([done('create'), done('update'), done('delete')]).toEqual([
      CREATED_COUNT,
      UPDATED_COUNT,
      DELETED_COUNT,
    ]);
    expect(agent.sum('alarmsync.operations', 'outcome:failed', 'failure_class:http_4xx_other')).toBe(1);
    expect(agent.sum('alarmsync.retries', 'phase:listing', 'failure_class:http_5xx')).toBe(1);
    expect(agent.sum('alarmsync.retries', 'phase:drain', 'failure_class:http_4xx_429')).toBe(1);
    expect(agent.sum('alarmsync.requests.throttled')).toBe(1);
    expect(agent.sum('alarmsync.requests', 'resource:/alarms', 'method:GET', 'status:500')).toBe(1);
    expect(agent.sum('alarmsync.requests', 'resource:/alarms/{id}', 'method:DELETE', 'status:200')).toBe(
      DELETED_COUNT,
    );
    expect(agent.last('alarmsync.plan.operations', 'action:create')).toBe(CREATED_COUNT + 1);
    expect(agent.last('alarmsync.queue.depth')).toBe(0);
    expect(agent.sum('alarmsync.runs', 'outcome:failed')).toBe(1);
  });

  it('are those that the README names, and no others', async () => {
    const { workspace, args, service } = await openEventfulWorld();
    const agent = await startDogStatsd();
    // A client of Datadog's may send metrics of its own where the environment names an agent.
    await workspace.run([...args, '--statsd', agent.address], { env: { DD_ENV: 'test' } });
    service.onWrite = undefined;
    await workspace.run(['resume', '--retry-failed', '--statsd', agent.address]);
    const file = workspace.write('fewer.csv', csv(rows(UNCHANGED_COUNT, 'kept')));
    const again = [
      'sync',
      file,
      '--service',
      service.url,
      '--auto-approve',
      '--max-delete',
      '90%',
      '--max-update',
      '90%',
    ];
    expect((await workspace.run([...again, '--statsd', agent.address])).exitCode).toBe(0);
    await agent.until(() => agent.has('alarmsync.last_success.age_seconds'));
    const sent = [...new Set(agent.metrics.map(({ name }) => name))].toSorted();
    expect(sent).toEqual([...documentedMetrics()].toSorted());
    expect(sent).toEqual(Object.keys(INSTRUMENTS).toSorted());
  });

  it('come while the run lasts, at the interval that is asked for', async () => {
    const { workspace, service, args } = await openQuietWorld(5);
    const agent = await startDogStatsd();
    const held: (() => void)[] = [];
    service.onWrite = ({ body }, answer) => {
      held.push(() => answer(201, JSON.stringify({ name: JSON.parse(body).name, status: '201' })));
      return true;
    };
    const running = workspace.run([...args, '--statsd', agent.address, '--metrics-interval', '20ms']);
    // The service answers nothing until metrics were sent three times since the plan stands.
    const sentCount = (): number =>
      agent.metrics.filter(
        ({ name, tags }) => name === 'alarmsync.plan.operations' && tags.includes('action:create'),
      ).length;
    await agent.until(() => sentCount() >= 3);
    expect(agent.has('alarmsync.runs')).toBe(false);
    service.onWrite = undefined;
    for (const answer of held) answer();
    expect((await running).exitCode).toBe(0);
  });

  it('go over a Unix socket too', async () => {
    const { workspace, args } = await openEventfulWorld();
    const agent = startDogStatsdSocket(workspace.path('agent.sock'));
    await workspace.run([...args, '--statsd', `unix:${workspace.path('agent.sock')}`]);
    await agent.until(() => agent.has('alarmsync.runs'));
    expect(agent.breaches).toEqual([]);
    expect(agent.sum('alarmsync.operations', 'outcome:done', 'action:create')).toBe(CREATED_COUNT);
  });

  it('that nobody takes do not fail the run', async () => {
    const { workspace, service, args } = await openQuietWorld(2);
    const watched = [...args, '--statsd', '127.0.0.1:9'];
    expect((await workspace.run(watched)).exitCode).toBe(0);
    expect(service.names).toHaveLength(2);
  });

  it.each(['localhost', ':8125', 'localhost:99999', 'unix:relative'])('are not sent to %s', async (agent) => {
    const workspace = openWorkspace();
    const ended = await workspace.run([...NO_RUN, '--statsd', agent]);
    expect([ended.exitCode, ended.stderr]).toEqual([
      1,
      expect.stringContaining('--statsd: expected HOST:PORT'),
    ]);
  });

  it.each(['1a', 'a|b', 'a#b'])('do not bear the tag %s', async (tag) => {
    const workspace = openWorkspace();
    const args = [...NO_RUN, '--statsd', '127.0.0.1:9', '--tag', tag];
    const ended = await workspace.run(args);
    expect([ended.exitCode, ended.stderr]).toEqual([1, expect.stringContaining('--tag: expected')]);
  });
});
