// A saved plan, a Redis and some workers -> a drain of it, in this process's way or by the workers, watched from outside.

import { cpSync, constants } from 'node:fs';
import path from 'node:path';

import type { SavedPlan } from './creates.ts';
import { forgetRecord, readWriteCount } from './measuring/record.ts';
import type { RedisProcess } from './measuring/redis.ts';
import { Spawned } from './measuring/spawned.ts';
import { MAIN } from './places.ts';

const LOOK_INTERVAL_MS = 10;

export interface DrainSettings {
  /** Counts what comes. */
  readonly address: string;
  /** Requests in flight of each process that sends. */
  readonly concurrency: number;
  readonly workerCount: number;
  /** Without it the run sends what it plans by itself. */
  readonly redis: RedisProcess | undefined;
  /** Further ones of the run. */
  readonly args?: readonly string[];
}

/** A drain under way: whatever belongs to it is killed when it is disposed of. */
export class QueuedDrain implements AsyncDisposable {
  readonly run: Spawned;
  readonly workers: readonly Spawned[];
  readonly #address: string;

  private constructor(run: Spawned, workers: readonly Spawned[], address: string) {
    this.run = run;
    this.workers = workers;
    this.#address = address;
  }

  /** Resolves when the first operation came. @param plan is left as it is: the run works on a copy in `directory` */
  static async start(plan: SavedPlan, settings: DrainSettings, directory: string): Promise<QueuedDrain> {
    const { address, redis, workerCount, concurrency } = settings;
    const pace = ['--concurrency', String(concurrency)];
    const queue = redis === undefined ? [] : ['--queue', redis.address];
    const workers = Array.from(
      { length: workerCount },
      () => new Spawned([MAIN, 'worker', ...queue, '--service', address, ...pace], directory),
    );
    for (const worker of workers) await worker.prints(/waiting for runs/);
    await forgetRecord(address);
    const { planFile, stateArgs } = copyOf(plan, directory);
    const args = [...stateArgs, ...pace, ...queue, ...(settings.args ?? [])];
    const run = new Spawned([MAIN, 'apply', planFile, ...args], directory);
    const drain = new QueuedDrain(run, workers, address);
    await drain.#untilFirstWrite();
    return drain;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.run, ...this.workers].map(async (spawned) => spawned[Symbol.asyncDispose]()));
  }

  async #untilFirstWrite(): Promise<void> {
    while ((await readWriteCount(this.#address)) === 0) {
      if (this.run.hasEnded) throw new Error(`expected operations, the run ended: ${this.run.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
    }
  }
}

/** A plan is applied only once. */
function copyOf({ planFile, stateArgs }: SavedPlan, directory: string): SavedPlan {
  const [flag = '', stateDirectory = ''] = stateArgs;
  const copied = path.join(directory, 'plan.db');
  const copiedState = path.join(directory, 'state');
  const cheap = { mode: constants.COPYFILE_FICLONE, recursive: true };
  cpSync(planFile, copied, cheap);
  cpSync(stateDirectory, copiedState, cheap);
  return { planFile: copied, stateArgs: [flag, copiedState] };
}
