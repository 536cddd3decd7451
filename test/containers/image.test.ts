// The image as it is: who runs in it, on which Node.js, what is in it, and whether it tells that its service is well.

import { readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, it } from 'vitest';

import { csv, rows } from '../e2e/world.ts';
import { docker, execute } from './docker.ts';
import { hasEngine, image, openContainerWorld, SERVICE } from './world.ts';

const ROOT = path.join(import.meta.dirname, '../..');

/** Debian's share depends on who made it; the rest is Node.js with 99 MB and alarmsync with 38. */
const MOST_BYTES = 250_000_000;

/** Shape: `20`, `20.19` or `20.19.3`, less exact ones standing for the newest. */
function isAtLeast(version: string, lowest: string): boolean {
  const wanted = lowest.split('.').map(Number);
  for (const [index, part] of version.split('.').entries()) {
    const least = wanted[index] ?? 0;
    if (Number(part) !== least) return Number(part) > least;
  }
  return true;
}

function lowestNode(): string {
  const { engines } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const lowest = /^>=([\d.]+)$/u.exec(engines.node)?.[1];
  if (lowest === undefined) throw new Error(`expected engines of the form >=N, got ${engines.node}`);
  return lowest;
}

/** Runs one program of the image in a container that does not stay. */
async function runInImage(program: string, ...args: readonly string[]): Promise<string> {
  return docker('run', '--rm', '--entrypoint', program, image(), ...args);
}

it('is built from a Node.js that the package supports', () => {
  const dockerfile = readFileSync(path.join(ROOT, 'docker/Dockerfile'), 'utf8');
  const versions = [...dockerfile.matchAll(/^FROM node:([\d.]+)-/gmu)].map(([, version = '']) => version);
  expect(versions).not.toEqual([]);
  for (const version of versions)
    expect([version, isAtLeast(version, lowestNode())]).toEqual([version, true]);
});

it.runIf(hasEngine)('runs on a Node.js that the package supports', async () => {
  const version = await runInImage('node', '--print', 'process.versions.node');
  expect([version, isAtLeast(version, lowestNode())]).toEqual([version, true]);
});

it.runIf(hasEngine)('runs as a user without rights, and shows its help when nothing is asked', async () => {
  expect(await runInImage('id', '-u')).toBe('1000');
  expect(await docker('run', '--rm', image())).toContain(
    'Makes an alarm service hold exactly what one file says.',
  );
});

it.runIf(hasEngine)('holds what it runs with and nothing else', async () => {
  const listed = await runInImage(
    'sh',
    '-c',
    'ls /app /app/node_modules; command -v npm gcc python3 || true',
  );
  const names = listed.split('\n');
  expect(names).toEqual(expect.arrayContaining(['dist', 'better-sqlite3', 'fastify']));
  for (const name of ['src', 'test', 'typescript', '@typescript', 'vitest', 'testcontainers', 'oxlint'])
    expect(names).not.toContain(name);
  expect(names.filter((name) => name.startsWith('/usr'))).toEqual([]);
  expect(Number(await docker('image', 'inspect', '--format', '{{.Size}}', image()))).toBeLessThan(MOST_BYTES);
});

/** Ends as Docker's own check of that container would. */
async function checkHealth(id: string): Promise<number | null> {
  const test = await docker('image', 'inspect', '--format', '{{json .Config.Healthcheck.Test}}', image());
  const [kind, ...check]: readonly string[] = JSON.parse(test);
  expect(kind).toBe('CMD-SHELL');
  return (await execute('docker', ['exec', id, 'sh', '-c', ...check])).exitCode;
}

it.runIf(hasEngine)('says that its service is well, and that one that does not answer is not', async () => {
  const { service, start, workspace } = await openContainerWorld();
  expect(await checkHealth(service.id)).toBe(0);
  await docker('kill', '--signal', 'STOP', service.id);
  expect(await checkHealth(service.id)).toBe(1);
  // A sync that waits for it has nothing to be asked.
  workspace.write('alarms.csv', csv(rows(1)));
  expect(await checkHealth((await start(['sync', 'alarms.csv', ...SERVICE])).id)).toBe(0);
});

it.runIf(hasEngine)(
  'asks its service on the port that it was given, and ends it in order on SIGTERM',
  async () => {
    const { service } = await openContainerWorld(['--port', '9090']);
    expect(await checkHealth(service.id)).toBe(0);
    await docker('stop', '--time', '30', service.id);
    expect(await docker('inspect', '--format', '{{.State.ExitCode}}', service.id)).toBe('0');
  },
);
