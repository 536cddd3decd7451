// One file for several services: each comes to hold its rows and no others.

import { describe, expect, it } from 'vitest';

import { eventsOf, openWorkspace, type Finished, type Workspace } from './command-line.ts';
import { startReferenceService } from './reference-service.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { configOf, heldAt, sitedCsv } from './targets-world.ts';
import { AWKWARD_NAMES, csv, heldMeanings, meanings, paramsOf, row, rows, type Row } from './world.ts';

const SITES = ['eu', 'us', 'ap'] as const;
type Site = (typeof SITES)[number];

async function sync(workspace: Workspace, flags: readonly string[] = []): Promise<Finished> {
  const args = ['sync', 'alarms.csv', '--config', 'targets.json', '--auto-approve', '--settle-time', '10ms'];
  return workspace.run([...args, ...flags]);
}

function bySite(list: readonly Row[]): Record<Site, readonly Row[]> {
  const rowsOf = (site: number): readonly Row[] => list.filter((_, at) => at % SITES.length === site);
  return { eu: rowsOf(0), us: rowsOf(1), ap: rowsOf(2) };
}

describe('a file for three services', () => {
  it(
    'gives each exactly its rows, again and again, and leaves those alone that are not chosen',
    { timeout: 180_000 },
    async () => {
      const workspace = openWorkspace();
      const [eu, us, ap] = await Promise.all(SITES.map(async () => startReferenceService([], {})));
      if (eu === undefined || us === undefined || ap === undefined)
        throw new Error('expected three services');
      workspace.write('targets.json', configOf({ eu, us, ap }));
      const expectHeld = async (wanted: Record<Site, readonly Row[]>): Promise<void> => {
        expect(await heldAt(eu.url)).toEqual(meanings(wanted.eu));
        expect(await heldAt(us.url)).toEqual(meanings(wanted.us));
        expect(await heldAt(ap.url)).toEqual(meanings(wanted.ap));
      };

      const first = bySite([...AWKWARD_NAMES.map((name) => row(name)), ...rows(20)]);
      workspace.write('alarms.csv', sitedCsv(first));
      const created = await sync(workspace);
      expect(created.exitCode, created.stderr).toBe(0);
      await expectHeld(first);
      expect(created.stdout).toContain(
        `[us] Sync complete: ${first.us.length} created, 0 updated, 0 deleted, 0 failed.`,
      );
      expect(created.stdout).toMatch(/^All 3 targets: 60 created, 0 updated, 0 deleted, 0 failed\.$/mu);

      // An alarm that goes from one target to another, one that differs, one that is gone; the same name at two targets.
      const [moved, ...left] = first.eu;
      const [changed, gone, ...same] = first.us;
      if (moved === undefined || changed === undefined || gone === undefined)
        throw new Error('expected rows');
      const second = {
        eu: left,
        us: [...same, { ...changed, threshold: '4' }, moved, row('everywhere')],
        ap: [...first.ap, row('everywhere', { threshold: '5' })],
      };
      workspace.write('alarms.csv', sitedCsv(second));
      expect((await sync(workspace, ['--target', 'eu'])).exitCode).toBe(0);
      await expectHeld({ ...first, eu: second.eu });
      expect((await sync(workspace)).exitCode).toBe(0);
      await expectHeld(second);

      const third = await sync(workspace);
      expect([third.exitCode, third.stdout]).toEqual([
        0,
        expect.stringContaining('All 3 targets: 0 created, 0 updated, 0 deleted, 0 failed.'),
      ]);
      const verified = await workspace.run(['verify', 'alarms.csv', '--config', 'targets.json']);
      expect([verified.exitCode, verified.stdout]).toEqual([
        0,
        expect.stringContaining(`[ap] Verified: service and file agree on ${second.ap.length} alarms.`),
      ]);
    },
  );

  it('is told apart by scopes too, and nothing outside of them is looked at', async () => {
    const workspace = openWorkspace();
    const [eu, us] = [await startStandIn(), await startStandIn()];
    eu.put('ours/by hand', paramsOf(row('ours/by hand')));
    workspace.write(
      'targets.json',
      configOf({ eu, us }, { eu: { scope: 'eu/*' }, us: { scope: '[u]s/*' } }, {}),
    );
    workspace.write('alarms.csv', csv([...rows(5, 'eu/a'), ...rows(7, 'us/a')]));
    expect((await sync(workspace)).exitCode).toBe(0);
    expect(heldMeanings(eu)).toEqual(meanings([row('ours/by hand'), ...rows(5, 'eu/a')]));
    expect(heldMeanings(us)).toEqual(meanings(rows(7, 'us/a')));
  });

  it('is read from standard input as well', async () => {
    const workspace = openWorkspace();
    const [eu, us] = [await startStandIn(), await startStandIn()];
    workspace.write('targets.json', configOf({ eu, us }));
    const args = ['sync', '-', '--config', 'targets.json', '--auto-approve'];
    const input = sitedCsv({ eu: rows(3), us: rows(4) });
    expect((await workspace.run(args, { input })).exitCode).toBe(0);
    expect([eu.names.length, us.names.length]).toEqual([3, 4]);
    expect(workspace.stateEntries().filter((entry) => entry.path.endsWith('.csv'))).toEqual([]);
  });
});

