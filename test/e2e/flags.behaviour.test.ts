// Flags that narrow, protect, limit or loosen a run.

import { describe, expect, it } from 'vitest';

import { openWorkspace, planPathOf, type Workspace } from './command-line.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { csv, paramsOf, row, rows, type Row } from './world.ts';

async function startService(held: readonly Row[]): Promise<StandIn> {
  const service = await startStandIn();
  for (const item of held) service.put(item.name, paramsOf(item));
  return service;
}

const old = (name: string): Row => row(name, { threshold: '4' });

interface Case {
  readonly flags: readonly string[];
  /** Counts of the plan: create, update, delete, unchanged. */
  readonly plan: readonly [number, number, number, number];
  readonly left: readonly string[];
}

/** Wanted: new, a/new, same, differs, a/differs. Held: same, differs, a/differs, unwanted, a/unwanted. */
const CASES: readonly Case[] = [
  { flags: [], plan: [2, 2, 2, 1], left: ['a/differs', 'a/new', 'differs', 'new', 'same'] },
  {
    flags: ['--scope', 'a/*'],
    plan: [1, 1, 1, 0],
    left: ['a/differs', 'a/new', 'differs', 'same', 'unwanted'],
  },
  {
    flags: ['--scope', '*a*'],
    plan: [1, 1, 2, 1],
    left: ['a/differs', 'a/new', 'differs', 'same'],
  },
  {
    flags: ['--exclude', 'a/*'],
    plan: [1, 1, 1, 1],
    left: ['a/differs', 'a/unwanted', 'differs', 'new', 'same'],
  },
  {
    flags: ['--exclude', 'A/*'],
    plan: [2, 2, 2, 1],
    left: ['a/differs', 'a/new', 'differs', 'new', 'same'],
  },
  {
    flags: ['--protect', 'a/*'],
    plan: [2, 1, 1, 1],
    left: ['a/differs', 'a/new', 'a/unwanted', 'differs', 'new', 'same'],
  },
  {
    flags: ['--protect', '*'],
    plan: [2, 0, 0, 1],
    left: ['a/differs', 'a/new', 'a/unwanted', 'differs', 'new', 'same', 'unwanted'],
  },
  {
    flags: ['--policy', 'upsert-only'],
    plan: [2, 2, 0, 1],
    left: ['a/differs', 'a/new', 'a/unwanted', 'differs', 'new', 'same', 'unwanted'],
  },
  {
    flags: ['--policy', 'create-only'],
    plan: [2, 0, 0, 1],
    left: ['a/differs', 'a/new', 'a/unwanted', 'differs', 'new', 'same', 'unwanted'],
  },
  {
    flags: ['--ignore-fields', 'threshold'],
    plan: [2, 0, 2, 3],
    left: ['a/differs', 'a/new', 'differs', 'new', 'same'],
  },
];

it.each(CASES)('does what $flags says', async ({ flags, plan, left }) => {
  const workspace = openWorkspace();
  const service = await startService([
    row('same'),
    old('differs'),
    old('a/differs'),
    row('unwanted'),
    row('a/unwanted'),
  ]);
  const wanted = ['new', 'a/new', 'same', 'differs', 'a/differs'].map((name) => row(name));
  const file = workspace.write('alarms.csv', csv(wanted));

  const sync = await workspace.run(['sync', file, '--service', service.url, '--auto-approve', ...flags]);

  const [create, update, deletes, unchanged] = plan;
  expect(sync.stdout).toContain(
    `Plan: ${create} to create, ${update} to update, ${deletes} to delete, ${unchanged} unchanged.\n`,
  );
  expect(sync.stdout).toContain(
    `Sync complete: ${create} created, ${update} updated, ${deletes} deleted, 0 failed.\n`,
  );
  expect(sync.exitCode).toBe(0);
  expect([...service.names].toSorted()).toEqual(left);
  expect(service.writes).toHaveLength(create + update + deletes);
});

it('refuses a scope in which the file has no row, unless told', async () => {
  const workspace = openWorkspace();
  const service = await startService([row('a/1'), row('a/2'), row('b')]);
  const file = workspace.write('alarms.csv', csv([row('b')]));
  const sync = ['sync', file, '--service', service.url, '--auto-approve', '--scope', 'a/*'];

  expect((await workspace.run(sync)).exitCode).toBe(3);
  expect(service.writes).toEqual([]);
  const accepted = await workspace.run([...sync, '--allow-empty', '--max-delete', '2']);
  expect(accepted.exitCode).toBe(0);
  expect(service.names).toEqual(['b']);
});

it('takes scope patterns for the whole name, brackets included, and never for SQL', async () => {
  const workspace = openWorkspace();
  const service = await startService([row("x'y"), row('x[1]'), row('x1'), row('%')]);
  const file = workspace.write('alarms.csv', csv([row('x1')]));
  const plan = async (scope: string): Promise<string> =>
    (await workspace.run(['plan', file, '--service', service.url, '--scope', scope, '--allow-empty'])).stdout;

  expect(await plan("x'*")).toContain('1 to delete, 0 unchanged');
  expect(await plan('x[[]1]')).toContain('1 to delete, 0 unchanged');
  expect(await plan('x[0-9]')).toContain('0 to delete, 1 unchanged');
  expect(await plan('x')).toContain('0 to delete, 0 unchanged');
  expect(await plan('X1')).toContain('0 to delete, 0 unchanged');
});

