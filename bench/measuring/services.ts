// What to serve -> a running service in a process of its own, and where it is.

import path from 'node:path';

import { MAIN, script } from '../places.ts';
import type { World } from '../world.ts';
import { Spawned } from './spawned.ts';

export interface Service extends AsyncDisposable {
  readonly address: string;
}

/** Lists a world, and does nothing else. */
export async function startPageServer(world: World, directory: string): Promise<Service> {
  const described = path.join(path.dirname(world.csvFile), 'world.json');
  return serve(new Spawned([script('page-server'), described], directory));
}

/** Acknowledges writes, each after `latencyMs`, and tells when they came. */
export async function startCountingServer(directory: string, latencyMs = 0): Promise<Service> {
  return serve(new Spawned([script('counting-server'), String(latencyMs)], directory));
}

/** The reference service, empty and in memory. */
export async function startReferenceService(directory: string): Promise<Service> {
  return serve(new Spawned([MAIN, 'serve', '--port', '0'], directory));
}

async function serve(spawned: Spawned): Promise<Service> {
  try {
    const address = await spawned.address();
    return { address, [Symbol.asyncDispose]: async () => spawned[Symbol.asyncDispose]() };
  } catch (thrown) {
    await spawned[Symbol.asyncDispose]();
    throw thrown;
  }
}
