// A real Redis on loopback, from Debian's package redis-server, with a directory of its own that outlives its restarts.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { onTestFinished } from 'vitest';

const PROGRAM = 'redis-server';

/** True where Redis is installed. */
export function hasRedis(): boolean {
  return spawnSync(PROGRAM, ['--version']).status === 0;
}

export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #directory = mkdtempSync(path.join(tmpdir(), 'alarmsync-redis-'));
  readonly #options: readonly string[];
  #process: ChildProcess | undefined;

  constructor(port: number, options: readonly string[]) {
    this.port = port;
    this.#options = options;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Resolves when it takes commands. */
  async start(): Promise<void> {
    const server = spawn(
      PROGRAM,
      ['--port', String(this.port), '--dir', this.#directory, '--save', '', ...this.#options],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    this.#process = server;
    for await (const line of createInterface(server.stdout)) {
      if (line.includes('Ready to accept connections')) {
        server.stdout.resume();
        return;
      }
    }
    throw new Error('expected Redis to take commands');
  }

  /** As the kernel does when memory runs out. */
  async kill(): Promise<void> {
    const server = this.#process;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Starts one that stops with the test. @param options of redis-server, such as `--appendonly yes` */
export async function startRedis(options: readonly string[] = []): Promise<RedisServer> {
  const redis = new RedisServer(await freePort(), options);
  onTestFinished(async () => redis[Symbol.asyncDispose]());
  await redis.start();
  return redis;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
