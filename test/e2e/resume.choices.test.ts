// An unfinished run at the same service: what is gone on with, and what is not.

import { once } from 'node:events';

import { describe, expect, it } from 'vitest';

import { openWorkspace, type Workspace } from './command-line.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { csv, heldMeanings, meanings, paramsOf, row, rows } from './world.ts';

const QUICK = ['--settle-time', '10ms', '--retries', '1'];

function writesOf(service: StandIn): readonly string[] {
  return service.writes.map(({ method, name, body }) => `${method} ${name || String(JSON.parse(body).name)}`);
}

interface Limited {
  readonly workspace: Workspace;
  readonly service: StandIn;
  /** The sync of the run that is unfinished, approved, without a limit. */
  readonly sync: readonly string[];
}

/** A run that stopped after two of its six creates. */
async function startLimited(): Promise<Limited> {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const file = workspace.write('alarms.csv', csv(rows(6)));
  const sync = ['sync', file, '--service', service.url, '--auto-approve', ...QUICK];
  const limited = await workspace.run([...sync, '--limit', '2']);
  expect(limited.exitCode).toBe(10);
  expect(service.writes).toHaveLength(2);
  return { workspace, service, sync };
}

const RESUMED = 'Sync complete: 6 created, 0 updated, 0 deleted, 0 failed.';
const REPLANNED = 'Sync complete: 4 created, 0 updated, 0 deleted, 0 failed.';

function expectAllHeld(service: StandIn): void {
  expect(heldMeanings(service)).toEqual(meanings(rows(6)));
  expect(service.writes).toHaveLength(6);
}

describe('resume --retry-failed', () => {
  it('sends just what was refused and the deletes held for it, once that is mended', async () => {
    const workspace = openWorkspace();
    const service = await startStandIn();
    for (const name of ['unwanted', 'kept', 'kept too']) service.put(name, paramsOf(row(name)));
    service.onWrite = ({ body }, answer) => {
      if (!body.includes('"alarm-3"')) return false;
      answer(422, '{"name":"alarm-3","status":"422"}');
      return true;
    };
    const file = workspace.write('alarms.csv', csv([...rows(6), row('kept'), row('kept too')]));
    const sync = await workspace.run(['sync', file, '--service', service.url, '--auto-approve', ...QUICK]);
    expect(sync.exitCode).toBe(6);
    const writeCount = service.writes.length;

    const plain = await workspace.run(['resume', ...QUICK]);
    expect(plain.exitCode).toBe(6);
    expect(service.writes).toHaveLength(writeCount);

    service.onWrite = undefined;
    const retried = await workspace.run(['resume', '--retry-failed', ...QUICK]);

    expect(retried.exitCode).toBe(0);
    expect(retried.stdout).toContain('Sync complete: 6 created, 0 updated, 1 deleted, 0 failed.');
    expect(writesOf(service).slice(writeCount)).toEqual(['POST alarm-3', 'DELETE unwanted']);
    expect(service.names).not.toContain('unwanted');
  });

  it('refused again, ends with 6 and deletes nothing', async () => {
    const workspace = openWorkspace();
    const service = await startStandIn();
    for (const name of ['unwanted', 'kept']) service.put(name, paramsOf(row(name)));
    service.onWrite = ({ body }, answer) => {
      if (!body.includes('"alarm-0"')) return false;
      answer(422, '{"name":"alarm-0","status":"422"}');
      return true;
    };
    const file = workspace.write('alarms.csv', csv([row('alarm-0'), row('kept')]));
    await workspace.run(['sync', file, '--service', service.url, '--auto-approve', ...QUICK]);

    const retried = await workspace.run(['resume', '--retry-failed', ...QUICK]);

    expect(retried.exitCode).toBe(6);
    expect(writesOf(service)).toEqual(['POST alarm-0', 'POST alarm-0']);
  });
});

