// Signals, a holder of the lock that dies, and standard input that cannot be read twice.

import type { ChildProcess } from 'node:child_process';

import { expect, it } from 'vitest';

import { openCrashWorld, type CrashWorld } from './world.ts';

interface Watched {
  readonly world: CrashWorld;
  /** The next command gets the signal as that many more writes have arrived; `sent` then gives its process. */
  readonly signalAt: (
    writeCount: number,
    signal: NodeJS.Signals,
  ) => { readonly onSpawn: (child: ChildProcess) => void; readonly sent: Promise<ChildProcess> };
}

async function openWatchedWorld(hangs: () => boolean = () => false): Promise<Watched> {
  let leftCount = 0;
  let send = (): void => {};
  const world = await openCrashWorld({
    onRequest: ({ kind }) => {
      if (kind !== 'write') return false;
      leftCount -= 1;
      if (leftCount === 0) send();
      return hangs();
    },
  });
  const signalAt: Watched['signalAt'] = (writeCount, signal) => {
    let tellSent: (child: ChildProcess) => void;
    const sent = new Promise<ChildProcess>((resolve) => {
      tellSent = resolve;
    });
    const onSpawn = (child: ChildProcess): void => {
      leftCount = writeCount;
      send = () => {
        child.kill(signal);
        tellSent(child);
      };
    };
    return { onSpawn, sent };
  };
  return { world, signalAt };
}

it.each([1, 130, 290])(
  'stops cleanly with 130 on SIGINT at write %i, and resume ends equal',
  async (writeCount) => {
    const { world: opened, signalAt } = await openWatchedWorld();
    await using world = opened;

    const stopped = await world.sync(signalAt(writeCount, 'SIGINT'));

    expect(stopped).toMatchObject({ exitCode: 130, stdout: expect.stringContaining('Sync stopped: ') });
    await world.finish();
    world.expectEndedEqual();
    expect(world.lookedUpCount()).toBe(0);
  },
);

it('ends at once on a second SIGINT, whatever hangs, and resume ends equal', async () => {
  let isHanging = true;
  const { world: opened, signalAt } = await openWatchedWorld(() => isHanging);
  await using world = opened;
  const { onSpawn } = signalAt(4, 'SIGINT');
  const startedMs = performance.now();
  const stopped = await world.sync({
    onSpawn: (child) => {
      onSpawn(child);
      child.stderr?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('once more ends at once')) child.kill('SIGINT');
      });
    },
  });

  expect(stopped.exitCode).toBe(130);
  expect(performance.now() - startedMs).toBeLessThan(9000); // a clean stop waits 10 s for what hangs
  isHanging = false;
  await world.finish();
  world.expectEndedEqual(4);
});

it('holds the lock as long as its process lives, and frees it when that is killed', async () => {
  const { world: opened, signalAt } = await openWatchedWorld();
  await using world = opened;
  const { onSpawn, sent } = signalAt(150, 'SIGSTOP');
  const holding = world.sync({ onSpawn });
  const holder = await sent;

  const refused = await world.resume();
  expect(refused).toMatchObject({
    exitCode: 11,
    stderr: expect.stringContaining(`process ${holder.pid} on `),
  });

  holder.kill('SIGKILL');
  expect((await holding).signal).toBe('SIGKILL');
  await world.finish();
  world.expectEndedEqual();
});

it('keeps standard input over a kill, so that resume needs none', async () => {
  await using world = await openCrashWorld();
  const [, , ...flags] = world.syncArguments;
  await world.runKilledAt(['sync', '-', ...flags], 'DesiredStaging.seal before 1', {
    input: world.workspace.read('alarms.csv'),
  });

  expect(await world.finish()).toMatchObject({ exitCode: 0 });

  world.expectEndedEqual();
});
