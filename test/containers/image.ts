// The checkout -> one image for all tests, by the command that the README gives; or the reason why there is none.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import type { TestProject } from 'vitest/node';

import { execute } from './docker.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Why no engine answers; empty when one does. */
    readonly engineTrouble: string;
    /** Why the image could not be built; empty when it was. */
    readonly imageTrouble: string;
    /** The image's id, which no later build takes over. */
    readonly imageId: string;
  }
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Stays on the engine, so that the next build finds its layers. */
const TAG = 'alarmsync:test';

/** As the machine reaches the package registry. Docker's builds know these without the Dockerfile naming them. */
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

/**
 * By Docker's command line, not by testcontainers: that tells nothing of a build that fails, passes an older image off as its
 * result, and never settles when the engine refuses it, which ends this process without a word.
 */
export async function setup({ provide }: TestProject): Promise<void> {
  const engineTrouble = await troubleOfEngine();
  if (engineTrouble !== '') console.warn(`The tests of containers cannot run: ${engineTrouble}`);
  const imageTrouble = engineTrouble === '' ? await build() : '';
  const { stdout } = await execute('docker', ['image', 'inspect', '--format', '{{.Id}}', TAG]);
  provide('engineTrouble', engineTrouble);
  provide('imageTrouble', imageTrouble);
  provide('imageId', stdout.trim());
}

async function troubleOfEngine(): Promise<string> {
  const { exitCode, stderr } = await execute('docker', ['version', '--format', '{{.Server.Version}}']);
  if (exitCode === 0) return '';
  return `expected a Docker engine that answers, got: ${stderr.trim()} (on Debian docker/engine.sh starts one)`;
}

async function build(): Promise<string> {
  const buildArgs = PROXIES.flatMap((name) => (process.env[name] === undefined ? [] : ['--build-arg', name]));
  const file = path.join(ROOT, 'docker/Dockerfile');
  const { exitCode, stdout, stderr } = await execute('docker', [
    'build',
    '-f',
    file,
    '-t',
    TAG,
    ...buildArgs,
    ROOT,
  ]);
  if (exitCode === 0) return '';
  return `expected the image to be built, got ${exitCode}: ${`${stdout}${stderr}`.slice(-3000)}`;
}
