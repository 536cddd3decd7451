// A sync whose operations are sent by workers ends as one that sends them itself.

import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { heldMeanings, meanings, paramsOf, row, rows } from '../e2e/world.ts';
import { openQueueWorld, hasQueue } from './world.ts';

const LISTENER = fileURLToPath(new URL('../loaded-modules.js', import.meta.url));

it.runIf(hasQueue)('creates, updates and deletes through two workers', async () => {
  const kept = rows(30, 'kept');
  const wanted = [
    ...kept,
    ...rows(40, 'changed').map(({ name }) => row(name, { threshold: '4' })),
    ...rows(60, 'new'),
  ];
  const world = await openQueueWorld(wanted);
  for (const item of [...kept, ...rows(40, 'changed'), ...rows(20, 'gone')])
    world.service.put(item.name, paramsOf(item));
  await world.startWorker();
  await world.startWorker();
  const finished = await world.workspace.run(world.syncArguments, {
    env: { NODE_OPTIONS: `--import ${LISTENER}`, LOADED_MODULES_FILE: world.workspace.path('loaded.ndjson') },
  });
  expect(finished.stdout).toContain('Sync complete: 60 created, 40 updated, 20 deleted, 0 failed.');
  expect(finished.exitCode).toBe(0);
  expect(heldMeanings(world.service)).toEqual(meanings(wanted));
  expect(world.service.breaches).toEqual([]);
  expect(world.service.writes).toHaveLength(120);
  // A run without the queue is held to load none of it.
  expect(world.workspace.read('loaded.ndjson')).toMatch(/bullmq.*ioredis|ioredis.*bullmq/u);
});

it.skipIf(hasQueue)(
  'is left out, and so are the tests beside it: Redis is missing (apt-get install redis-server)',
  () => {
    expect(hasQueue).toBe(true);
  },
);
