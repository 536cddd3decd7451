// The metrics of a run as a text file, and what Prometheus's own tool says of it.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { INSTRUMENTS } from '../../src/telemetry/instruments.ts';
import { startStatsdServer } from '../stand-ins/statsd-server.ts';
import { CREATED_COUNT, DELETED_COUNT, openEventfulWorld, openQuietWorld } from './eventful-run.ts';

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

/** Samples by name and labels: `alarmsync_operations_total{action="create",…}`. */
function samplesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

describe('metrics in a file', () => {
  it.skipIf(!hasPromtool && process.env['CI'] === undefined)(
    'are what promtool accepts, and true',
    async () => {
      const { workspace, args } = await openEventfulWorld();
      await workspace.run([...args, '--metrics-file', 'alarmsync.prom', '--tag', 'env:prod']);
      const text = workspace.read('alarmsync.prom');
      const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
      expect([checked.status, checked.stdout + checked.stderr]).toEqual([0, '']);
      const samples = samplesOf(text);
      const operations = (action: string): number | undefined =>
        samples.get(
          `alarmsync_operations_total{action="${action}",outcome="done",failure_class="none",env="prod"}`,
        );
      expect([operations('create'), operations('delete')]).toEqual([CREATED_COUNT, DELETED_COUNT]);
      expect(samples.get('alarmsync_plan_operations{action="delete",env="prod"}')).toBe(DELETED_COUNT);
      expect(samples.get('alarmsync_runs_total{outcome="failed",env="prod"}')).toBe(1);
      for (const [name, { kind }] of Object.entries(INSTRUMENTS)) {
        const family = name.replaceAll('.', '_') + (kind === 'count' ? '_total' : '');
        const type = { count: 'counter', gauge: 'gauge', distribution: 'histogram' }[kind];
        expect(text).toContain(`# TYPE ${family} ${type}\n`);
      }
    },
  );

  it('take the place of nothing else: neither of the input nor of a plan', async () => {
    const { workspace, args } = await openQuietWorld(2);
    const content = workspace.read('alarms.csv');

    const overInput = await workspace.run([...args, '--metrics-file', 'alarms.csv']);
    const overPlan = await workspace.run([...args, '--out', 'p.db', '--metrics-file', 'p.db']);

    expect([overInput.exitCode, overInput.stdout]).toEqual([1, '']);
    expect(overInput.stderr).toContain('expected a new file or one of metrics, got alarms.csv');
    expect(workspace.read('alarms.csv')).toBe(content);
    expect([overPlan.exitCode, overPlan.stdout]).toEqual([0, expect.stringContaining('2 created')]);
    expect(overPlan.stderr).toContain('no metrics are written to p.db');
    expect((await workspace.run(['show', 'p.db'])).exitCode).toBe(0);
  });

  it('are put in place whole, and nothing else is left beside them', async () => {
    const { workspace, args } = await openQuietWorld(2);
    const watched = [...args, '--metrics-file', 'alarmsync.prom'];
    expect((await workspace.run([...watched, '--metrics-interval', '1ms'])).exitCode).toBe(0);
    expect(readdirSync(workspace.directory).toSorted()).toEqual([
      '.alarmsync',
      'alarms.csv',
      'alarmsync.prom',
    ]);
    const samples = samplesOf(workspace.read('alarmsync.prom'));
    expect(samples.get('alarmsync_last_success_age_seconds')).toBeLessThan(60);
    expect(samples.get('alarmsync_runs_total{outcome="success"}')).toBe(1);
  });

  it('that cannot be written do not fail the run, and that is said once', async () => {
    const { workspace, args } = await openQuietWorld(2);
    const watched = [...args, '--metrics-file', 'missing/alarmsync.prom'];
    const ended = await workspace.run([...watched, '--metrics-interval', '1ms']);
    expect(ended.exitCode).toBe(0);
    expect(ended.stderr.match(/no metrics are written to missing\/alarmsync.prom/gu)).toHaveLength(1);
  });
});

describe('another agent', () => {
  it("takes every datagram, and counts the same: Etsy's statsd", async () => {
    const { workspace, args } = await openEventfulWorld();
    const server = await startStatsdServer();
    await workspace.run([...args, '--statsd', server.address, '--tag', 'env:prod']);
    const runs = 'alarmsync.runs;env=prod;outcome=failed';
    const { counters, gauges } = await server.until((seen) => seen.counters.has(runs));
    expect(counters.get('statsd.bad_lines_seen')).toBe(0);
    const created = 'alarmsync.operations;env=prod;action=create;outcome=done;failure_class=none';
    expect(counters.get(created)).toBe(CREATED_COUNT);
    expect(gauges.get('alarmsync.plan.operations;env=prod;action=delete')).toBe(DELETED_COUNT);
  });
});
