// Three thousand alarms, and a run killed a dozen times at requests that a seed chose.

import type { ChildProcess } from 'node:child_process';

import { expect, it } from 'vitest';

import type { BehaviourSettings } from '../../src/server/answer.ts';
import { openCrashWorld } from './world.ts';

const KILL_COUNT = 12;

/** An undisturbed run makes over 2100 requests; a dozen of the largest gaps stay below. */
const GAP_COUNT = { min: 20, max: 160 };

/** Numbers from 0 to 1, the same for the same seed. Source: mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

it.each<{ readonly seed: number; readonly kind: string; readonly behaviour: Partial<BehaviourSettings> }>([
  { seed: 1, kind: 'a service with etags', behaviour: {} },
  { seed: 2, kind: 'one without etags and totals', behaviour: { hasEtags: false, hasTotals: false } },
  { seed: 3, kind: 'one whose pages overlap', behaviour: { paging: 'overlap' } },
])(
  'killed a dozen times (seed $seed, $kind): ends equal, with nothing sent twice',
  async ({ seed, behaviour }) => {
    const random = randomOf(seed);
    let child: ChildProcess | undefined;
    let leftCount = 0;
    const onRequest = (): boolean => {
      leftCount -= 1;
      if (leftCount === 0) child?.kill('SIGKILL');
      return false;
    };
    const shape = { unchanged: 1500, update: 600, create: 700, delete: 200 };
    await using world = await openCrashWorld({ shape, behaviour, onRequest });

    for (let killCount = 0; killCount < KILL_COUNT; killCount += 1) {
      leftCount = GAP_COUNT.min + Math.floor(random() * (GAP_COUNT.max - GAP_COUNT.min));
      const args = killCount === 0 ? world.syncArguments : world.resumeArguments;
      const ended = await world.run(args, { onSpawn: (spawned) => (child = spawned) });
      expect(ended.signal, `got ${ended.exitCode}: ${ended.stdout}${ended.stderr}`).toBe('SIGKILL');
    }
    await world.finish();

    world.expectEndedEqual();
  },
);
