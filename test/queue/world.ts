// A file, a service, a Redis and some workers: processes of the built command line, each with its own directory.

import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { onTestFinished } from 'vitest';

import { openWorkspace, type Finished, type RunOptions, type Workspace } from '../e2e/command-line.ts';
import { startStandIn, type StandIn } from '../e2e/stand-in.ts';
import { csv, type Row } from '../e2e/world.ts';
import { hasRedis, startRedis, type RedisServer } from '../redis-server.ts';

/** Missing on a developer's machine, it is said to be; missing in CI, the tests fail. */
export const hasQueue: boolean = hasRedis() || process.env['CI'] !== undefined;

/** A worker that says that it waits for runs. */
export interface WorkerProcess {
  readonly child: ChildProcess;
  /** Resolves when it says a line that the pattern matches, past or to come; gives that line. */
  readonly says: (pattern: RegExp) => Promise<string>;
  readonly ended: Promise<Finished>;
}

export interface QueueWorld {
  readonly workspace: Workspace;
  readonly service: StandIn;
  readonly redis: RedisServer;
  /** Arguments of a sync of the rows through the queue. */
  readonly syncArguments: readonly string[];
  /** Starts a worker that is killed with the test. */
  readonly startWorker: (args?: readonly string[], options?: RunOptions) => Promise<WorkerProcess>;
}

/** @param wayTo the address by which a run and its workers reach the service of that address */
export async function openQueueWorld(
  rows: readonly Row[],
  redisOptions: readonly string[] = [],
  wayTo: (url: string) => Promise<string> = async (url) => url,
): Promise<QueueWorld> {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const address = await wayTo(service.url);
  const redis = await startRedis(redisOptions);
  const file = workspace.write('alarms.csv', csv(rows));
  // Requests time out soon, so that what is held is soon free.
  const syncArguments = [
    'sync',
    file,
    '--service',
    address,
    '--queue',
    redis.url,
    '--auto-approve',
    '--max-delete',
    '100%',
    '--max-update',
    '100%',
    '--settle-time',
    '100ms',
    '--request-timeout',
    '1000ms',
  ];
  return {
    workspace,
    service,
    redis,
    syncArguments,
    startWorker: async (args = [], options = {}) =>
      startWorker(['worker', '--queue', redis.url, '--service', address, ...args], options),
  };
}

/** Starts a command that serves as a worker, in a directory of its own; it is killed with the test. */
export async function startWorker(args: readonly string[], options: RunOptions = {}): Promise<WorkerProcess> {
  const workspace = openWorkspace();
  const lines: string[] = [];
  let onLine: (() => void) | undefined;
  let child: ChildProcess | undefined;
  const ended = workspace.run(args, {
    ...options,
    onSpawn: (spawned) => {
      child = spawned;
      options.onSpawn?.(spawned);
      for (const stream of [spawned.stdout, spawned.stderr]) {
        if (stream === null) continue;
        createInterface(stream).on('line', (line) => {
          lines.push(line);
          onLine?.();
        });
      }
    },
  });
  if (child === undefined) throw new Error('expected a process');
  const started = child;
  onTestFinished(async () => {
    started.kill('SIGKILL');
    await ended;
  });
  const says = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const said = lines.find((line) => pattern.test(line));
      if (said !== undefined) return said;
      await Promise.race([
        new Promise<void>((resolve) => {
          onLine = resolve;
        }),
        once(started, 'exit').then(() => {
          throw new Error(`expected ${pattern}, got:\n${lines.join('\n')}`);
        }),
      ]);
    }
  };
  await says(/waiting for runs/u);
  return { child: started, says, ended };
}

const TROUBLED = fileURLToPath(new URL('troubled-worker.js', import.meta.url));

/** What goes wrong in a worker: see troubled-worker.js. */
export type Trouble = Readonly<
  Partial<Record<'CLOCK_AHEAD_MS' | 'CLOCK_SET_MS' | 'HANG_AT_ANSWER' | 'HANG_UNTIL', string>>
>;

export function troubled(trouble: Trouble): RunOptions {
  return { env: { NODE_OPTIONS: `--import ${TROUBLED}`, ...trouble } };
}

/** Resolves when the service was asked to write so often. */
async function writesReach(service: StandIn, count: number): Promise<void> {
  const before = service.onWrite;
  await new Promise<void>((resolve) => {
    service.onWrite = (request, answer) => {
      if (service.writes.length >= count) resolve();
      return before?.(request, answer) ?? false;
    };
  });
}

/** Names that were sent as a create after one had been acknowledged. */
export function createdTwice(service: StandIn): readonly string[] {
  const acknowledged = new Set<string>();
  const twice: string[] = [];
  for (const { method, status, body } of service.requests) {
    if (method !== 'POST') continue;
    const { name } = decodeDefinition(body);
    if (acknowledged.has(name)) twice.push(name);
    if (status === 201) acknowledged.add(name);
  }
  return twice;
}

function decodeDefinition(body: string): { readonly name: string } {
  return JSON.parse(body) as { name: string };
}

/** A run that has begun to send. */
export interface RunningSync {
  readonly child: ChildProcess;
  readonly ended: Promise<Finished>;
}

/** Starts it, and resolves when the service was asked to write so often. */
export async function startSync(
  { workspace, service }: QueueWorld,
  args: readonly string[],
  writeCount: number,
): Promise<RunningSync> {
  const reached = writesReach(service, writeCount);
  let child: ChildProcess | undefined;
  const ended = workspace.run(args, {
    onSpawn: (spawned) => {
      child = spawned;
    },
  });
  const early = await Promise.race([reached, ended]);
  if (early !== undefined)
    throw new Error(`expected a run that goes on, got:\n${early.stdout}${early.stderr}`);
  if (child === undefined) throw new Error('expected a process');
  return { child, ended };
}
