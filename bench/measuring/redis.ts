// A Redis of the machine's own package, in a process of its own -> where it is, and how much memory it holds.

import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';

import { Redis } from 'ioredis';

import { Spawned } from './spawned.ts';

const PROGRAM = 'redis-server';

/** What a person does about it when it is missing. */
export const REDIS_IS_MISSING = `it needs ${PROGRAM} on the path, 6.2 or later: apt-get install redis-server`;

/** The version; undefined where Redis is not installed. */
export function redisVersion(): string | undefined {
  const { stdout, status } = spawnSync(PROGRAM, ['--version'], { encoding: 'utf8' });
  return status === 0 ? /\bv=(\S+)/.exec(stdout)?.[1] : undefined;
}

export interface RedisMemory {
  /** Everything that Redis has allocated, the most ever. */
  readonly peakBytes: number;
  /** Of what it holds now, without what an empty Redis and its connections take. */
  readonly datasetBytes: number;
}

/** Keeps everything in memory and nothing on the disk. */
export class RedisProcess implements AsyncDisposable {
  readonly address: string;
  readonly #spawned: Spawned;
  readonly #client: Redis;

  private constructor(spawned: Spawned, port: number) {
    this.#spawned = spawned;
    this.address = `redis://127.0.0.1:${port}`;
    this.#client = new Redis(port, '127.0.0.1');
  }

  static async start(directory: string): Promise<RedisProcess> {
    const port = await freePort();
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const spawned = new Spawned(args, directory, PROGRAM);
    await spawned.prints(/Ready to accept connections/);
    return new RedisProcess(spawned, port);
  }

  get pid(): number {
    return this.#spawned.pid;
  }

  async memory(): Promise<RedisMemory> {
    const told = await this.#client.info('memory');
    return {
      peakBytes: numberOf(told, 'used_memory_peak'),
      datasetBytes: numberOf(told, 'used_memory_dataset'),
    };
  }

  /** Steps of a run that wait for a worker or are with one. */
  async stepCount(): Promise<number> {
    const keys = await this.#client
      .keys('*:wait')
      .then(async (wait) => [...wait, ...(await this.#client.keys('*:active'))]);
    const counts = await Promise.all(keys.map(async (key) => this.#client.llen(key)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.disconnect();
    await this.#spawned[Symbol.asyncDispose]();
  }
}

function numberOf(told: string, key: string): number {
  return Number(new RegExp(`^${key}:(\\d+)`, 'm').exec(told)?.[1]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('expected a free port');
  return address.port;
}