it('leaves ignored fields and absent optional columns as they are, and removes what an empty cell says', async () => {
  const workspace = openWorkspace();
  const service = await startService([]);
  service.put('disk', {
    ...paramsOf(old('disk')),
    message_alert: 'theirs',
    warning_threshold: '2',
    query_scope: 'mine',
  });
  const [header = '', cells = ''] = csv([row('disk', { metric_name: 'new.metric' })]).split('\n');
  const file = workspace.write(
    'alarms.csv',
    `${header},warning_threshold,message_warning\n${cells},,careful\n`,
  );

  const flags = ['--ignore-fields', 'threshold,contact', '--auto-approve'];
  const sync = await workspace.run(['sync', file, '--service', service.url, ...flags]);

  expect(sync.exitCode).toBe(0);
  const { warning_threshold: warning, ...held } = service.paramsOf('disk');
  expect(warning).toBeUndefined();
  expect(held).toEqual({
    ...paramsOf(old('disk')),
    metric_name: 'new.metric',
    message_alert: 'theirs',
    message_warning: 'careful',
    query_scope: 'mine',
  });
});

describe('--limit', () => {
  it('stops with 10 after that many operations, and resume ends the run', async () => {
    const workspace = openWorkspace();
    const service = await startService(rows(6, 'old'));
    const file = workspace.write('alarms.csv', csv(rows(10)));
    const sync = ['sync', file, '--service', service.url, '--auto-approve', '--max-delete', '6'];

    const first = await workspace.run([...sync, '--limit', '4']);
    expect(first.exitCode).toBe(10);
    expect(first.stdout).toContain('Sync stopped: 4 created, 0 updated, 0 deleted, 0 failed.\n');
    expect(service.writes).toHaveLength(4);

    const second = await workspace.run(['resume', '--limit', '8']);
    expect(second.exitCode).toBe(10);
    expect(second.stdout).toContain('Sync stopped: 10 created, 0 updated, 2 deleted, 0 failed.\n');
    expect(service.writes).toHaveLength(12);

    const last = await workspace.run(['resume']);
    expect(last.exitCode).toBe(0);
    expect(last.stdout).toContain('Sync complete: 10 created, 0 updated, 6 deleted, 0 failed.\n');
    expect(service.writes).toHaveLength(16);

    const nothing = await workspace.run(['resume']);
    expect(nothing.exitCode).toBe(0);
    expect(service.writes).toHaveLength(16);
  });

  it('at the exact number of operations is no stop', async () => {
    const workspace = openWorkspace();
    const service = await startService([]);
    const file = workspace.write('alarms.csv', csv(rows(3)));

    const sync = await workspace.run([
      'sync',
      file,
      '--service',
      service.url,
      '--auto-approve',
      '--limit',
      '3',
    ]);

    expect(sync.exitCode).toBe(0);
    expect(sync.stdout).toContain('Sync complete: 3 created, 0 updated, 0 deleted, 0 failed.\n');
  });

  it('is taken up by the next sync of the same file too', async () => {
    const workspace = openWorkspace();
    const service = await startService([]);
    const file = workspace.write('alarms.csv', csv(rows(3)));
    const sync = ['sync', file, '--service', service.url, '--auto-approve'];

    expect((await workspace.run([...sync, '--limit', '1'])).exitCode).toBe(10);
    const next = await workspace.run(sync);

    expect(next.exitCode).toBe(0);
    expect(next.stdout).toContain('Sync complete: 3 created, 0 updated, 0 deleted, 0 failed.\n');
    expect(service.writes).toHaveLength(3);
  });
});

describe('a plan', () => {
  async function planned(
    workspace: Workspace,
    service: StandIn,
    flags: readonly string[] = [],
  ): Promise<string> {
    const file = workspace.write('alarms.csv', csv([row('a')]));
    return planPathOf(await workspace.run(['plan', file, '--service', service.url, ...flags]));
  }

  it('that is older than --max-plan-age is refused with 4', async () => {
    const workspace = openWorkspace();
    const service = await startService([]);
    const plan = await planned(workspace, service);

    expect((await workspace.run(['apply', plan, '--max-plan-age', '0s'])).exitCode).toBe(4);
    expect(service.writes).toEqual([]);
  });

  it('made before another run was applied there is refused with 4', async () => {
    const workspace = openWorkspace();
    const service = await startService([]);
    const plan = await planned(workspace, service);
    const other = workspace.write('other.csv', csv([row('b')]));
    expect((await workspace.run(['sync', other, '--service', service.url, '--auto-approve'])).exitCode).toBe(
      0,
    );

    expect((await workspace.run(['apply', plan])).exitCode).toBe(4);
    expect(service.names).toEqual(['b']);
  });

  it('that is damaged, foreign or missing is a clear error with 1', async () => {
    const workspace = openWorkspace();
    workspace.write('text.db', 'not a database');
    workspace.write('empty.db', '');

    for (const plan of ['text.db', 'empty.db', 'missing.db']) {
      for (const command of ['apply', 'show']) {
        const finished = await workspace.run([command, plan]);
        expect(finished.exitCode).toBe(1);
        expect(finished.stderr).toContain('[ALARMSYNC_PLAN_UNREADABLE]');
      }
    }
  });
});
