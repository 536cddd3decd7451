// What scripts read: summary lines and events.

import { describe, expect, it } from 'vitest';

import { eventsOf, openWorkspace, planPathOf } from './command-line.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { csv, paramsOf, row, rows, type Row } from './world.ts';

async function startService(held: readonly Row[] = []): Promise<StandIn> {
  const service = await startStandIn();
  for (const item of held) service.put(item.name, paramsOf(item));
  return service;
}

/** Three creates, two updates, one delete, four unchanged. */
async function startSample(): Promise<{ readonly service: StandIn; readonly text: string }> {
  const wanted = rows(9);
  const held = [row('alarm-3', { threshold: '4' }), row('alarm-4', { threshold: '4' }), ...wanted.slice(5)];
  return { service: await startService([...held, row('unwanted')]), text: csv(wanted) };
}

const PLAN_LINE = 'Plan: 3 to create, 2 to update, 1 to delete, 4 unchanged.\n';
const SYNC_LINE = 'Sync complete: 3 created, 2 updated, 1 deleted, 0 failed.\n';

describe('summary lines', () => {
  it('stand alone on standard output', async () => {
    const workspace = openWorkspace();
    const { service, text } = await startSample();
    const target = [workspace.write('alarms.csv', text), '--service', service.url];

    const plan = await workspace.run(['plan', ...target]);
    expect([plan.stdout, plan.exitCode]).toEqual([PLAN_LINE, 0]);
    const sync = await workspace.run(['sync', ...target, '--auto-approve']);
    expect([sync.stdout, sync.exitCode]).toEqual([PLAN_LINE + SYNC_LINE, 0]);
  });

  it('are told by a sync that nobody approved, which writes nothing and ends with 2', async () => {
    const workspace = openWorkspace();
    const { service, text } = await startSample();
    const target = [workspace.write('alarms.csv', text), '--service', service.url];

    const sync = await workspace.run(['sync', ...target], { input: 'y\n' });

    expect([sync.stdout, sync.exitCode]).toEqual([PLAN_LINE, 2]);
    expect(service.writes).toEqual([]);
    const apply = await workspace.run(['apply', planPathOf(sync)]);
    expect([apply.stdout, apply.exitCode]).toEqual([SYNC_LINE, 0]);
  });

  it('need no approval where there is nothing to do', async () => {
    const workspace = openWorkspace();
    const service = await startService(rows(3));
    const file = workspace.write('alarms.csv', csv(rows(3)));

    expect((await workspace.run(['sync', file, '--service', service.url])).exitCode).toBe(0);
  });
});

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  version: ['alarmsync', 'events'],
  phase: ['name', 'state'],
  progress: ['phase', 'done', 'total', 'per_second', 'eta_seconds'],
  invalid_row: ['line', 'column', 'reason'],
  plan_summary: ['create', 'update', 'delete', 'unchanged', 'checksum', 'refused'],
  operation: ['action', 'name', 'outcome', 'attempts'],
  diagnostic: ['code', 'message'],
  sync_summary: [
    'created',
    'updated',
    'deleted',
    'failed',
    'conflicts',
    'ambiguous_resolved',
    'duration_seconds',
    'exit_code',
  ],
};

