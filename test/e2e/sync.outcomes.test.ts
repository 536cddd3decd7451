// Runs that do not end well: what they end with, and how they go on.

import { once } from 'node:events';

import { describe, expect, it } from 'vitest';

import { openWorkspace } from './command-line.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { csv, heldMeanings, meanings, paramsOf, row, rows } from './world.ts';

const QUICK = ['--settle-time', '10ms', '--retries', '1'];

function createdNames(service: StandIn): readonly string[] {
  const creates = service.writes.filter(({ method }) => method === 'POST');
  return creates.map(({ body }) => String(JSON.parse(body).name));
}

describe('a refused operation', () => {
  it.each([400, 403, 405, 410, 413, 422])(
    '(%i) is parked, holds the deletes back, and ends with 6',
    async (status) => {
      const workspace = openWorkspace();
      const service = await startStandIn();
      service.put('unwanted', paramsOf(row('unwanted')));
      service.put('kept', paramsOf(row('kept')));
      const file = workspace.write('alarms.csv', csv([...rows(10), row('kept')]));
      service.onWrite = ({ body }, answer) => {
        if (!body.includes('"alarm-3"')) return false;
        answer(status, JSON.stringify({ name: 'alarm-3', status: String(status) }));
        return true;
      };
      const sync = ['sync', file, '--service', service.url, '--auto-approve', ...QUICK];

      const first = await workspace.run(sync);
      expect(first.exitCode).toBe(6);
      expect(first.stdout).toContain('Sync complete: 9 created, 0 updated, 0 deleted, 1 failed.');
      expect(service.names).toContain('unwanted');

      const forced = await workspace.run([...sync, '--ignore-errors']);
      expect(forced.exitCode).toBe(6);
      expect(forced.stdout).toContain('Sync complete: 0 created, 0 updated, 1 deleted, 1 failed.');
    },
  );
});

it('ends with 7 when every write is refused with 403, and resume goes on with all of it', async () => {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const file = workspace.write('alarms.csv', csv(rows(40)));
  service.onWrite = (_request, answer) => {
    answer(403, '{}');
    return true;
  };

  const refused = await workspace.run(['sync', file, '--service', service.url, '--auto-approve', ...QUICK]);
  expect(refused.exitCode).toBe(7);
  expect(refused.stdout).toContain('Sync stopped: 0 created, 0 updated, 0 deleted, 0 failed.');

  service.onWrite = undefined;
  const resumed = await workspace.run(['resume', ...QUICK]);
  expect(resumed.exitCode).toBe(0);
  expect(service.names).toHaveLength(40);
});

it('ends with 5 when the service fails for now, and resume ends the run', async () => {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const file = workspace.write('alarms.csv', csv(rows(5)));
  service.onWrite = (_request, answer) => {
    answer(503, '');
    return true;
  };

  const stopped = await workspace.run(['sync', file, '--service', service.url, '--auto-approve', ...QUICK]);
  expect(stopped.exitCode).toBe(5);
  expect(stopped.stdout).toContain('Sync stopped: 0 created');

  service.onWrite = undefined;
  const resumed = await workspace.run(['resume', ...QUICK]);
  expect(resumed.exitCode).toBe(0);
  expect(heldMeanings(service)).toEqual(meanings(rows(5)));
});

it('believes no acknowledgement that is not one, and sends nothing twice that was done', async () => {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const answers: Readonly<Record<string, string>> = {
    'alarm-0': '{"name":"other","status":"200"}',
    'alarm-1': '{"name":"alarm-1","status":"500"}',
    'alarm-2': 'OK',
    'alarm-3': '{"name":"alarm-3"}',
    'alarm-4': '{"name":"alarm-4","status":200}',
    'alarm-5': '',
  };
  service.onWrite = ({ body }, answer) => {
    const { name, params } = JSON.parse(body);
    const text = answers[name];
    if (text === undefined || service.names.includes(name)) return false;
    service.put(name, params);
    answer(200, text);
    return true;
  };
  const file = workspace.write('alarms.csv', csv(rows(8)));

  const sync = await workspace.run(['sync', file, '--service', service.url, '--auto-approve', ...QUICK]);

  expect(sync.exitCode).toBe(0);
  expect(sync.stdout).toContain('Sync complete: 8 created, 0 updated, 0 deleted, 0 failed.');
  expect([...createdNames(service)].toSorted()).toEqual(rows(8).map(({ name }) => name));
});

it('stops at SIGINT with 130, and resume sends only what was not sent', async () => {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const file = workspace.write('alarms.csv', csv(rows(400)));
  let interrupt = (): void => {};
  service.onWrite = () => {
    if (service.writes.length === 20) interrupt();
    return false;
  };

  const stopped = await workspace.run(['sync', file, '--service', service.url, '--auto-approve'], {
    onSpawn: (child) => {
      interrupt = () => child.kill('SIGINT');
    },
  });
  expect(stopped.exitCode).toBe(130);
  expect(stopped.stdout).toContain('Sync stopped: ');
  const names = service.names.length;
  expect(names).toBeLessThan(400);

  const resumed = await workspace.run(['resume']);
  expect(resumed.exitCode).toBe(0);
  expect(resumed.stdout).toContain('Sync complete: 400 created, 0 updated, 0 deleted, 0 failed.');
  expect(new Set(createdNames(service)).size).toBe(400);
  expect(service.writes).toHaveLength(400);
});

it('resumes to the same end after SIGKILL', async () => {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const file = workspace.write('alarms.csv', csv(rows(400)));
  let kill = (): void => {};
  service.onWrite = () => {
    if (service.writes.length === 150) kill();
    return false;
  };

  const killed = await workspace.run(['sync', file, '--service', service.url, '--auto-approve'], {
    onSpawn: (child) => {
      kill = () => child.kill('SIGKILL');
    },
  });
  expect(killed.exitCode).toBe(null);

  const resumed = await workspace.run(['resume', ...QUICK]);
  expect(resumed.exitCode).toBe(0);
  expect(resumed.stdout).toContain('Sync complete: 400 created, 0 updated, 0 deleted, 0 failed.');
  expect(createdNames(service)).toHaveLength(new Set(createdNames(service)).size);
  expect(heldMeanings(service)).toEqual(meanings(rows(400)));
});

it('lets one run at a time at a service, and names the holder with 11', async () => {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const file = workspace.write('alarms.csv', csv(rows(3)));
  const listed = new EventTarget();
  const isListed = once(listed, 'listed');
  let release = (): void => {};
  service.onListing = ({ count, answer, text }) => {
    if (count > 1) return false;
    release = () => answer(200, text);
    listed.dispatchEvent(new Event('listed'));
    return true;
  };
  const sync = ['sync', file, '--service', service.url, '--auto-approve'];

  const first = workspace.run(sync);
  await isListed;
  const second = await workspace.run([...sync, '--scope', 'other/*', '--allow-empty']);
  release();

  expect(second.exitCode).toBe(11);
  expect(second.stderr).toMatch(/\[ALARMSYNC_STORE_LOCKED\]/u);
  expect((await first).exitCode).toBe(0);
});
