// Several targets whose operations are sent by workers: each target has workers of its own, and all end as without a queue.

import { expect, it } from 'vitest';

import { startStandIn } from '../e2e/stand-in.ts';
import { configOf, sitedCsv } from '../e2e/targets-world.ts';
import { heldMeanings, meanings, paramsOf, row, rows } from '../e2e/world.ts';
import { hasQueue, openQueueWorld, startWorker } from './world.ts';

/** All that a test does is meant. */
const LIMITS = ['max-update', 'max-delete'].flatMap((limit) => [
  `--${limit}`,
  '100%',
  `--${limit}-all`,
  '100%',
]);

it.runIf(hasQueue)('sends the operations of each target through the workers of that target', async () => {
  const { workspace, redis, service: eu } = await openQueueWorld([]);
  const us = await startStandIn();
  const kept = rows(10, 'kept');
  const wanted = {
    eu: [...kept, ...rows(60, 'eu')],
    us: [...kept, ...rows(30, 'changed').map(({ name }) => row(name, { threshold: '4' })), ...rows(40, 'us')],
  };
  for (const service of [eu, us]) for (const item of kept) service.put(item.name, paramsOf(item));
  for (const item of rows(30, 'changed')) us.put(item.name, paramsOf(item));
  for (const item of rows(5, 'gone')) us.put(item.name, paramsOf(item));
  const config = workspace.write('targets.json', configOf({ eu, us }));
  workspace.write('alarms.csv', sitedCsv(wanted));
  const queue = ['--queue', redis.url, '--config', config];
  await Promise.all(
    ['eu', 'us'].map(async (target) => startWorker(['worker', '--target', target, ...queue])),
  );

  const sync = ['sync', 'alarms.csv', '--auto-approve', ...LIMITS, ...queue];
  const finished = await workspace.run(sync);
  expect(finished.exitCode, finished.stderr).toBe(0);
  expect(finished.stdout).toContain('All 2 targets: 100 created, 30 updated, 5 deleted, 0 failed.');
  expect(heldMeanings(eu)).toEqual(meanings(wanted.eu));
  expect(heldMeanings(us)).toEqual(meanings(wanted.us));
  expect([eu.writes.length, us.writes.length]).toEqual([60, 75]);
  expect([eu.breaches, us.breaches]).toEqual([[], []]);
});

it.runIf(hasQueue)(
  'goes on with one target while nobody serves the other, which is resumed by itself',
  async () => {
    const { workspace, redis, service: eu } = await openQueueWorld([]);
    const us = await startStandIn();
    const wanted = { eu: rows(50, 'eu'), us: rows(50, 'us') };
    const config = workspace.write('targets.json', configOf({ eu, us }));
    workspace.write('alarms.csv', sitedCsv(wanted));
    const queue = ['--queue', redis.url, '--config', config];
    await startWorker(['worker', '--target', 'eu', ...queue]);

    const stopped = await workspace.run(['sync', 'alarms.csv', '--auto-approve', ...queue], {
      onSpawn: (child) => {
        // Told once nothing of the one is left: the other waits for a worker.
        let said = '';
        child.stdout?.on('data', (text: Buffer) => {
          said += text.toString();
          if (said.includes('[eu] Sync complete:')) child.kill('SIGTERM');
        });
      },
    });
    expect(stopped.exitCode, stopped.stderr).toBe(143);
    expect(heldMeanings(eu)).toEqual(meanings(wanted.eu));
    expect(us.writes).toEqual([]);

    await startWorker(['worker', '--target', 'us', ...queue]);
    const resumed = await workspace.run(['resume', ...queue]);
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(heldMeanings(us)).toEqual(meanings(wanted.us));
    expect([eu.writes.length, us.writes.length]).toEqual([50, 50]);
  },
);
