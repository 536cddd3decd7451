// Plans that change too much, and services that shrank: refused before the first write, with the flag that accepts them.

import { describe, expect, it } from 'vitest';

import { checksumOf, openWorkspace, planPathOf } from './command-line.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { csv, paramsOf, row, rows, type Row } from './world.ts';

async function startService(held: readonly Row[]): Promise<StandIn> {
  const service = await startStandIn();
  for (const item of held) service.put(item.name, paramsOf(item));
  return service;
}

function changed(list: readonly Row[], count: number): readonly Row[] {
  return list.map((item, index) => (index < count ? { ...item, threshold: '9' } : item));
}

/** Of 100 alarms, 30 may be deleted and 30 updated; of 20, ten either way. */
const HUNDRED = rows(100);
const TWENTY = rows(20);

interface Case {
  readonly what: string;
  readonly held: readonly Row[];
  readonly wanted: readonly Row[];
  readonly flags?: readonly string[];
}

const REFUSED: readonly (Case & { readonly accepting: readonly string[] })[] = [
  { what: '31 deletes of 100', held: HUNDRED, wanted: HUNDRED.slice(31), accepting: ['--max-delete', '31'] },
  { what: '11 deletes of 20', held: TWENTY, wanted: TWENTY.slice(11), accepting: ['--max-delete', '55%'] },
  { what: '3 deletes of 4', held: rows(4), wanted: rows(4).slice(3), accepting: ['--max-delete', '3'] },
  {
    what: '31 updates of 100',
    held: HUNDRED,
    wanted: changed(HUNDRED, 31),
    accepting: ['--max-update', '31%'],
  },
  { what: '11 updates of 20', held: TWENTY, wanted: changed(TWENTY, 11), accepting: ['--max-update', '11'] },
  {
    what: 'a delete where none is allowed',
    held: HUNDRED,
    wanted: HUNDRED.slice(1),
    flags: ['--max-delete', '0'],
    accepting: ['--max-delete', '1'],
  },
  {
    what: 'a create where none is allowed',
    held: TWENTY,
    wanted: rows(21),
    flags: ['--max-create', '0'],
    accepting: ['--max-create', '1'],
  },
  {
    what: '2 updates over 1 percent of 100',
    held: HUNDRED,
    wanted: changed(HUNDRED, 2),
    flags: ['--max-update', '1%'],
    accepting: ['--max-update', '2%'],
  },
];

describe.each(REFUSED)('$what', ({ held, wanted, flags, accepting }) => {
  it('is refused with 3 by plan and sync, with the flag that accepts it', async () => {
    const workspace = openWorkspace();
    const service = await startService(held);
    const file = workspace.write('alarms.csv', csv(wanted));
    const target = [file, '--service', service.url];

    const sync = await workspace.run(['sync', ...target, '--auto-approve', ...(flags ?? [])]);
    expect(sync.exitCode).toBe(3);
    expect(sync.stderr).toContain('ALARMSYNC_GUARD_REFUSED');
    expect(sync.stderr).toContain(accepting[0]);
    expect(service.writes).toEqual([]);

    const plan = await workspace.run(['plan', ...target, ...(flags ?? [])]);
    expect(plan.exitCode).toBe(3);
    expect((await workspace.run(['apply', planPathOf(plan)])).exitCode).toBe(3);
    expect((await workspace.run(['show', planPathOf(plan)])).exitCode).toBe(0);
    expect(service.writes).toEqual([]);

    const accepted = await workspace.run(['sync', ...target, '--auto-approve', ...accepting]);
    expect(accepted.exitCode).toBe(0);
    expect([...service.names].toSorted()).toEqual(wanted.map(({ name }) => name).toSorted());
  });
});

it.each<Case>([
  { what: '30 deletes of 100', held: HUNDRED, wanted: HUNDRED.slice(30) },
  { what: '10 deletes of 20', held: TWENTY, wanted: TWENTY.slice(10) },
  { what: '2 deletes of 4', held: rows(4), wanted: rows(4).slice(2) },
  { what: '30 updates of 100', held: HUNDRED, wanted: changed(HUNDRED, 30) },
  { what: '10 updates of 10', held: rows(10), wanted: changed(rows(10), 10) },
  { what: '100 creates at an empty service', held: [], wanted: HUNDRED },
])('$what pass the guard', async ({ held, wanted }) => {
  const workspace = openWorkspace();
  const service = await startService(held);
  const file = workspace.write('alarms.csv', csv(wanted));

  const sync = await workspace.run(['sync', file, '--service', service.url, '--auto-approve']);

  expect(sync.exitCode).toBe(0);
  expect(service.names).toHaveLength(wanted.length);
});

