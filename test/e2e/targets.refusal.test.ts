// Several targets that may not be synced as they stand: each refusal names what is wrong, and nothing is sent to anybody.

import { describe, expect, it } from 'vitest';

import { openWorkspace, type Finished, type Workspace } from './command-line.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { configOf, sitedCsv } from './targets-world.ts';
import { csv, paramsOf, row, rows, type Row } from './world.ts';

interface World {
  readonly workspace: Workspace;
  readonly services: Readonly<Record<'eu' | 'us' | 'ap', StandIn>>;
  readonly sync: (flags?: readonly string[]) => Promise<Finished>;
  readonly writeCount: () => number;
}

/** Three services that hold 20 alarms each, as the file says. */
async function openWorld(): Promise<World> {
  const workspace = openWorkspace();
  const services = { eu: await startStandIn(), us: await startStandIn(), ap: await startStandIn() };
  for (const service of Object.values(services))
    for (const item of rows(20)) service.put(item.name, paramsOf(item));
  workspace.write('targets.json', configOf(services));
  workspace.write('alarms.csv', sitedCsv({ eu: rows(20), us: rows(20), ap: rows(20) }));
  const args = [
    'sync',
    'alarms.csv',
    '--config',
    'targets.json',
    '--auto-approve',
    '--settle-time',
    '10ms',
    '--retries',
    '0',
  ];
  return {
    workspace,
    services,
    sync: async (flags = []) => workspace.run([...args, ...flags]),
    writeCount: () => Object.values(services).reduce((sum, { writes }) => sum + writes.length, 0),
  };
}

function less(count: number): readonly Row[] {
  return rows(20).slice(count);
}

describe('a configuration of targets', () => {
  const A = { name: 'a', service: 'http://127.0.0.1:9/', scope: 'a/*' };
  const B = { name: 'b', service: 'http://127.0.0.1:9/b', scope: 'b/*' };

  it.each([
    [{ targets: [] }, [], 'targets: expected a target'],
    [{ targets: [A, { ...B, name: 'a' }] }, [], 'expected a name of its own for each target, got a twice'],
    [{ targets: [{ ...A, name: 'A.1' }] }, [], 'targets.0.name: expected 1 to 64 lower-case letters'],
    [{ targets: [{ name: 'a', scope: '*' }] }, [], 'targets.0.service: '],
    [{ targets: [{ ...A, quick: true }] }, [], 'targets.0.quick: expected a setting that a target may have'],
    [
      { targets: [A, { ...B, service: 'http://localhost:9' }] },
      [],
      'for a and b: each would delete the alarms of the other',
    ],
    [
      {
        targets: [
          { ...A, account: 'one' },
          { ...B, service: A.service, account: 'two' },
        ],
      },
      [],
      'for a and b: each would delete the alarms of the other',
    ],
    [
      {
        targets: [
          { ...A, account: 'one', secrets: { token: 'env:PATH' } },
          { ...B, service: A.service },
        ],
      },
      [],
      'for a and b: each would delete the alarms of the other',
    ],
    [
      { targets: [A, { ...B, service: 'http://localhost:9' }] },
      ['--target', 'b'],
      'for b and a: each would delete the alarms of the other',
    ],
    [{ targets: [A, { name: 'b', service: B.service }] }, [], 'got neither for b'],
    [{ targets: [A], 'target-column': 'site' }, [], 'got both for a'],
    [{ targets: [A, B] }, ['--service', 'http://127.0.0.1:9'], 'expected no --service beside the targets'],
    [{ targets: [A, B] }, ['--target', 'a,c*'], '--target: expected the name of a target, got "c*"'],
    [{ tag: 'x' }, ['--target', 'a'], 'expected a section targets'],
  ])('is refused: %# %j', async (config, flags, told) => {
    const workspace = openWorkspace();
    workspace.write('targets.json', JSON.stringify(config));
    workspace.write('alarms.csv', csv([row('a/1'), row('b/1')]));
    const refused = await workspace.run(['sync', 'alarms.csv', '--config', 'targets.json', ...flags]);
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining(told)]);
  });

  it('takes two accounts of one service that have secrets of their own', async () => {
    const workspace = openWorkspace();
    const service = await startStandIn();
    const account = (name: string): object => ({ account: name, secrets: { token: `env:TOKEN_${name}` } });
    workspace.write(
      'targets.json',
      configOf({ one: service, two: service }, { one: account('ONE'), two: account('TWO') }),
    );
    workspace.write('alarms.csv', sitedCsv({ one: rows(2), two: rows(2) }));
    const planned = await workspace.run(['plan', 'alarms.csv', '--config', 'targets.json'], {
      env: { TOKEN_ONE: '1', TOKEN_TWO: '2' },
    });
    expect(planned.exitCode, planned.stderr).toBe(0);
    expect(new Set(service.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer 1', 'Bearer 2']),
    );
  });
});

