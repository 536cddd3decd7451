// Small worlds under random faults: every sync, resumed where it asks for that, ends equal and does nothing twice.

import fc from 'fast-check';
import { it } from 'vitest';

import { faultNames, type FaultName } from '../../src/server/faults.ts';
import { DEFAULT_SERVER_SETTINGS } from '../../src/server/server.ts';
import { openWorkspace } from '../e2e/command-line.ts';
import {
  expectComplete,
  expectEqualAndOnce,
  makeWorld,
  startFor,
  Strikes,
  syncToEnd,
} from '../faults/fault-world.ts';

const setting = fc.record({
  faults: fc.uniqueArray(fc.constantFrom(...faultNames()), { minLength: 1, maxLength: 4 }),
  share: fc.double({ min: 0.02, max: 0.25, noNaN: true }),
  seed: fc.nat(),
  paging: fc.constantFrom('cursor' as const, 'overlap' as const, 'none' as const),
  hasEtags: fc.boolean(),
  namesAreUnique: fc.boolean(),
  concurrency: fc.integer({ min: 1, max: 20 }),
});

/** These stop everyone for a second or more at each strike. */
const RARE: ReadonlySet<FaultName> = new Set(['down', 'throttle', 'hang']);

it('any world of twenty alarms under any faults ends equal', async () => {
  await fc.assert(
    fc.asyncProperty(
      setting,
      async ({ faults, share, seed, paging, hasEtags, namesAreUnique, concurrency }) => {
        const workspace = openWorkspace();
        const world = makeWorld(workspace, 20);
        const rules = Object.fromEntries(
          faults.map((fault) => [fault, RARE.has(fault) ? share / 10 : share] as const),
        );
        const { behaviour, store } = DEFAULT_SERVER_SETTINGS;
        const server = await startFor(world, {
          store: { ...store, namesAreUnique },
          behaviour: { ...behaviour, paging, hasEtags, maxPageSize: 7 },
          faults: {
            rules: new Strikes(rules, seed).rules,
            seed: 1,
            slowMs: 20,
            downMs: 100,
            retryAfterMs: 1,
          },
        });
        const pace = [
          '--settle-time',
          '150ms',
          '--request-timeout',
          '1s',
          '--concurrency',
          String(concurrency),
        ];

        const runs = await syncToEnd(workspace, world, server.url, pace);

        expectComplete(runs, world);
        expectEqualAndOnce(server, world);
      },
    ),
    { numRuns: 15, endOnFailure: true },
  );
}, 120_000);
