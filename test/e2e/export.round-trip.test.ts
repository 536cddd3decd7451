// A service -> a CSV that says the same: its plan is empty.

import { gunzipSync, gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { openWorkspace } from './command-line.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { AWKWARD_NAMES, csv, paramsOf, row } from './world.ts';

const UNCHANGED = (count: number): string =>
  `Plan: 0 to create, 0 to update, 0 to delete, ${count} unchanged.\n`;

async function startHostileService(): Promise<StandIn> {
  const service = await startStandIn();
  AWKWARD_NAMES.forEach((name, index) =>
    service.put(name, paramsOf(row(name, { threshold: `${index}.50` }))),
  );
  service.put('fires', paramsOf(row('', { alarm_state: 'in_alarm' })));
  service.put('paused', paramsOf(row('', { alarm_state: 'inactive' })));
  service.put('nobody', paramsOf(row('', { contact: [] })));
  service.put('semicolon', paramsOf(row('', { contact: ['ldap:a;b', 'posix:"q", r', 'ticket:x'] })));
  service.put('metric', paramsOf(row('', { metric_name: ' line\nbreak, "quoted"\r\n', threshold: '-1e-3' })));
  service.put('optional', {
    ...paramsOf(row('')),
    warning_threshold: '2',
    no_data_minutes: '10',
    message_alert: 'first line\nsecond, "{value}"',
    message_no_data: ' ',
    query_scope: 'env:prod,host:*',
    evaluation_window: '5m',
  });
  service.put('unmanaged', { ...paramsOf(row('')), runbook: { url: 'x' } });
  return service;
}

describe('export', () => {
  it('gives a file whose plan is empty, with in_alarm as active and the optional columns that occur', async () => {
    const workspace = openWorkspace();
    const service = await startHostileService();
    const count = service.names.length;

    const exported = await workspace.run(['export', '--service', service.url]);

    expect(exported.exitCode).toBe(0);
    expect(exported.stdout).not.toContain('in_alarm');
    expect(exported.stdout.split('\n')[0]).toBe(
      'name,threshold,metric_name,comparison_method,alarm_state,tracking_metric_id,contact,metric_math,' +
        'warning_threshold,no_data_minutes,message_alert,message_no_data,query_scope,evaluation_window',
    );
    const file = workspace.write('exported.csv', exported.stdout);
    const plan = await workspace.run(['plan', file, '--service', service.url, '--detailed-exitcode']);
    expect(plan.stdout).toBe(UNCHANGED(count));
    expect(plan.exitCode).toBe(0);
    expect(service.writes).toEqual([]);
  });

  it('moves one service into another, which then exports the same', async () => {
    const workspace = openWorkspace();
    const service = await startHostileService();
    const copy = await startStandIn();
    const exported = await workspace.run(['export', '--service', service.url]);
    const file = workspace.write('exported.csv', exported.stdout);

    const sync = await workspace.run(['sync', file, '--service', copy.url, '--auto-approve']);

    expect(sync.exitCode).toBe(0);
    expect(copy.breaches).toEqual([]);
    expect([...copy.names].toSorted()).toEqual([...service.names].toSorted());
    const sorted = (text: string): readonly string[] => text.split('\n').toSorted();
    const again = await workspace.run(['export', '--service', copy.url]);
    expect(sorted(again.stdout)).toEqual(sorted(exported.stdout));
  });

  it('writes nothing to standard output when the listing is not whole', async () => {
    const workspace = openWorkspace();
    const service = await startStandIn({ maxPageSize: 1 });
    service.put('a', paramsOf(row('a')));
    service.put('b', paramsOf(row('b')));
    service.onListing = ({ count, answer }) => {
      if (count % 2 === 1) return false;
      answer(500, '');
      return true;
    };

    const exported = await workspace.run(['export', '--service', service.url, '--retries', '0']);

    expect(exported.exitCode).toBe(3);
    expect(exported.stdout).toBe('');
  });

  it('warns of alarms that no row can say, and ends with 6', async () => {
    const workspace = openWorkspace();
    const service = await startStandIn();
    service.put('strange', { ...paramsOf(row('strange')), threshold: { a: 1 } });
    service.put('fine', paramsOf(row('fine')));

    const exported = await workspace.run(['export', '--service', service.url]);

    expect(exported.exitCode).toBe(6);
    expect(exported.stderr).toContain('strange');
    expect(exported.stdout).toMatch(/^fine,3,/mu);
  });
});

describe('the input', () => {
  it.each([
    { what: 'from standard input', args: ['-'], input: csv([row('a'), row('b')]) },
    { what: 'as gzip, by its name', args: ['in.csv.gz'], input: '' },
  ])('is read $what', async ({ args, input }) => {
    const workspace = openWorkspace();
    const service = await startStandIn();
    const packed = gzipSync(csv([row('a'), row('b')]));
    expect(gunzipSync(packed).length).toBeGreaterThan(0);
    workspace.write('in.csv.gz', packed);

    const sync = await workspace.run(['sync', ...args, '--service', service.url, '--auto-approve'], {
      input,
    });
    const verify = await workspace.run(['verify', ...args, '--service', service.url], { input });

    expect(sync.exitCode).toBe(0);
    expect(service.names).toEqual(['a', 'b']);
    expect(verify.exitCode).toBe(0);
  });

  it.each(['validate', 'plan', 'sync'])('from an empty standard input is refused by %s', async (command) => {
    const workspace = openWorkspace();
    const service = await startStandIn();
    service.put('a', paramsOf(row('a')));
    const flags = command === 'validate' ? [] : ['--service', service.url];

    const finished = await workspace.run([command, '-', ...flags], { input: '' });

    expect(finished.exitCode).toBe(3);
    expect(service.writes).toEqual([]);
  });

  it('from standard input can be applied later, when it is gone', async () => {
    const workspace = openWorkspace();
    const service = await startStandIn();
    const plan = await workspace.run(['plan', '-', '--service', service.url, '--out', 'p.db'], {
      input: csv([row('a')]),
    });
    const apply = await workspace.run(['apply', 'p.db']);

    expect([plan.exitCode, apply.exitCode]).toEqual([0, 0]);
    expect(service.names).toEqual(['a']);
  });
});

describe('generate', () => {
  it('gives the same valid file for the same seed, and another for another', async () => {
    const workspace = openWorkspace();
    const generate = async (seed: string): Promise<string> =>
      (await workspace.run(['generate', '--count', '50', '--seed', seed])).stdout;
    const first = await generate('7');

    expect(await generate('7')).toBe(first);
    expect(await generate('8')).not.toBe(first);
    const validate = await workspace.run(['validate', '-'], { input: first });
    expect(validate.exitCode).toBe(0);
    expect(validate.stdout).toContain('50 alarms');
  });
});