function expectContract(events: readonly Readonly<Record<string, unknown>>[]): void {
  expect(events[0]).toMatchObject({ type: 'version', events: '1.0' });
  expect(events.filter(({ type }) => type === 'version')).toHaveLength(1);
  for (const event of events) {
    const members = MEMBERS[String(event['type'])];
    expect(Object.keys(event)).toEqual(
      expect.arrayContaining(['type', 'at', ...(members ?? ['(a known type)'])]),
    );
    expect(event['at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/u);
    if (event['type'] !== 'phase') continue;
    expect(['source', 'listing', 'diff', 'plan', 'drain', 'report']).toContain(event['name']);
    expect(['started', 'sealed', 'done', 'refused', 'stopped']).toContain(event['state']);
  }
}

describe('events', () => {
  it('are all that a sync puts on standard output', async () => {
    const workspace = openWorkspace();
    const { service, text } = await startSample();
    const file = workspace.write('alarms.csv', text);
    const flags = ['--auto-approve', '--json', '--json-operations', 'all'];

    const sync = await workspace.run(['sync', file, '--service', service.url, ...flags]);

    const events = eventsOf(sync);
    expectContract(events);
    const ofType = (wanted: string): typeof events => events.filter(({ type }) => type === wanted);
    expect(ofType('plan_summary')).toMatchObject([
      { create: 3, update: 2, delete: 1, unchanged: 4, refused: false },
    ]);
    expect(ofType('plan_summary')[0]?.['checksum']).toMatch(/^[0-9a-f]{64}$/u);
    expect(
      ofType('operation').map(({ action, name, outcome, attempts }) => [action, name, outcome, attempts]),
    ).toEqual(
      expect.arrayContaining([
        ['create', 'alarm-0', 'done', 1],
        ['update', 'alarm-3', 'done', 1],
        ['delete', 'unwanted', 'done', 1],
      ]),
    );
    expect(ofType('operation')).toHaveLength(6);
    expect(ofType('sync_summary')).toMatchObject([
      { created: 3, updated: 2, deleted: 1, failed: 0, conflicts: 0, ambiguous_resolved: 0, exit_code: 0 },
    ]);
    expect(events.at(-1)?.['type']).toBe('sync_summary');
    const phases = ofType('phase').map(({ name, state }) => `${String(name)} ${String(state)}`);
    expect(phases).toEqual(
      expect.arrayContaining(['source sealed', 'listing sealed', 'plan done', 'drain done']),
    );
  });

  it('name an operation that was not done, by default no other', async () => {
    const workspace = openWorkspace();
    const service = await startService([row('a', { threshold: '4' }), row('b', { threshold: '4' })]);
    const file = workspace.write('alarms.csv', csv([row('a'), row('b')]));
    const plan = await workspace.run(['plan', file, '--service', service.url]);
    service.put('a', paramsOf(row('a', { threshold: '99' })));

    const apply = await workspace.run(['apply', planPathOf(plan), '--json']);

    const events = eventsOf(apply);
    expectContract(events);
    expect(events.filter(({ type }) => type === 'operation')).toMatchObject([
      { action: 'update', name: 'a', outcome: 'conflict' },
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'sync_summary', updated: 1, conflicts: 1, exit_code: 4 });
    expect(apply.exitCode).toBe(4);
  });

  it('name bad rows and the reason of a refusal', async () => {
    const workspace = openWorkspace();
    const service = await startService();
    const file = workspace.write('alarms.csv', csv([row('a', { threshold: 'n/a' })]));

    const plan = await workspace.run(['plan', file, '--service', service.url, '--json']);

    expect(plan.exitCode).toBe(3);
    const events = eventsOf(plan);
    expectContract(events);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'invalid_row', line: 2, column: 'threshold' }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'diagnostic', code: 'ALARMSYNC_SOURCE_INVALID_ROWS' }),
    );
  });

  it('tell of a plan that the guard refused', async () => {
    const workspace = openWorkspace();
    const service = await startService(rows(20));
    const file = workspace.write('alarms.csv', csv(rows(5)));

    const plan = await workspace.run(['plan', file, '--service', service.url, '--json']);

    const events = eventsOf(plan);
    expectContract(events);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'plan_summary', delete: 15, refused: true }),
    );
    expect(events).toContainEqual(expect.objectContaining({ type: 'phase', name: 'plan', state: 'refused' }));
  });

  it.each(['verify', 'validate', 'status', 'runs', 'resume'])(
    'keep standard output of %s to JSON too',
    async (verb) => {
      const workspace = openWorkspace();
      const { service, text } = await startSample();
      const file = workspace.write('alarms.csv', text);
      await workspace.run(['plan', file, '--service', service.url]);
      const args = verb === 'verify' ? [file, '--service', service.url] : verb === 'validate' ? [file] : [];

      const finished = await workspace.run([verb, ...args, '--json']);

      expectContract(eventsOf(finished));
    },
  );
});
