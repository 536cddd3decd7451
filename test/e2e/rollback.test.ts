// What `rollback` gives back, what it leaves alone, and what it refuses.

import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';

import { openWorkspace, planPathOf, type Finished, type Workspace } from './command-line.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { csv, paramsOf, row } from './world.ts';

const APPROVED = ['--auto-approve', '--settle-time', '10ms'];
const LIMITS = ['--max-delete', '100%', '--max-update', '100%', '--max-create', '100%'];

/** Members that the file does not manage, with texts that a careless rewrite loses. */
const FOREIGN =
  '"serial":12345678901234567890,"ratio":1.10,"__proto__":{"a":1},"":null,"runbook":{"steps":[1,"\\u0000"]}';

function heldText(name: string, threshold: string, foreign = FOREIGN): string {
  const params = JSON.stringify(paramsOf(row(name, { threshold })));
  return `${params.slice(0, -1)},${foreign}}`;
}

/** Every alarm with its text as the service holds it. */
function bodiesOf(service: StandIn): Readonly<Record<string, string>> {
  return Object.fromEntries(service.names.toSorted().map((name) => [name, service.paramsTextOf(name)]));
}

/** A service with kept, differs-N and unwanted-N; the file wants kept, differs-N otherwise, and new-N. */
async function startService(hasEtags: boolean): Promise<StandIn> {
  const service = await startStandIn({ hasEtags });
  service.put('kept', heldText('kept', '3'));
  for (const index of [0, 1, 2]) {
    service.put(`differs-${index}`, heldText(`differs-${index}`, '4.50'));
    service.put(`unwanted/${index}`, heldText(`unwanted/${index}`, '1e1'));
  }
  return service;
}

const WANTED = ['kept', ...[0, 1, 2].flatMap((index) => [`differs-${index}`, `new-${index}`])];

/** Syncs the service with the file, and gives the plan that was applied. */
async function syncAll(workspace: Workspace, service: StandIn): Promise<string> {
  const file = workspace.write('alarms.csv', csv(WANTED.map((name) => row(name))));
  const sync = await workspace.run(['sync', file, '--service', service.url, ...LIMITS, ...APPROVED]);
  expect(sync.stdout).toContain('Sync complete: 3 created, 3 updated, 3 deleted, 0 failed.');
  expect(sync.exitCode).toBe(0);
  return planPathOf(sync);
}

async function rollBack(workspace: Workspace, plan: string): Promise<Finished> {
  return workspace.run(['rollback', plan, ...LIMITS, ...APPROVED]);
}

describe.each([{ hasEtags: true }, { hasEtags: false }])('with etags: $hasEtags', ({ hasEtags }) => {
  it('gives back every alarm as it was, byte for byte, and can be rolled back itself', async () => {
    const workspace = openWorkspace();
    const service = await startService(hasEtags);
    const before = bodiesOf(service);
    const plan = await syncAll(workspace, service);
    const after = bodiesOf(service);
    expect(after).not.toEqual(before);

    const rollback = await rollBack(workspace, plan);

    expect(rollback.stdout).toContain('Sync complete: 3 created, 3 updated, 3 deleted, 0 failed.');
    expect(rollback.exitCode).toBe(0);
    expect(bodiesOf(service)).toEqual(before);

    const again = await rollBack(workspace, planPathOf(rollback));

    expect(again.exitCode).toBe(0);
    expect(bodiesOf(service)).toEqual(after);
    expect(service.breaches).toEqual([]);
  });

  it('leaves alone what somebody changed since the run, undoes the other alarms and ends with 4', async () => {
    const workspace = openWorkspace();
    const service = await startService(hasEtags);
    const before = bodiesOf(service);
    const plan = await syncAll(workspace, service);
    const theirs = heldText('differs-1', '99');
    service.put('differs-1', theirs);

    const rollback = await workspace.run(['rollback', plan, ...LIMITS, ...APPROVED, '--ignore-errors']);

    expect(rollback.exitCode).toBe(4);
    expect(bodiesOf(service)).toEqual({ ...before, 'differs-1': theirs });
  });

  it('leaves alone what somebody changed in a member that the file does not manage', async () => {
    const workspace = openWorkspace();
    const service = await startService(hasEtags);
    const plan = await syncAll(workspace, service);
    const theirs = heldText('differs-1', '3', FOREIGN.replace('1.10', '1.20'));
    service.put('differs-1', theirs);

    const rollback = await rollBack(workspace, plan);

    expect(rollback.exitCode).toBe(4);
    expect(service.paramsTextOf('differs-1')).toBe(theirs);
    expect(service.paramsOf('differs-0')['threshold']).toBe('4.50');
    expect(service.names).toContain('unwanted/0');
    expect(service.names, 'expected deletes to be held').toContain('new-0');
  });

  it('takes an alarm that fired since for unchanged, and does not silence it', async () => {
    const workspace = openWorkspace();
    const service = await startService(hasEtags);
    const before = bodiesOf(service);
    const plan = await syncAll(workspace, service);
    service.setState('differs-1', 'in_alarm');
    service.setState('new-1', 'in_alarm');

    const rollback = await rollBack(workspace, plan);

    expect(rollback.exitCode).toBe(0);
    expect(service.paramsOf('differs-1')['alarm_state']).toBe('in_alarm');
    service.setState('differs-1', 'active');
    expect(bodiesOf(service)).toEqual(before);
  });
});

