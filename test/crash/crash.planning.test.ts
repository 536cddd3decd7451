// A sync killed while it plans, at every boundary: nothing was written, and whoever goes on ends equal.

import { beforeAll, expect, it } from 'vitest';

import { casesOf, countPassings, killPointOf } from './boundary.ts';
import { openCrashWorld } from './world.ts';

let passings: ReadonlyMap<string, number>;
beforeAll(async () => {
  passings = await countPassings();
});

it.each(
  casesOf([
    ['ServiceLock.acquire', 'once'],
    ['RunTable.insert', 'once', 'after'],
    ['PlanFile.create', 'once', 'after'],
  ]),
)('killed %s, before the run is registered: the same sync does it all', async (_, boundary) => {
  await using world = await openCrashWorld();
  await world.runKilledAt(world.syncArguments, killPointOf(passings, boundary));
  expect(world.writes).toHaveLength(0);
  expect((await world.resume()).stderr).toContain('ALARMSYNC_RUN_UNKNOWN');

  expect(await world.sync()).toMatchObject({ exitCode: 0 });
  world.expectHolds(world.wanted);
  world.expectApplied(world.writesWanted);
  expect(world.writes).toHaveLength(world.writesWanted.length);
});

// Where a line has one side alone, the other is the state that the line above or below leaves.
it.each(
  casesOf([
    ['StateDirectory.register', 'once', 'after'],
    ['DesiredStaging.append', 'once'],
    ['DesiredStaging.buildIndex', 'once', 'after'],
    ['DesiredStaging.seal', 'once', 'after'],
    ['ExistingStaging.appendPage', 'every', 'after'],
    ['ExistingStaging.buildIndex', 'once'],
    ['ExistingStaging.seal', 'once', 'after'],
    ['RunTable.noteSource', 'once', 'after'],
    // Inside the transaction of the diff, parts of which are in the file.
    ['diff.laidOver', 'every', 'after'],
    ['PlanFile.buildIndexes', 'once'],
    ['RunTable.notePlanned', 'once', 'after'],
  ]),
)('killed %s: resume goes on with the planning, applies, and ends equal', async (_, boundary) => {
  await using world = await openCrashWorld();
  await world.runKilledAt(world.syncArguments, killPointOf(passings, boundary));
  expect(world.writes).toHaveLength(0);

  const finished = await world.finish();

  expect(finished.stdout).toContain('Sync complete: 160 created, 100 updated, 45 deleted, 0 failed.');
  world.expectEndedEqual();
});
