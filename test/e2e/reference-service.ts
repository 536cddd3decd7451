// `alarmsync serve`, the built command line, as a service that a test talks to.

import type { ChildProcess } from 'node:child_process';

import { onTestFinished } from 'vitest';

import { openWorkspace, type Finished } from './command-line.ts';

export interface ReferenceService {
  readonly url: string;
  /** Asks it to end, and waits until it has. */
  readonly stop: () => Promise<Finished>;
}

/** Starts one on a free port; it is killed with the test if it was not stopped. */
export async function startReferenceService(
  flags: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ReferenceService> {
  let child: ChildProcess | undefined;
  let finished: Promise<Finished> | undefined;
  const url = await new Promise<string>((resolve, reject) => {
    finished = openWorkspace().run(['serve', '--port', '0', ...flags], {
      env,
      onSpawn: (spawned) => {
        child = spawned;
        let text = '';
        spawned.stdout?.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          const told = /Alarm service at (http:\S+),/u.exec(text)?.[1];
          if (told !== undefined) resolve(told);
        });
      },
    });
    void finished.then(({ stderr }) => reject(new Error(`expected a service, got: ${stderr}`)));
  });
  onTestFinished(() => {
    child?.kill('SIGKILL');
  });
  return {
    url,
    stop: async () => {
      child?.kill('SIGTERM');
      if (finished === undefined) throw new Error('expected a service that was started');
      return finished;
    },
  };
}
