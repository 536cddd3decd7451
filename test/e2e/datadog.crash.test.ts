// `alarmsync sync --service datadog:` killed, and answered as if nothing had been done: no monitor is lost or made twice.

import { describe, expect, it } from 'vitest';

import { csv, hosts, start } from './datadog-world.ts';

const MONITOR = '/api/v1/monitor';

describe('a sync with Datadog that goes wrong', () => {
  it('leaves no double where the service created, and answered 504', async () => {
    const world = await start();
    let failedCount = 0;
    world.service.fault = ({ method, path }) => {
      if (method !== 'POST' || path !== MONITOR || failedCount >= 5) return undefined;
      failedCount += 1;
      return { kind: 'status', status: 504, acts: true };
    };
    const finished = await world.sync(csv(...hosts(20)), '--settle-time', '0s');
    expect([finished.exitCode, failedCount]).toEqual([0, 5]);
    expect(world.names.toSorted()).toEqual([...new Set(world.names)].toSorted());
    expect(world.service.monitorCount).toBe(20);
  });

  it('goes on after a kill in the middle, and leaves no double', async () => {
    const world = await start();
    world.workspace.write('alarms.csv', csv(...hosts(200)));
    const args = ['sync', 'alarms.csv', '--auto-approve', ...world.flags];
    await world.run(args, (kill) => {
      world.service.fault = () => {
        if (world.service.monitorCount === 60) kill();
        return undefined;
      };
    });
    expect(world.service.monitorCount).toBeLessThan(200);
    world.service.fault = undefined;
    const resumed = await world.run(['resume', '--settle-time', '0s', '--config', 'config.yaml']);
    expect([resumed.exitCode, world.service.monitorCount]).toEqual([0, 200]);
    expect(new Set(world.names).size).toBe(200);
  });

  it('leaves no double where it was killed twice, while every seventh create was done and answered 504', async () => {
    const world = await start();
    world.workspace.write('alarms.csv', csv(...hosts(150)));
    const settle = ['--settle-time', '0s', '--config', 'config.yaml'];
    let createCount = 0;
    const failing = (killAtCount: number, kill: () => void): void => {
      world.service.fault = ({ method }) => {
        if (world.service.monitorCount === killAtCount) kill();
        if (method !== 'POST') return undefined;
        createCount += 1;
        return createCount % 7 === 0 ? { kind: 'status', status: 504, acts: true } : undefined;
      };
    };
    await world.run(['sync', 'alarms.csv', '--auto-approve', ...settle, ...world.flags.slice(0, 2)], (kill) =>
      failing(40, kill),
    );
    await world.run(['resume', ...settle], (kill) => failing(90, kill));
    failing(-1, () => {});
    const resumed = await world.run(['resume', ...settle]);
    expect([resumed.exitCode, world.service.monitorCount]).toEqual([0, 150]);
    expect(new Set(world.names).size).toBe(150);
    expect(createCount).toBeGreaterThan(20);
  });
});