describe('a sync over an unfinished run', () => {
  it('goes on with it when file and settings are the same', async () => {
    const { workspace, service, sync } = await startLimited();

    const second = await workspace.run(sync);

    expect(second.exitCode).toBe(0);
    expect(second.stdout).toContain(RESUMED);
    expectAllHeld(service);
  });

  it.each([
    ['--protect', 'nothing*'],
    ['--policy', 'upsert-only'],
    ['--scope', 'alarm-*'],
    ['--max-delete', '0'],
    ['--ignore-fields', 'contact'],
  ])('plans anew with %s %s', async (flag, value) => {
    const { workspace, service, sync } = await startLimited();

    const second = await workspace.run([...sync, flag, value]);

    expect(second.exitCode).toBe(0);
    expect(second.stderr).not.toContain('Resuming');
    expect(second.stdout).toContain('Plan: 4 to create, 0 to update, 0 to delete, 2 unchanged.');
    expect(second.stdout).toContain(REPLANNED);
    expectAllHeld(service);
  });

  it('plans anew with another content of the same file', async () => {
    const { workspace, service, sync } = await startLimited();
    workspace.write('alarms.csv', csv(rows(6), { lineEnd: '\r\n' }));

    const second = await workspace.run(sync);

    expect(second.exitCode).toBe(0);
    expect(second.stdout).toContain(REPLANNED);
    expectAllHeld(service);
  });

  it('does not go on with it unapproved: it writes nothing and ends with 2', async () => {
    const { workspace, service, sync } = await startLimited();

    const unapproved = await workspace.run(sync.filter((flag) => flag !== '--auto-approve'));

    expect(unapproved.exitCode).toBe(2);
    expect(unapproved.stderr).toContain('alarmsync resume');
    expect(service.writes).toHaveLength(2);
    expect((await workspace.run(['resume', ...QUICK])).stdout).toContain(RESUMED);
    expectAllHeld(service);
  });

  it('--on-unfinished fail ends with 5 and leaves it to be resumed', async () => {
    const { workspace, service, sync } = await startLimited();
    const requestCount = service.requests.length;

    const failed = await workspace.run([...sync, '--on-unfinished', 'fail']);

    expect(failed.exitCode).toBe(5);
    expect(failed.stderr).toContain('[ALARMSYNC_RUN_UNFINISHED]');
    expect(service.requests).toHaveLength(requestCount);
    expect((await workspace.run(['resume', ...QUICK])).stdout).toContain(RESUMED);
  });

  it('--on-unfinished replan abandons it though all is the same, and nothing revives it', async () => {
    const { workspace, service, sync } = await startLimited();

    const second = await workspace.run([...sync, '--on-unfinished', 'replan']);

    expect(second.exitCode).toBe(0);
    expect(second.stdout).toContain(REPLANNED);
    expectAllHeld(service);
    service.drop('alarm-0');
    expect((await workspace.run(['resume', ...QUICK])).exitCode).toBe(0);
    expect(service.writes).toHaveLength(6);
  });

  it('abandons a planning that was killed, and a later resume does not revive it', async () => {
    const workspace = openWorkspace();
    const service = await startStandIn();
    let kill = (): void => {};
    service.onListing = () => {
      kill();
      return true;
    };
    const old = workspace.write('old.csv', csv(rows(2, 'old')));
    const killed = await workspace.run(['sync', old, '--service', service.url, '--auto-approve'], {
      onSpawn: (child) => {
        kill = () => child.kill('SIGKILL');
      },
    });
    expect(killed.exitCode).toBe(null);
    service.onListing = undefined;

    const file = workspace.write('alarms.csv', csv(rows(6)));
    const next = await workspace.run(['sync', file, '--service', service.url, '--auto-approve']);
    expect(next.exitCode).toBe(0);
    const requestCount = service.requests.length;

    const resumed = await workspace.run(['resume', ...QUICK]);

    expect(resumed.exitCode).toBe(0);
    expect(service.requests).toHaveLength(requestCount);
    expectAllHeld(service);
  });
});

it.each([
  ['127.0.0.1', 'localhost'],
  ['localhost', '127.0.0.1'],
])('%s and %s are one service, with one lock', async (firstHost, secondHost) => {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const file = workspace.write('alarms.csv', csv(rows(6)));
  const syncAt = (host: string): readonly string[] => [
    'sync',
    file,
    '--service',
    service.url.replace('127.0.0.1', host),
    '--auto-approve',
  ];
  const listed = new EventTarget();
  const isListed = once(listed, 'listed');
  let release = (): void => {};
  service.onListing = ({ count, answer, text }) => {
    if (count > 1) return false;
    release = () => answer(200, text);
    listed.dispatchEvent(new Event('listed'));
    return true;
  };

  const first = workspace.run(syncAt(firstHost));
  await isListed;
  const second = await workspace.run(syncAt(secondHost));
  release();

  expect(second.exitCode).toBe(11);
  expect(second.stderr).toContain('[ALARMSYNC_STORE_LOCKED]');
  expect((await first).exitCode).toBe(0);
});
