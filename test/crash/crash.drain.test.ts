// A sync killed while it drains, at every boundary: resume sends what is left, and nothing a second time.

import { beforeAll, expect, it } from 'vitest';

import { casesOf, countPassings, killPointOf } from './boundary.ts';
import { MAX_UNKNOWN_COUNT, openCrashWorld } from './world.ts';

let passings: ReadonlyMap<string, number>;
beforeAll(async () => {
  passings = await countPassings();
});

// Where a line has one side alone, the other is the state that the line above or below leaves.
it.each(
  casesOf([
    ['StateDirectory.noteStarted', 'once', 'after'],
    ['PlanFile.startDraining', 'once', 'after'],
    ['RunTable.noteDraining', 'once', 'after'],
    ['OperationTable.releaseForResume', 'once', 'after'],
    // Before: nothing durable. After: the intent is, and nothing has left.
    ['OperationTable.claim', 'every'],
    // Before: committed, and not sent. After: answered, and not settled.
    ['HttpTransport.request', 'every'],
    // After: settled in a transaction that is open still.
    ['OperationTable.settle', 'every', 'after'],
    ['Ledger.record', 'every'],
    ['RunTable.noteEnded', 'once', 'after'],
    ['StateDirectory.noteCompleted', 'once', 'after'],
    ['PlanFile.close', 'once', 'after'],
  ]),
)('killed %s: resume ends equal, with nothing sent twice', async (_, boundary) => {
  await using world = await openCrashWorld();
  await world.runKilledAt(world.syncArguments, killPointOf(passings, boundary));

  await world.finish();

  world.expectEndedEqual();
  expect(world.lookedUpCount()).toBeLessThanOrEqual(MAX_UNKNOWN_COUNT);
});