describe('--force', () => {
  it('takes the refused plan with its checksum, and no other', async () => {
    const workspace = openWorkspace();
    const service = await startService(TWENTY);
    const file = workspace.write('alarms.csv', csv(TWENTY.slice(15)));
    const plan = await workspace.run(['plan', file, '--service', service.url]);
    const apply = ['apply', planPathOf(plan), '--force'];

    expect((await workspace.run(apply)).exitCode).toBe(1);
    expect((await workspace.run([...apply, '--checksum', '0'.repeat(64)])).exitCode).toBe(4);
    expect(service.writes).toEqual([]);

    const applied = await workspace.run([...apply, '--checksum', checksumOf(plan)]);
    expect(applied.exitCode).toBe(0);
    expect(service.names).toHaveLength(5);
  });

  it('works in sync as well, whose plan over the same facts has the same checksum', async () => {
    const workspace = openWorkspace();
    const service = await startService(TWENTY);
    const file = workspace.write('alarms.csv', csv(TWENTY.slice(15)));
    const target = [file, '--service', service.url];
    const checksum = checksumOf(await workspace.run(['plan', ...target]));
    service.setState('alarm-3', 'in_alarm');

    const sync = await workspace.run([
      'sync',
      ...target,
      '--auto-approve',
      '--force',
      '--checksum',
      checksum,
    ]);

    expect(sync.exitCode).toBe(0);
    expect(service.names).toHaveLength(5);
  });

  it('is refused when the facts have changed since', async () => {
    const workspace = openWorkspace();
    const service = await startService(TWENTY);
    const file = workspace.write('alarms.csv', csv(TWENTY.slice(15)));
    const target = [file, '--service', service.url];
    const checksum = checksumOf(await workspace.run(['plan', ...target]));
    service.put('another', paramsOf(row('another')));

    const sync = await workspace.run([
      'sync',
      ...target,
      '--auto-approve',
      '--force',
      '--checksum',
      checksum,
    ]);

    expect(sync.exitCode).toBe(4);
    expect(service.writes).toEqual([]);
  });
});

it('refuses a service that lists under half of what the last run left, until told that it is right', async () => {
  const workspace = openWorkspace();
  const service = await startService(TWENTY);
  const file = workspace.write('alarms.csv', csv(TWENTY));
  const sync = ['sync', file, '--service', service.url, '--auto-approve'];
  expect((await workspace.run(sync)).exitCode).toBe(0);
  for (const { name } of TWENTY.slice(0, 11)) service.drop(name);

  const refused = await workspace.run(sync);
  expect(refused.exitCode).toBe(3);
  expect(refused.stderr).toContain('ALARMSYNC_LISTING_SHRUNK');
  expect(refused.stderr).toContain('--allow-shrunk-service');
  expect(service.writes).toEqual([]);

  const accepted = await workspace.run([...sync, '--allow-shrunk-service']);
  expect(accepted.exitCode).toBe(0);
  expect(service.names).toHaveLength(20);
});

it('does not take half for under half', async () => {
  const workspace = openWorkspace();
  const service = await startService(TWENTY);
  const file = workspace.write('alarms.csv', csv(TWENTY));
  const sync = ['sync', file, '--service', service.url, '--auto-approve'];
  await workspace.run(sync);
  for (const { name } of TWENTY.slice(0, 10)) service.drop(name);

  expect((await workspace.run(sync)).exitCode).toBe(0);
});

it('tells several refusals at once', async () => {
  const workspace = openWorkspace();
  const service = await startService(HUNDRED);
  const file = workspace.write('alarms.csv', csv(changed(HUNDRED.slice(50), 50)).trimEnd());

  const plan = await workspace.run(['plan', file, '--service', service.url, '--detailed-exitcode']);

  expect(plan.exitCode).toBe(3);
  for (const flag of ['--max-delete 50', '--max-update 50', '--allow-missing-final-newline'])
    expect(plan.stderr).toContain(flag);
});
