// 300 000 rows where there is little memory.

import { expect, it } from 'vitest';

import { docker } from './docker.ts';
import { hasEngine, openContainerWorld, SERVICE } from './world.ts';

const ROW_COUNT = 300_000;
const LIMIT_MIB = 256;

it.runIf(hasEngine)('syncs 300 000 rows in a container of 256 MB', async () => {
  const world = await openContainerWorld();
  const generated = await world.workspace.run(['generate', '--count', String(ROW_COUNT)]);
  expect(generated.exitCode).toBe(0);
  world.workspace.write('alarms.csv', generated.stdout);
  const sync = await world.start(['sync', 'alarms.csv', ...SERVICE, '--auto-approve', '-q'], LIMIT_MIB);
  // An engine that cannot limit memory says 0 here.
  expect(await docker('inspect', '--format', '{{.HostConfig.Memory}}', sync.id)).toBe('268435456');

  const { exitCode, stdout, stderr } = await sync.ended();
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`Sync complete: ${ROW_COUNT} created, 0 updated, 0 deleted, 0 failed.`);
  expect(await world.service.nameCounts()).toEqual({ total: ROW_COUNT, distinct: ROW_COUNT });
  const verified = await world.run(['verify', 'alarms.csv', ...SERVICE, '-q'], LIMIT_MIB);
  expect(verified.exitCode).toBe(0);
});
