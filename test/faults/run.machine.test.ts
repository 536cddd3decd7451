// A disk that is full, and threads that die: a run stops as promised, and the next command goes on.

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { DEFAULT_SERVER_SETTINGS, type RunningServer } from '../../src/server/server.ts';
import { openWorkspace, type Workspace } from '../e2e/command-line.ts';
import {
  CurrentProcess,
  expectEqualAndOnce,
  makeWorld,
  startFor,
  summaryOf,
  syncArguments,
  type FaultWorld,
} from './fault-world.ts';

const NO_FAULTS = DEFAULT_SERVER_SETTINGS.faults;
const QUICK = ['--settle-time', '100ms'];

/** A service that does something once, at its request of that number, and then goes on as ever. */
async function startWithTrap(world: FaultWorld, atRequest: number, trap: () => void): Promise<RunningServer> {
  let requestCount = 0;
  const isTrapped = (): boolean => {
    requestCount += 1;
    if (requestCount === atRequest) trap();
    return false;
  };
  return startFor(world, { faults: { ...NO_FAULTS, rules: { slow: isTrapped } } });
}

/** Requests at which nothing more can be written: the listing, the first writes, the middle, the deletes. */
const MOMENTS = [1, 40, 900, 2300];

/** A run that cannot write its ledger waits for what is in flight, and for nothing else. */
const PROMPT_MS = 8000;

/** In CI nothing is passed over: what is missing there fails. */
const isCi = process.env['CI'] !== undefined;

const hasLimits = isCi || spawnSync('prlimit', ['--version']).error === undefined;

describe.runIf(hasLimits)('a process that may write no more', () => {
  it.each(MOMENTS)('from request %i on ends with 5, and resumes to the end', async (atRequest) => {
    const workspace = openWorkspace();
    const world = makeWorld(workspace);
    const current = new CurrentProcess();
    const server = await startWithTrap(world, atRequest, () => {
      spawnSync('prlimit', ['--pid', String(current.processId), '--fsize=1']);
    });

    const stopped = await workspace.run([...syncArguments(world, server.url), ...QUICK], current.options);
    expect(stopped.exitCode, stopped.stderr).toBe(5);
    expect(stopped.stderr).toContain('[ALARMSYNC_STORE_FULL]');

    const resumed = await workspace.run(['resume', ...QUICK]);
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expectEqualAndOnce(server, world);
  });
});

/** A file system of that size in memory, until the test ends; undefined where none may be mounted. */
function mountMemory(workspace: Workspace, size: string): string | undefined {
  const directory = workspace.path('disk');
  mkdirSync(directory);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory]);
  if (status !== 0) return undefined;
  onTestFinished(() => {
    spawnSync('umount', [directory]);
  });
  return directory;
}

/** Takes all the space that is left. */
function fill(file: string): void {
  for (let blockBytes = 1_048_576; blockBytes >= 1; blockBytes = Math.floor(blockBytes / 16)) {
    for (let isFull = false; !isFull;) {
      try {
        writeFileSync(file, Buffer.alloc(blockBytes), { flag: 'a' });
      } catch {
        isFull = true;
      }
    }
  }
}

describe('a disk', () => {
  it.for(MOMENTS)(
    'full from request %i on ends the run with 5, and it resumes to the end',
    async (atRequest, { skip }) => {
      const workspace = openWorkspace();
      const disk = mountMemory(workspace, '64m');
      if (disk === undefined) {
        expect(isCi, 'a file system that can be mounted').toBe(false);
        return skip('no file system may be mounted here');
      }
      const world = makeWorld(workspace);
      const filler = path.join(disk, 'filler');
      const server = await startWithTrap(world, atRequest, () => fill(filler));
      const place = ['--state-dir', path.join(disk, 'state')];

      const stopped = await workspace.run([...syncArguments(world, server.url), ...QUICK, ...place]);
      expect(stopped.exitCode, stopped.stderr).toBe(5);
      expect(stopped.stderr).toContain('[ALARMSYNC_STORE_FULL]');

      // Still full: it says so again, and spoils nothing.
      const again = await workspace.run(['resume', ...QUICK, ...place]);
      expect(again.exitCode, again.stderr).toBe(5);

      rmSync(filler);
      const resumed = await workspace.run(['resume', ...QUICK, ...place]);
      expect(resumed.exitCode, resumed.stderr).toBe(0);
      expectEqualAndOnce(server, world);
    },
  );
});

describe.runIf(hasLimits)('a run whose ledger cannot be written any more', () => {
  it.each([40, 900, 2300])(
    '(from request %i on) ends at once, and tells how far it came',
    async (atRequest) => {
      const workspace = openWorkspace();
      const world = makeWorld(workspace);
      const current = new CurrentProcess();
      let fullAtMs = Infinity;
      const server = await startWithTrap(world, atRequest, () => {
        spawnSync('prlimit', ['--pid', String(current.processId), '--fsize=1']);
        fullAtMs = performance.now();
      });

      const stopped = await workspace.run(
        [...syncArguments(world, server.url), ...QUICK, '--json'],
        current.options,
      );

      expect(stopped.exitCode, stopped.stderr).toBe(5);
      expect(summaryOf([stopped])).toMatchObject({ type: 'sync_summary', exit_code: 5 });
      expect(performance.now() - fullAtMs).toBeLessThan(PROMPT_MS);
    },
  );
});

/** A module that ends the thread of one stage after that long; `how` is run in it. */
function deathModule(stage: string, afterMs: number, how: string): string {
  return `import { isMainThread, workerData } from 'node:worker_threads';
if (!isMainThread && workerData?.stage === '${stage}') setTimeout(() => { ${how} }, ${afterMs});
`;
}

describe('a thread that dies', () => {
  it.each([
    { stage: 'listing', how: 'process.exit(0)', title: 'ends' },
    { stage: 'listing', how: "throw new Error('planted')", title: 'throws' },
    {
      stage: 'listing',
      how: 'const all = []; for (;;) all.push(new Array(1e6).fill(all.length))',
      title: 'runs out of memory',
    },
    { stage: 'source', how: 'process.exit(0)', title: 'ends' },
    { stage: 'source', how: "Promise.reject(new Error('planted'))", title: 'rejects' },
  ])('(the $stage one $title) writes nothing, and the next sync ends equal', async ({ stage, how }) => {
    const workspace = openWorkspace();
    const world = makeWorld(workspace, 1000);
    // The listing takes a second, so that its thread dies in the middle; the source thread dies before it begins.
    const server = await startFor(world, {
      behaviour: { ...DEFAULT_SERVER_SETTINGS.behaviour, maxPageSize: 20, latencyMs: 15 },
    });
    const preload = workspace.write('death.mjs', deathModule(stage, stage === 'source' ? 0 : 300, how));
    const env = { NODE_OPTIONS: `--import ${preload} --max-old-space-size=150` };

    const died = await workspace.run(syncArguments(world, server.url), { env });
    expect(died.exitCode, died.stderr).toBe(1);
    expect(died.stderr).toContain('[ALARMSYNC_UNEXPECTED]');
    expect(server.counts.records.filter(({ method }) => method !== 'GET')).toEqual([]);

    const synced = await workspace.run([...syncArguments(world, server.url), '--concurrency', '64']);
    expect(synced.exitCode, synced.stderr).toBe(0);
    expectEqualAndOnce(server, world);
  });
});
