// The embedded service: the adapter interface over a file, without HTTP, from one thread and from two.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { AlarmService, RequestKind } from '../src/services/alarm-service.ts';
import { createEmbeddedService } from '../src/services/embedded/embedded.ts';
import { ALARM } from './server.client.ts';

let directory: string;
let passed: RequestKind[];
const services: AlarmService[] = [];

const signal = new AbortController().signal;
const options = { signal, idempotencyKey: 'run-1' };

const gate = {
  pass: (kind: RequestKind, of: AbortSignal): Promise<void> => {
    of.throwIfAborted();
    passed.push(kind);
    return Promise.resolve();
  },
  pause: (): void => {},
};

function open(file = join(directory, 'alarms.db')): AlarmService {
  const service = createEmbeddedService({ file, durable: false }, gate);
  services.push(service);
  return service;
}

async function names(service: AlarmService, pageSize: number): Promise<string[][]> {
  const pages: string[][] = [];
  for await (const page of service.list({ pageSize }, signal)) {
    pages.push(page.alarms.map(({ definition }) => definition.name));
  }
  return pages;
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'alarmsync-embedded-'));
  passed = [];
});

afterEach(async () => {
  for (const service of services.splice(0)) await service[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

describe('an embedded service', () => {
  test('creates, reads, updates and deletes, each through the gate', async () => {
    const service = open();
    await service.create({ name: 'disk', params: ALARM }, options);
    const read = await service.read('disk', signal);
    expect(read?.definition).toEqual({ name: 'disk', params: ALARM });
    await service.update(
      { name: 'disk', params: { threshold: '4' } },
      { ...options, ifMatch: read?.etag ?? '' },
    );
    expect((await service.read('disk', signal))?.definition.params).toEqual({ threshold: '4' });
    await service.delete('disk', options);
    expect(await service.read('disk', signal)).toBeUndefined();
    expect(passed).toEqual(['write', 'read', 'write', 'read', 'write', 'read']);
  });

  test('refuses with the codes of a service', async () => {
    const service = open();
    const disk = { name: 'disk', params: ALARM };
    await service.create(disk, options);
    const old = { ...options, ifMatch: '"old"' };
    await expect(service.create(disk, options)).rejects.toMatchObject({ code: 'ALARMSYNC_SERVICE_EXISTS' });
    await expect(service.update(disk, old)).rejects.toMatchObject({ code: 'ALARMSYNC_SERVICE_CHANGED' });
    await expect(service.delete('disk', old)).rejects.toMatchObject({ code: 'ALARMSYNC_SERVICE_CHANGED' });
    const none = { name: 'none', params: {} };
    await expect(service.update(none, options)).rejects.toMatchObject({ code: 'ALARMSYNC_SERVICE_MISSING' });
    await expect(service.delete('none', options)).rejects.toMatchObject({
      code: 'ALARMSYNC_SERVICE_MISSING',
    });
    const dots = { name: '..', params: {} };
    await expect(service.create(dots, options)).rejects.toMatchObject({ code: 'ALARMSYNC_SERVICE_REFUSED' });
  });

  test('lists in pages, one pass of the gate each, and goes on from a cursor', async () => {
    const service = open();
    for (const name of ['e', 'b', 'a', 'd', 'c']) await service.create({ name, params: {} }, options);
    passed = [];
    expect(await names(service, 2)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect(passed).toEqual(['list', 'list', 'list']);

    let cursor = '';
    for await (const page of service.list({ pageSize: 2 }, signal)) {
      expect(page.total).toBe(5);
      cursor = page.nextCursor ?? '';
      break;
    }
    const rest: string[] = [];
    for await (const page of service.list({ pageSize: 10, cursor }, signal)) {
      rest.push(...page.alarms.map(({ definition }) => definition.name));
      expect(page.alarms[0]?.etag).toBe((await service.read('c', signal))?.etag);
    }
    expect(rest).toEqual(['c', 'd', 'e']);
  });

  test('ends a listing when its signal aborts', async () => {
    const service = open();
    for (const name of ['a', 'b', 'c']) await service.create({ name, params: {} }, options);
    const controller = new AbortController();
    const walk = async (): Promise<void> => {
      for await (const page of service.list({ pageSize: 1 }, controller.signal)) {
        expect(page.alarms[0]?.definition.name).toBe('a');
        controller.abort();
      }
    };
    await expect(walk()).rejects.toThrow(/aborted/);
  });

  test('is known by the real path of its file', async () => {
    const link = join(directory, 'link');
    symlinkSync(directory, link);
    expect(open(join(link, 'alarms.db')).identity).toEqual({
      address: `embedded:${join(realpathSync(directory), 'alarms.db')}`,
      account: '',
    });
  });

  test('addresses the names that a path can carry', () => {
    const service = open();
    expect(['', '.', '..', 'a/b', '...', ' '].map((name) => service.canAddress(name))).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
    ]);
  });

  test.each(['', ':memory:'])('is refused without a file: %j', (file) => {
    expect(() => open(file)).toThrow(expect.objectContaining({ code: 'ALARMSYNC_SERVICE_ADDRESS' }));
  });
});

/** Another process holds the write lock, says so, and lets go when it is told, or `holdMs` later. */
const HOLDER = `
  const Database = require('better-sqlite3');
  const database = new Database(process.argv[1]);
  database.exec('BEGIN IMMEDIATE');
  process.send('held');
  process.once('message', (holdMs) => setTimeout(() => { database.exec('COMMIT'); process.exit(); }, holdMs));
`;

test('a write waits for another process that writes, and is then done', async () => {
  const file = join(directory, 'alarms.db');
  const service = open(file);
  const holder = fork('-e', [HOLDER, file], { execArgv: [], cwd: import.meta.dirname });
  await once(holder, 'message');
  const exited = once(holder, 'exit');
  const startedAt = performance.now();
  holder.send(200);
  await service.create({ name: 'a', params: {} }, options);
  expect((await service.read('a', signal))?.definition.name).toBe('a');
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(199);
  expect((await exited)[0]).toBe(0);
});
