// `alarmsync observe` killed, refused and throttled, and beside a sync: nothing is made twice, and neither disturbs the other.

import { describe, expect, it } from 'vitest';

import { csv, row, start } from './datadog-world.ts';
import { DASHBOARD, MONITOR, DOWNTIME, observe, idsOf } from './observe-world.ts';

describe('observe that goes wrong', () => {
  it.each([DOWNTIME, MONITOR, DASHBOARD])(
    'is completed without a double after a kill when it had sent to %s',
    async (root) => {
      const world = await start();
      await world.run(['observe', 'install', ...world.flags], (kill) => {
        world.service.fault = ({ method, path }) => {
          if (method !== 'POST' || path !== root) return undefined;
          kill();
          return { kind: 'drop', acts: true };
        };
      });
      world.service.fault = undefined;
      const before = idsOf(world);
      expect(before.length).toBeGreaterThan(0);
      const completed = await observe(world, 'install');
      expect([completed.exitCode, idsOf(world).length]).toEqual([0, 4]);
      expect(idsOf(world)).toEqual(expect.arrayContaining([...before]));
    },
  );

  it('makes nothing twice where it was made and answered 504', async () => {
    const world = await start();
    const failed = new Set<string>();
    // One 504 after the other is an overload, for which everyone would rest where no time is stated.
    const headers = { 'retry-after': '0' };
    world.service.fault = ({ method, path, body }) => {
      if (method !== 'POST' || failed.has(body)) return undefined;
      failed.add(body);
      return { kind: 'status', status: 504, acts: path !== MONITOR, headers };
    };
    const ended = await observe(world, 'install');
    expect([ended.exitCode, failed.size, idsOf(world).length]).toEqual([0, 4, 4]);
    expect(ended.stdout).toContain('Observe: 4 created, 0 updated, 0 unchanged.');
    expect(world.service.requestsOf('POST')).toHaveLength(5);
  });

  it('waits as long as a 429 says, and then goes on', async () => {
    const world = await start();
    const sentMs: number[] = [];
    world.service.fault = ({ method, path }) => {
      if (method !== 'POST' || path !== DASHBOARD) return undefined;
      sentMs.push(performance.now());
      return sentMs.length === 1
        ? { kind: 'status', status: 429, acts: false, headers: { 'retry-after': '2' } }
        : undefined;
    };
    const ended = await observe(world, 'install');
    expect([ended.exitCode, sentMs.length, idsOf(world).length]).toEqual([0, 2, 4]);
    const [first = 0, second = 0] = sentMs;
    expect(second - first).toBeGreaterThan(1900);
  });

  it('ends with 5 at a wait of over 15 minutes, and tells what was done until then', async () => {
    const world = await start();
    world.service.fault = ({ path }) =>
      path === MONITOR
        ? { kind: 'status', status: 429, acts: false, headers: { 'retry-after': '3600' } }
        : undefined;
    const ended = await observe(world, 'install');
    expect([ended.exitCode, ended.stderr]).toEqual([
      5,
      expect.stringContaining('ALARMSYNC_SERVICE_THROTTLED'),
    ]);
    expect(ended.stdout).toBe('created    downtime   weeknights\ncreated    downtime   weekends\n');
  });

  it.each([401, 403])('ends with 7 at a %i, and says what the key has to be allowed', async (status) => {
    const world = await start();
    world.service.fault = ({ method, path }) =>
      method === 'POST' && path === DASHBOARD ? { kind: 'status', status, acts: false } : undefined;
    const ended = await observe(world, 'install');
    expect([ended.exitCode, ended.stderr]).toEqual([7, expect.stringContaining('dashboards_write')]);
    expect(ended.stdout).toContain('created    monitor');
    expect(world.service.requestsOf('POST', DASHBOARD)).toHaveLength(1);
  });
});

describe('observe beside a sync', () => {
  const OFF_HOURS = `downtimes:
  - name: weeknights
    timezone: UTC
    recurrences: [{ start: 2026-01-04T19:00, duration: 14h, rrule: 'FREQ=WEEKLY;BYDAY=SU,MO,TU,WE,TH,FR' }]
`;

  it('is left alone by it, alarms and downtimes, and leaves those of the file alone', async () => {
    const world = await start();
    await observe(world, 'install');
    const observed = idsOf(world);
    const contents = JSON.stringify([world.service.monitors, world.service.dashboards]);
    world.workspace.write('config.yaml', OFF_HOURS);
    const synced = await world.sync(csv(row('a')));
    expect([synced.exitCode, synced.stdout]).toEqual([
      0,
      expect.stringContaining('Plan: 1 to create, 0 to update, 0 to delete'),
    ]);
    expect(synced.stdout).toContain('Downtimes: 1 created, 0 updated, 0 deleted, 0 failed.');
    world.workspace.write('config.yaml', 'downtimes: []\n');
    const emptied = await world.sync(csv(), '--allow-empty', '--max-delete', '1');
    expect([emptied.exitCode, idsOf(world)]).toEqual([0, observed]);
    expect(JSON.stringify([world.service.monitors, world.service.dashboards])).toBe(contents);
    world.workspace.write('config.yaml', OFF_HOURS);
    await world.sync(csv(row('a')));
    const removed = await observe(world, 'remove');
    expect([removed.exitCode, idsOf(world).length, world.names]).toEqual([0, 2, ['a']]);
    const verified = await world.run(['verify', 'alarms.csv', ...world.flags]);
    expect(verified.exitCode).toBe(0);
  });
});
