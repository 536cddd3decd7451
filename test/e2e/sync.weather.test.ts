// What an update must leave alone: the weather, and members that the file does not manage.

import { describe, expect, it } from 'vitest';

import { openWorkspace, planPathOf, type Finished } from './command-line.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { csv, paramsOf, row } from './world.ts';

/** Members unknown to us, with everything that a careless rewrite loses. */
const UNMANAGED =
  '"runbook":{"deep":{"list":[1,{"none":null}],"text":"\\u0000\u202E"}},' +
  '"serial":12345678901234567890,"ratio":1.10,"tiny":1e-400,"zero":-0,' +
  '"__proto__":{"polluted":true,"size":98765432109876543210},"constructor":"x","toString":null,"":"empty"';

function paramsText(state: string, threshold = '4'): string {
  const params = JSON.stringify(paramsOf(row('', { alarm_state: state, threshold })));
  return `${params.slice(0, -1)},${UNMANAGED}}`;
}

/** Plans a change of the threshold from 4 to 3, lets `between` happen, and applies the plan. */
async function planThenApply(
  service: StandIn,
  names: readonly string[],
  between: () => void,
  flags: readonly string[] = [],
): Promise<Finished> {
  const workspace = openWorkspace();
  const file = workspace.write('alarms.csv', csv(names.map((name) => row(name))));
  const limits = ['--max-update', '100%', '--max-delete', '100%'];
  const plan = await workspace.run(['plan', file, '--service', service.url, ...limits, ...flags]);
  expect(plan.stderr).not.toContain('Error');
  expect(plan.exitCode).toBe(0);
  between();
  return workspace.run(['apply', planPathOf(plan), '--settle-time', '10ms']);
}

describe.each([{ hasEtags: true }, { hasEtags: false }])('with etags: $hasEtags', ({ hasEtags }) => {
  it.each([{ checkBefore: 'all' }, { checkBefore: 'deletes' }, { checkBefore: 'none' }])(
    'neither silences nor fires an alarm with --check-before $checkBefore',
    async ({ checkBefore }) => {
      const service = await startStandIn({ hasEtags });
      service.put('fires', paramsText('active'));
      service.put('clears', paramsText('in_alarm'));
      service.put('stays', paramsText('in_alarm'));
      service.put('paused', paramsText('inactive'));

      const apply = await planThenApply(
        service,
        ['fires', 'clears', 'stays', 'paused'],
        () => {
          service.setState('fires', 'in_alarm');
          service.setState('clears', 'active');
        },
        ['--check-before', checkBefore],
      );

      expect(apply.stdout).toBe('Sync complete: 0 created, 4 updated, 0 deleted, 0 failed.\n');
      expect(apply.exitCode).toBe(0);
      const states = service.names.map((name) => [name, service.paramsOf(name)['alarm_state']]);
      expect(Object.fromEntries(states)).toEqual({
        fires: 'in_alarm',
        clears: 'active',
        stays: 'in_alarm',
        paused: 'active',
      });
      expect(service.names.map((name) => service.paramsOf(name)['threshold'])).toEqual(['3', '3', '3', '3']);
    },
  );

  it('keeps every member that the file does not manage', async () => {
    const service = await startStandIn({ hasEtags });
    service.put('disk', paramsText('in_alarm'));

    const apply = await planThenApply(service, ['disk'], () => {});

    expect(apply.exitCode).toBe(0);
    const [write] = service.writes;
    expect(write?.method).toBe('PUT');
    const text = service.paramsTextOf('disk');
    for (const kept of [
      '"serial":12345678901234567890',
      '"size":98765432109876543210',
      '"ratio":1.10',
      '"tiny":1e-400',
      '"zero":-0',
    ])
      expect(text).toContain(kept);
    expect(JSON.parse(text)).toEqual(JSON.parse(paramsText('in_alarm', '3')));
    expect(Object.keys(JSON.parse(text))).toContain('__proto__');
  });

  it('keeps them in a listing without pages too, and where only `__proto__` is unusual', async () => {
    const service = await startStandIn({ hasEtags, paging: 'none' });
    const params = JSON.stringify(paramsOf(row('', { threshold: '4' })));
    service.put('disk', `${params.slice(0, -1)},"__proto__":{"a":1}}`);

    const apply = await planThenApply(service, ['disk'], () => {});

    expect(apply.exitCode).toBe(0);
    expect(service.paramsTextOf('disk')).toContain('"__proto__":{"a":1}');
    expect(service.paramsOf('disk')['threshold']).toBe('3');
  });

  it('sends the unmanaged members of the read before the write, not those of the listing', async () => {
    const service = await startStandIn({ hasEtags });
    service.put('disk', paramsText('active'));

    const apply = await planThenApply(
      service,
      ['disk'],
      () => service.put('disk', paramsText('active').replace('"ratio":1.10', '"ratio":2.20')),
      ['--check-before', 'none'],
    );

    expect(apply.exitCode).toBe(0);
    expect(service.paramsTextOf('disk')).toContain('"ratio":2.20');
    expect(service.paramsOf('disk')['threshold']).toBe('3');
  });

  it('leaves alone what someone changed in between, holds the deletes back and ends with 4', async () => {
    const service = await startStandIn({ hasEtags });
    service.put('touched', paramsText('active'));
    service.put('unwanted', paramsText('active'));
    const theirs = paramsText('active', '99');

    const apply = await planThenApply(service, ['touched'], () => service.put('touched', theirs));

    expect(apply.exitCode).toBe(4);
    expect(service.writes).toHaveLength(0);
    expect(service.paramsTextOf('touched')).toBe(theirs);
    expect(service.names).toContain('unwanted');
  });

  it('does not delete what someone changed in between', async () => {
    const service = await startStandIn({ hasEtags });
    service.put('kept', JSON.stringify(paramsOf(row('kept'))));
    service.put('unwanted', paramsText('active'));
    service.put('fired', paramsText('active'));

    const apply = await planThenApply(service, ['kept'], () => {
      service.put('unwanted', paramsText('active', '99'));
      service.setState('fired', 'in_alarm');
    });

    expect(apply.exitCode).toBe(4);
    expect(apply.stdout).toContain('Sync complete: 0 created, 0 updated, 1 deleted, 0 failed.');
    expect(service.names).toEqual(['kept', 'unwanted']);
  });

  it('takes a delete of what is gone already as done, and an update of it as a conflict', async () => {
    const service = await startStandIn({ hasEtags });
    service.put('kept', JSON.stringify(paramsOf(row('kept'))));
    service.put('unwanted', paramsText('active'));
    const gone = await planThenApply(service, ['kept'], () => service.drop('unwanted'));
    expect(gone.exitCode).toBe(0);

    service.put('kept', paramsText('active'));
    const conflict = await planThenApply(service, ['kept'], () => service.drop('kept'));
    expect(conflict.exitCode).toBe(4);
    expect(service.names).toEqual([]);
  });

  it('takes a create of what stands there as wanted as done, and of anything else as a conflict', async () => {
    const service = await startStandIn({ hasEtags });
    const apply = await planThenApply(service, ['same', 'other'], () => {
      service.put('same', paramsOf(row('same', { alarm_state: 'in_alarm' })));
      service.put('other', paramsOf(row('other', { threshold: '99' })));
    });

    expect(apply.exitCode).toBe(4);
    expect(service.paramsOf('same')['alarm_state']).toBe('in_alarm');
    expect(service.paramsOf('other')['threshold']).toBe('99');
  });
});