it('writes nothing unless it is approved, and ends with 2', async () => {
  const workspace = openWorkspace();
  const service = await startService(true);
  const before = bodiesOf(service);
  const plan = await syncAll(workspace, service);
  const after = bodiesOf(service);
  const writeCount = service.writes.length;

  const rollback = await workspace.run(['rollback', plan, ...LIMITS]);

  expect(rollback.exitCode).toBe(2);
  expect(rollback.stdout).toContain('Plan: 3 to create, 3 to update, 3 to delete');
  expect(service.writes).toHaveLength(writeCount);
  expect(bodiesOf(service)).toEqual(after);

  const applied = await workspace.run(['apply', planPathOf(rollback), '--settle-time', '10ms']);
  expect(applied.exitCode).toBe(0);
  expect(bodiesOf(service)).toEqual(before);
});

it('does not delete an alarm that the run found there already as wanted', async () => {
  const workspace = openWorkspace();
  const service = await startStandIn();
  service.put('kept', paramsOf(row('kept')));
  service.onWrite = ({ method, body }) => {
    // Somebody else creates the same alarm just before: the true answer is 409.
    if (method === 'POST' && body.includes('"theirs"')) service.put('theirs', paramsOf(row('theirs')));
    return false;
  };
  const file = workspace.write('alarms.csv', csv([row('kept'), row('theirs'), row('ours')]));
  const sync = await workspace.run(['sync', file, '--service', service.url, ...APPROVED]);
  expect(sync.exitCode).toBe(0);
  expect(new Set(service.writes.map(({ status }) => status))).toEqual(new Set([201, 409]));

  const rollback = await rollBack(workspace, planPathOf(sync));

  expect(rollback.exitCode).toBe(0);
  expect(service.names.toSorted()).toEqual(['kept', 'theirs']);
});

it('finds nothing to do a second time', async () => {
  const workspace = openWorkspace();
  const service = await startService(true);
  const plan = await syncAll(workspace, service);
  expect((await rollBack(workspace, plan)).exitCode).toBe(0);
  const writeCount = service.writes.length;

  const again = await rollBack(workspace, plan);

  expect(again.exitCode).toBe(0);
  expect(again.stdout).toContain('Plan: 0 to create, 0 to update, 0 to delete');
  expect(service.writes).toHaveLength(writeCount);
});

it('refuses the plan of another service with 4 and asks that service nothing', async () => {
  const workspace = openWorkspace();
  const service = await startService(true);
  const other = await startService(true);
  const plan = await syncAll(workspace, service);
  const database = new Database(plan);
  database.prepare(`UPDATE run SET settings = json_set(settings, '$.service', ?)`).run(other.url);
  database.close();

  const rollback = await rollBack(workspace, plan);

  expect(rollback.exitCode).toBe(4);
  expect(rollback.stderr).toContain('[ALARMSYNC_PLAN_STALE]');
  expect(other.requests).toEqual([]);
});