describe('what is said of several targets', () => {
  async function openTwo(): Promise<{ workspace: Workspace; eu: StandIn; us: StandIn }> {
    const workspace = openWorkspace();
    const [eu, us] = [await startStandIn(), await startStandIn()];
    workspace.write('targets.json', configOf({ eu, us }, { eu: { tag: 'continent:europe' } }));
    workspace.write('alarms.csv', sitedCsv({ eu: rows(12), us: rows(3) }));
    return { workspace, eu, us };
  }

  it('names the target in each event, log line and metric', async () => {
    const { workspace } = await openTwo();
    const flags = [
      '--json',
      '--json-operations',
      'all',
      '--log-format',
      'json',
      '--metrics-file',
      'run.prom',
    ];
    const synced = await sync(workspace, flags);
    expect(synced.exitCode).toBe(0);

    const events = eventsOf(synced);
    const countOf = (type: string, target?: string): number =>
      events.filter((event) => event['type'] === type && event['target'] === target).length;
    for (const [target, count] of [
      ['eu', 12],
      ['us', 3],
    ] as const) {
      expect(countOf('operation', target)).toBe(count);
      expect([countOf('plan_summary', target), countOf('sync_summary', target)]).toEqual([1, 1]);
      const phases = events.filter((event) => event['type'] === 'phase' && event['target'] === target);
      expect(phases.map(({ name, state }) => `${String(name)} ${String(state)}`)).toEqual(
        expect.arrayContaining(['listing sealed', 'drain started', 'drain done', 'report done']),
      );
    }
    expect(countOf('operation') + countOf('sync_summary')).toBe(0);
    expect(events.at(-1)).toMatchObject({
      type: 'targets_summary',
      targets: [
        { target: 'eu', exit_code: 0 },
        { target: 'us', exit_code: 0 },
      ],
      exit_code: 0,
    });

    const lines = synced.stderr.trimEnd().split('\n');
    const logged = lines.map((line): Record<'run_id' | 'target' | 'msg', string | undefined> =>
      JSON.parse(line),
    );
    for (const { run_id: runId, target } of logged)
      if (runId !== undefined) expect(runId.endsWith(`.${target ?? ''}`)).toBe(true);
    const completed = logged.filter(({ msg }) => msg?.startsWith('Sync complete') === true);
    expect(new Set(completed.map(({ target }) => target))).toEqual(new Set(['eu', 'us']));

    expect(workspace.read('run-eu.prom')).toContain(
      'alarmsync_operations_total{action="create",outcome="done",failure_class="none",continent="europe",target="eu"} 12',
    );
    const ofUs = workspace.read('run-us.prom');
    expect(ofUs).toMatch(/^alarmsync_operations_total\{.*target="us"\} 3$/mu);
    // A request of the one is not counted for the other: a create each, and pages.
    expect(ofUs).toMatch(/^alarmsync_requests_total\{method="POST",.*target="us"\} 3$/mu);
  });

  it('is told by status, target by target', async () => {
    const { workspace, us } = await openTwo();
    us.onWrite = (_request, answer) => {
      answer(422, '{"name":"x","status":"422"}');
      return true;
    };
    expect((await sync(workspace)).exitCode).toBe(6);
    const { stdout } = await workspace.run(['status']);
    expect(stdout).toMatch(/^Runs \S+ of 2 targets$/mu);
    expect(stdout).toMatch(/^\[eu\] Run \S+\.eu: finished, exit code 0$/mu);
    expect(stdout).toContain('[eu] Done: 12 created, 0 updated, 0 deleted, 0 failed.');
    expect(stdout).toMatch(/^\[us\] Run \S+\.us: finished, exit code 6$/mu);
    expect(stdout).toContain('[us] Done: 0 created, 0 updated, 0 deleted, 3 failed.');
  });

  it('plans without sending, and applies all plans by their id, or one by its file', async () => {
    const { workspace, eu, us } = await openTwo();
    const planned = await workspace.run([
      'plan',
      'alarms.csv',
      '--config',
      'targets.json',
      '--out',
      'plans',
      '--detailed-exitcode',
    ]);
    expect([planned.exitCode, eu.writes.length + us.writes.length]).toEqual([2, 0]);
    expect(planned.stdout).toContain('All 2 targets: 15 to create, 0 to update, 0 to delete, 0 unchanged.');
    const one = await workspace.run(['apply', 'plans/us.db', '--config', 'targets.json']);
    expect([one.exitCode, eu.writes.length, us.writes.length]).toEqual([0, 0, 3]);
    const roundId = /apply them with: alarmsync apply (\S+)/u.exec(planned.stderr)?.[1] ?? '';
    const all = await workspace.run(['apply', roundId, '--config', 'targets.json']);
    expect([all.exitCode, eu.writes.length, us.writes.length]).toEqual([0, 12, 3]);
    const again = await workspace.run(['apply', roundId, '--config', 'targets.json']);
    expect([again.exitCode, again.stderr]).toEqual([4, expect.stringContaining('nothing is left to apply')]);
  });

  it('is given to a command of one service by the name of the target, and validated without any', async () => {
    const { workspace, us } = await openTwo();
    us.put('held', paramsOf(row('held')));
    const exported = await workspace.run(['export', '--config', 'targets.json', '--target', 'us']);
    expect([exported.exitCode, exported.stdout]).toEqual([0, expect.stringMatching(/^name,.*\nheld,/u)]);
    const several = await workspace.run(['export', '--config', 'targets.json']);
    expect([several.exitCode, several.stderr]).toEqual([
      1,
      expect.stringContaining('expected one target, got 2: eu, us'),
    ]);

    const requestCount = us.requests.length;
    const valid = await workspace.run(['validate', 'alarms.csv', '--config', 'targets.json']);
    expect([valid.exitCode, valid.stdout]).toEqual([
      0,
      '[eu] Valid: 12 alarms in 12 rows.\n[us] Valid: 3 alarms in 3 rows.\n',
    ]);
    workspace.write('alarms.csv', sitedCsv({ eu: [row('a'), row('b', { threshold: 'much' })], us: rows(1) }));
    const invalid = await workspace.run(['validate', 'alarms.csv', '--config', 'targets.json']);
    expect([invalid.exitCode, invalid.stderr]).toEqual([
      3,
      expect.stringContaining('[eu] Warning: line 3, threshold: expected a decimal number'),
    ]);
    expect(us.requests).toHaveLength(requestCount);
  });

  it('keeps each target within its own quota, all of them at once', async () => {
    const workspace = openWorkspace();
    const services = { slow: await startStandIn(), quick: await startStandIn() };
    const quotas = { slow: 20, quick: 40 };
    const timesOf: Record<string, number[]> = { slow: [], quick: [] };
    for (const name of ['slow', 'quick'] as const)
      services[name].onWrite = () => {
        timesOf[name]?.push(performance.now());
        return false;
      };
    workspace.write(
      'targets.json',
      configOf(services, {
        slow: { tpslimit: quotas.slow, 'tpslimit-burst': 8 },
        quick: { tpslimit: quotas.quick, 'tpslimit-burst': 8 },
      }),
    );
    workspace.write('alarms.csv', sitedCsv({ slow: rows(50), quick: rows(60) }));
    expect((await sync(workspace)).exitCode).toBe(0);
    for (const name of ['slow', 'quick'] as const) {
      const times = timesOf[name] ?? [];
      const inOneSecond = times.map(
        (time) => times.filter((other) => other >= time && other < time + 1000).length,
      );
      // Requests that come late may meet those of the next second.
      expect(Math.max(...inOneSecond)).toBeLessThanOrEqual(quotas[name] + 8 + 4);
    }
    const [slow = [], quick = []] = [timesOf['slow'], timesOf['quick']];
    expect(Math.min(...quick)).toBeLessThan(Math.max(...slow));
    expect(Math.min(...slow)).toBeLessThan(Math.max(...quick));
  });
});