it('follows the weather that changes between the check and the write, by the etag', async () => {
  const service = await startStandIn({ hasEtags: true });
  service.put('fires', paramsText('active'));
  let readCount = 0;
  service.afterRead = (name) => {
    readCount += 1;
    if (readCount === 1) service.setState(name, 'in_alarm');
  };

  const apply = await planThenApply(service, ['fires'], () => {});

  expect(apply.exitCode).toBe(0);
  expect(service.paramsOf('fires')).toMatchObject({ alarm_state: 'in_alarm', threshold: '3' });
});

it('creates an alarm as active though the file says in_alarm, unless states are compared exactly', async () => {
  const workspace = openWorkspace();
  const file = workspace.write('alarms.csv', csv([row('disk', { alarm_state: 'in_alarm' })]));
  const byMeaning = await startStandIn();
  const exact = await startStandIn();

  await workspace.run(['sync', file, '--service', byMeaning.url, '--auto-approve']);
  await workspace.run(['sync', file, '--service', exact.url, '--auto-approve', '--compare-state', 'exact']);

  expect(byMeaning.paramsOf('disk')['alarm_state']).toBe('active');
  expect(exact.paramsOf('disk')['alarm_state']).toBe('in_alarm');
});

it('takes a difference in weather alone for none', async () => {
  const workspace = openWorkspace();
  const service = await startStandIn();
  service.put('fires', paramsOf(row('fires', { alarm_state: 'in_alarm' })));
  const file = workspace.write('alarms.csv', csv([row('fires')]));
  const target = [file, '--service', service.url, '--detailed-exitcode'];

  expect((await workspace.run(['plan', ...target])).exitCode).toBe(0);
  expect((await workspace.run(['plan', ...target, '--compare-state', 'exact'])).exitCode).toBe(2);
});
