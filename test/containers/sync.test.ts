// A sync over a network that is a network: trouble on the way, and the service ends as the file says, with nothing created twice.

import { expect, it } from 'vitest';

import { meaning, csv, meanings, row, rows, AWKWARD_NAMES, type Row } from '../e2e/world.ts';
import { docker } from './docker.ts';
import { hasEngine, openContainerWorld, SERVICE, SERVICE_NAME, type ContainerWorld } from './world.ts';

/** Requests are given up soon, so that a service that is away is soon noticed, and looked up soon. */
const PACE = ['--request-timeout', '2s', '--settle-time', '500ms'];
const SYNC = ['sync', 'alarms.csv', ...SERVICE, '--auto-approve', '-vv', ...PACE];
const LIMITS = ['--max-delete', '100%', '--max-update', '100%'];

const CREATED = /"POST \/alarms: 200 /u;
const UNANSWERED = /"POST \/alarms: no answer /u;

async function expectEndedEqual({ service }: ContainerWorld, wanted: readonly Row[]): Promise<void> {
  const held = (await service.alarms()).map(({ name, params }): [string, string] => [name, meaning(params)]);
  expect(held).toHaveLength(wanted.length);
  expect(new Map(held)).toEqual(meanings(wanted));
}

/** Resumes for as long as it is worth it. */
async function finish(world: ContainerWorld): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { exitCode, stdout, stderr } = await world.run(['resume', ...PACE]);
    if (exitCode === 0) return;
    if (exitCode !== 5 || attempt === 5)
      throw new Error(`expected a run that ends, got ${exitCode}: ${stdout}${stderr.slice(-2000)}`);
  }
}

it.runIf(hasEngine)('creates, updates and deletes, and sends nothing the second time', async () => {
  const world = await openContainerWorld();
  const before = [...rows(300, 'kept'), ...rows(200, 'changed'), ...rows(100, 'gone')];
  world.workspace.write('alarms.csv', csv(before));
  expect(await world.run(SYNC)).toMatchObject({ exitCode: 0 });
  const after = [
    ...rows(300, 'kept'),
    ...rows(200, 'changed').map(({ name }) => row(name, { threshold: '4' })),
    ...AWKWARD_NAMES.map((name) => row(name)),
  ];
  world.workspace.write('alarms.csv', csv(after));
  const changed = await world.run([...SYNC, ...LIMITS]);
  expect(changed.stdout).toContain(`${AWKWARD_NAMES.length} created, 200 updated, 100 deleted, 0 failed.`);
  expect(changed.exitCode).toBe(0);
  await expectEndedEqual(world, after);
  const counts = await world.service.requestCounts();
  expect(counts).toMatchObject({
    'POST 200': before.length + AWKWARD_NAMES.length,
    'PUT 200': 200,
    'DELETE 200': 100,
  });

  const again = await world.run([...SYNC, ...LIMITS]);
  expect(again.stdout).toContain('Sync complete: 0 created, 0 updated, 0 deleted, 0 failed.');
  expect(await world.service.requestCounts()).toEqual({ ...counts, 'GET 200': expect.any(Number) });
});

it.runIf(hasEngine)('goes on when the service is killed and started again', async () => {
  // Some of what it was told is done and not acknowledged when it dies.
  const world = await openContainerWorld(['--latency', '5ms', '--fault', 'drop-after=0.02']);
  const wanted = rows(3000);
  world.workspace.write('alarms.csv', csv(wanted));
  const sync = await world.start(SYNC);
  await sync.says(CREATED, 500);
  await docker('kill', world.service.id);
  await sync.says(UNANSWERED);
  await docker('start', world.service.id);
  expect([0, 5]).toContain((await sync.ended()).exitCode);
  await finish(world);
  await expectEndedEqual(world, wanted);
});

it.runIf(hasEngine)('goes on when the network is cut and healed', async () => {
  const world = await openContainerWorld(['--latency', '5ms']);
  const wanted = rows(3000);
  world.workspace.write('alarms.csv', csv(wanted));
  const sync = await world.start(SYNC);
  await sync.says(CREATED, 500);
  const network = world.network.getName();
  await docker('network', 'disconnect', network, world.service.id);
  await sync.says(UNANSWERED);
  await docker('network', 'connect', '--alias', SERVICE_NAME, network, world.service.id);
  expect([0, 5]).toContain((await sync.ended()).exitCode);
  await finish(world);
  await expectEndedEqual(world, wanted);
});

it.runIf(hasEngine)('ends in order on SIGTERM, and another container goes on from the volume', async () => {
  const world = await openContainerWorld(['--latency', '5ms']);
  const wanted = rows(3000);
  world.workspace.write('alarms.csv', csv(wanted));
  const sync = await world.start(SYNC);
  await sync.says(CREATED, 500);
  await docker('stop', '--time', '30', sync.id);
  const stopped = await sync.ended();
  expect(stopped.stdout).toContain('Sync stopped: ');
  expect(stopped.exitCode).toBe(143);
  await docker('rm', sync.id);
  expect((await world.service.alarms()).length).toBeLessThan(wanted.length);
  await finish(world);
  await expectEndedEqual(world, wanted);
  expect(await world.service.requestCounts()).toMatchObject({ 'POST 200': wanted.length });
});
