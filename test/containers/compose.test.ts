// docker/compose.yaml as its head says to use it, with this checkout's image.

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import type { Finished } from '../e2e/command-line.ts';
import { docker, execute } from './docker.ts';
import { ContainerService, hasEngine, image } from './world.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const VERIFY = ['--service', 'http://service:8080', '-q'];

/** Docker's own plugin, or the program that was before it. @throws when there is neither. */
async function composeCommand(): Promise<readonly string[]> {
  for (const command of [['docker', 'compose'], ['docker-compose']]) {
    const [program = '', ...args] = command;
    if ((await execute(program, [...args, 'version'])).exitCode === 0) return command;
  }
  throw new Error(
    'expected `docker compose` or `docker-compose`, got neither (apt-get install docker-compose)',
  );
}

interface Project {
  readonly compose: (...args: readonly string[]) => Promise<Finished>;
  /** Ids of the containers of one service. */
  readonly containers: (service: string) => Promise<readonly string[]>;
}

/** One of its own name, on a port that is free, taken down with the test. */
async function openProject(): Promise<Project> {
  const name = `alarmsync-test-${randomUUID()}`;
  const [program = '', ...first] = await composeCommand();
  const env = { IMAGE: image(), PORT: '' };
  const compose: Project['compose'] = async (...args) =>
    execute(program, [...first, '-p', name, '-f', path.join(ROOT, 'docker/compose.yaml'), ...args], env);
  onTestFinished(async () => {
    await compose('--profile', 'workers', 'down', '--volumes', '--remove-orphans');
  });
  return {
    compose,
    containers: async (service) => {
      const labels = [`project=${name}`, `service=${service}`].flatMap((label) => [
        '--filter',
        `label=com.docker.compose.${label}`,
      ]);
      return (await docker('ps', '--quiet', ...labels)).split('\n').filter((id) => id !== '');
    },
  };
}

function namesOf(file: string): readonly string[] {
  const text = readFileSync(path.join(ROOT, 'test/fixtures/sample', file), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.slice(0, line.indexOf(',')));
}

async function expectHeld({ compose, containers }: Project, file: string): Promise<ContainerService> {
  const [id = ''] = await containers('service');
  const service = new ContainerService(id);
  const held = (await service.alarms()).map(({ name }) => name);
  expect(held.toSorted()).toEqual(namesOf(file).toSorted());
  expect(await compose('run', '--rm', 'sync', 'verify', file, ...VERIFY)).toMatchObject({ exitCode: 0 });
  return service;
}

it.runIf(hasEngine)('brings the sample data to the reference service', async () => {
  const project = await openProject();
  const synced = await project.compose('run', '--rm', 'sync');
  expect(synced).toMatchObject({
    stdout: expect.stringContaining('Sync complete: 3000 created, 0 updated, 0 deleted, 0 failed.'),
    exitCode: 0,
  });
  await expectHeld(project, 'yesterday.csv');
});

it.runIf(hasEngine)('sends a second sync through Redis by three workers', async () => {
  const project = await openProject();
  expect(await project.compose('run', '--rm', 'sync')).toMatchObject({ exitCode: 0 });
  const synced = await project.compose('--profile', 'workers', 'run', '--rm', 'sync-by-workers');
  expect(synced).toMatchObject({
    stdout: expect.stringContaining('Sync complete: 60 created, 45 updated, 30 deleted, 0 failed.'),
    exitCode: 0,
  });
  const service = await expectHeld(project, 'today.csv');
  expect(await service.requestCounts()).toMatchObject({ 'POST 200': 3060, 'PUT 200': 45, 'DELETE 200': 30 });
  const workers = await project.containers('worker');
  expect(workers).toHaveLength(3);
  const said = await Promise.all(workers.map(async (id) => execute('docker', ['logs', id])));
  expect(said.map(({ stderr }) => stderr).join('')).toContain('Serving run ');
});