describe('a row of no target', () => {
  it('is refused by line and name before anything is listed, or passed over when that is asked for', async () => {
    const { workspace, services, sync, writeCount } = await openWorld();
    workspace.write(
      'alarms.csv',
      sitedCsv({ eu: rows(20), us: rows(20), ap: rows(20), '': [row('nobody')] }),
    );
    const refused = await sync();
    expect([refused.exitCode, writeCount(), services.eu.requests.length]).toEqual([3, 0, 0]);
    expect(refused.stderr).toContain(
      ':62, "nobody": expected a target that takes the row, got none [ALARMSYNC_SOURCE_TARGETS]',
    );
    expect((await workspace.run(['status'])).stdout).toMatch(/\[eu\] Run \S+: abandoned, exit code 3/u);
    expect((await sync(['--on-unclaimed', 'skip'])).exitCode).toBe(0);
  });

  it('is refused when it names a target that there is not', async () => {
    const { workspace, sync, writeCount } = await openWorld();
    workspace.write(
      'alarms.csv',
      sitedCsv({ eu: rows(20), us: rows(20), ap: rows(19), app: [row('alarm-19')] }),
    );
    const refused = await sync(['--on-unclaimed', 'skip']);
    expect([refused.exitCode, writeCount(), refused.stderr]).toEqual([
      3,
      0,
      expect.stringContaining('got "app"; there are eu, us, ap'),
    ]);
  });

  it('is every target’s when it cannot be told whose it is: nothing is deleted anywhere', async () => {
    const { workspace, sync, services } = await openWorld();
    const text = sitedCsv({ eu: less(1), us: less(1), ap: [...less(1), row('new')] });
    workspace.write('alarms.csv', `${text}cut,off\n`);
    const skipped = await sync(['--on-invalid', 'skip']);
    expect(skipped.stdout).toContain('All 3 targets: 1 created, 0 updated, 0 deleted, 0 failed.');
    expect(skipped.exitCode).toBe(6);
    expect(services.eu.names).toHaveLength(20);
  });
});

describe('the guard over all targets', () => {
  it('refuses a target whose rows are all gone, and sends nothing to the others', async () => {
    const { workspace, sync, writeCount } = await openWorld();
    workspace.write('alarms.csv', sitedCsv({ eu: [...rows(20), row('new')], us: rows(20) }));
    const refused = await sync();
    expect([refused.exitCode, writeCount()]).toEqual([3, 0]);
    expect(refused.stderr).toContain(
      '[ap] Error: expected at least one alarm in the file and its scope, got none',
    );
  });

  it('adds up what each alone may do', async () => {
    const { workspace, services, sync, writeCount } = await openWorld();
    workspace.write('alarms.csv', sitedCsv({ eu: less(8), us: less(8), ap: less(8) }));
    const refused = await sync();
    expect([refused.exitCode, writeCount()]).toEqual([3, 0]);
    expect(refused.stderr).toContain(
      'the plans of all targets delete 24 alarms together, where the services hold 60 in scope and the limit over all is 18',
    );
    // None of them is applied by itself unseen.
    const planFile = /^\[us\] Plan file: (.+)$/mu.exec(refused.stderr)?.[1] ?? '';
    const one = await workspace.run(['apply', planFile, '--config', 'targets.json']);
    expect([one.exitCode, writeCount()]).toEqual([3, 0]);
    // What was refused is taken by its checksum alone, which is that of these plans.
    const forced =
      /alarmsync (apply \S+ --force --checksum [0-9a-f]{64})/u.exec(refused.stderr)?.[1]?.split(' ') ?? [];
    const wrong = await workspace.run([...forced.slice(0, -1), '0'.repeat(64), '--config', 'targets.json']);
    expect([wrong.exitCode, writeCount()]).toEqual([4, 0]);
    const applied = await workspace.run([...forced, '--config', 'targets.json']);
    expect(applied.exitCode, applied.stderr).toBe(0);
    expect(services.us.names).toHaveLength(12);
  });

  it('has limits of its own, beside those of each target', async () => {
    const { workspace, services, sync, writeCount } = await openWorld();
    workspace.write('alarms.csv', sitedCsv({ eu: less(8), us: less(8), ap: less(8) }));
    workspace.write('targets.json', configOf(services, { ap: { 'max-delete': 2 } }));
    const refused = await sync(['--max-delete-all', '24']);
    expect([refused.exitCode, writeCount()]).toEqual([3, 0]);
    expect(refused.stderr).toContain('[ap] Error: the plan deletes 8 alarms');
    // The command line goes before what a target says.
    expect((await sync(['--max-delete-all', '24', '--max-delete', '8'])).exitCode).toBe(0);
    expect(services.ap.names).toHaveLength(12);
  });
});

describe('a target that cannot be planned', () => {
  it('keeps all from being sent anything, unless the others may go on', async () => {
    const { workspace, services, sync, writeCount } = await openWorld();
    workspace.write('alarms.csv', sitedCsv({ eu: less(1), us: less(1), ap: less(1) }));
    services.us.onListing = ({ answer }) => {
      answer(401, '{}');
      return true;
    };
    const refused = await sync();
    expect([refused.exitCode, writeCount()]).toEqual([7, 0]);
    expect(refused.stderr).toMatch(/^\[us\] Error: .*\[ALARMSYNC_SERVICE_CREDENTIALS\]$/mu);
    expect(refused.stderr).toContain('nothing was sent to any target');

    const others = await sync(['--on-target-failure', 'continue']);
    expect([others.exitCode, services.us.writes.length]).toEqual([7, 0]);
    expect([services.eu.names.length, services.ap.names.length]).toEqual([19, 19]);
  });

  it('does so as well when it cannot even be watched', async () => {
    const { workspace, services, sync, writeCount } = await openWorld();
    workspace.write('alarms.csv', sitedCsv({ eu: less(1), us: less(1), ap: less(1) }));
    workspace.write('targets.json', configOf(services, { us: { tag: '9 lives' } }));
    const refused = await sync(['--metrics-file', 'run.prom']);
    expect([refused.exitCode, writeCount(), refused.stderr]).toEqual([
      1,
      0,
      expect.stringContaining('[us] Error: --tag: expected KEY:VALUE'),
    ]);
  });
});
