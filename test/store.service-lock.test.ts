import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it, onTestFinished } from 'vitest';

import { ServiceLock, type LockHolder } from '../src/store/service-lock.ts';
import { temporaryDirectory } from './plan.world.ts';

const never = new AbortController().signal;
const HOLDER: LockHolder = { runId: 'run-1', processId: 4711, hostName: 'host-7', sinceEpochMs: 0 };
const OTHER: LockHolder = { ...HOLDER, runId: 'run-2' };

async function acquire(
  directory: string,
  holder = HOLDER,
  timeoutMs = 0,
  key = 'service',
  signal = never,
): Promise<ServiceLock> {
  const lock = await ServiceLock.acquire(directory, key, holder, timeoutMs, signal);
  onTestFinished(() => lock[Symbol.dispose]());
  return lock;
}

/** Another process that holds the lock of `service`. It runs the build, since Node does not read TypeScript. */
async function startHolder(directory: string): Promise<ChildProcess> {
  const module = fileURLToPath(new URL('../dist/store/service-lock.js', import.meta.url));
  const script = `
    const { ServiceLock } = await import(${JSON.stringify(module)});
    const holder = { runId: 'run-child', processId: process.pid, hostName: 'host-8', sinceEpochMs: 0 };
    globalThis.lock = await ServiceLock.acquire(${JSON.stringify(directory)}, 'service', holder, 0, new AbortController().signal);
    console.log('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await once(child.stdout, 'data');
  return child;
}

describe('the lock of a service', () => {
  it('has one holder, and names it to whoever comes second', async () => {
    const directory = temporaryDirectory();
    await acquire(directory);
    await expect(acquire(directory, OTHER)).rejects.toMatchObject({
      code: 'ALARMSYNC_STORE_LOCKED',
      exitCode: 11,
      message: 'run run-1 (process 4711 on host-7, since 1970-01-01T00:00:00.000Z) is at work on service',
    });
  });

  it('is free again once released', async () => {
    const directory = temporaryDirectory();
    (await acquire(directory))[Symbol.dispose]();
    await acquire(directory, OTHER);
    await expect(acquire(directory)).rejects.toThrow(/run-2/u);
  });

  it('does not keep others from other services', async () => {
    const directory = temporaryDirectory();
    await acquire(directory);
    await acquire(directory, OTHER, 0, 'other service');
    for (const name of readdirSync(directory)) {
      expect(statSync(path.join(directory, name)).mode & 0o777).toBe(0o600);
    }
  });

  it('can be waited for', async () => {
    const directory = temporaryDirectory();
    const held = await acquire(directory);
    const waiting = acquire(directory, OTHER, 60_000);
    await expect(acquire(directory, OTHER, 0)).rejects.toMatchObject({ code: 'ALARMSYNC_STORE_LOCKED' });
    held[Symbol.dispose]();
    await waiting;
    await expect(acquire(directory)).rejects.toThrow(/run-2/u);
  });

  it('is waited for no longer than allowed, and not once the run stops', async () => {
    const directory = temporaryDirectory();
    await acquire(directory);
    const startedMs = performance.now();
    await expect(acquire(directory, OTHER, 250)).rejects.toMatchObject({ code: 'ALARMSYNC_STORE_LOCKED' });
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(240);
    const stop = new AbortController();
    const waiting = acquire(directory, OTHER, 60_000, 'service', stop.signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is given to exactly one of many who want it at once', async () => {
    const directory = temporaryDirectory();
    const ends = await Promise.allSettled(
      Array.from({ length: 8 }, async (_, index) => acquire(directory, { ...HOLDER, runId: `run-${index}` })),
    );
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('held by another process is named, and freed when that process is killed', async () => {
    const directory = temporaryDirectory();
    const child = await startHolder(directory);
    await expect(acquire(directory)).rejects.toThrow(
      new RegExp(`run-child \\(process ${child.pid} on host-8`, 'u'),
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    await acquire(directory);
  });
});
