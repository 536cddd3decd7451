// The section `downtimes` of the configuration file, kept in step with Datadog: end to end, against a strict stand-in over HTTP.

import { describe, expect, it } from 'vitest';

import { csv, row, start, type World } from './datadog-world.ts';

const OFF_HOURS = `
  - name: off hours
    message: Nobody is here.
    timezone: America/New_York
    recurrences:
      - { start: 2026-01-04T19:00, duration: 14h, rrule: 'FREQ=WEEKLY;INTERVAL=1;BYDAY=SU,MO,TU,WE,TH,FR' }
      - { start: 2026-01-03T00:00, duration: 1d, rrule: 'FREQ=WEEKLY;BYDAY=SA,SU' }`;

const NIGHTLY = `
  - name: nightly load
    monitor_tags: [service:batch]
    scope: env:prod
    timezone: UTC
    recurrences: [{ start: 2026-01-01T02:00, duration: 90m, rrule: FREQ=DAILY }]`;

const DOWNTIME = '/api/v2/downtime';

async function startWith(...downtimes: readonly string[]): Promise<World> {
  const world = await start();
  want(world, ...downtimes);
  return world;
}

function want(world: World, ...downtimes: readonly string[]): void {
  world.workspace.write('config.yaml', `downtimes:${downtimes.length === 0 ? ' []' : downtimes.join('')}\n`);
}

const sync = async (world: World, ...flags: readonly string[]): ReturnType<World['sync']> =>
  world.sync(csv(row('a')), ...flags);

/** Messages of the downtimes in force. */
const inForce = (world: World): readonly unknown[] =>
  world.service.downtimes
    .filter(({ attributes }) => attributes['status'] !== 'canceled')
    .map(({ attributes }) => attributes['message']);

const writesOf = (world: World): readonly string[] =>
  world.service.requests
    .filter(({ method, path }) => method !== 'GET' && path.startsWith(DOWNTIME))
    .map(({ method }) => method);

describe('the downtimes of a sync with Datadog', () => {
  it('keep quiet on weekdays from 19:00 to 09:00 and on weekends, and send nothing the second time', async () => {
    const world = await startWith(OFF_HOURS);
    const first = await sync(world);
    expect(first.stdout).toContain('Downtimes: 1 to create, 0 to update, 0 to delete, 0 unchanged.');
    expect(first.stdout).toContain('Downtimes: 1 created, 0 updated, 0 deleted, 0 failed.');
    expect(world.service.downtimes).toHaveLength(1);
    expect(world.service.downtimes[0]?.attributes).toMatchObject({
      monitor_identifier: { monitor_tags: ['managed_by:alarmsync'] },
      scope: '*',
      message: 'Nobody is here.\nalarmsync downtime: off hours',
      display_timezone: 'America/New_York',
      schedule: {
        timezone: 'America/New_York',
        recurrences: [
          { start: '2026-01-03T00:00', duration: '1d', rrule: 'FREQ=WEEKLY;BYDAY=SA,SU' },
          { start: '2026-01-04T19:00', duration: '14h', rrule: 'FREQ=WEEKLY;BYDAY=FR,MO,SU,TH,TU,WE' },
        ],
      },
    });
    const { writeCount } = world;
    const second = await sync(world);
    expect([second.exitCode, world.writeCount]).toEqual([0, writeCount]);
    expect(second.stdout).toContain('Downtimes: 0 to create, 0 to update, 0 to delete, 1 unchanged.');
  });

  it('are planned, shown, applied before the alarms, and verified', async () => {
    const world = await startWith(OFF_HOURS, NIGHTLY);
    world.workspace.write('alarms.csv', csv(row('a')));
    const planned = await world.run(['plan', 'alarms.csv', '--out', 'plan.db', ...world.flags]);
    expect([planned.exitCode, world.writeCount]).toEqual([0, 0]);
    const shown = await world.run(['show', 'plan.db']);
    expect(shown.stdout).toContain('+ create downtime  nightly load\n+ create downtime  off hours\n');
    const explained = await world.run(['explain', 'plan.db', 'nightly load']);
    expect(explained.stdout).toMatch(
      /^create downtime nightly load: pending\n {2}monitor_tags: \(absent\) -> service:batch/u,
    );
    const checked = await world.run(['verify', 'alarms.csv', ...world.flags]);
    expect([checked.exitCode, checked.stdout]).toEqual([2, expect.stringContaining('create downtime')]);
    const applied = await world.run(['apply', 'plan.db', ...world.flags.slice(2)]);
    expect([applied.exitCode, inForce(world).length, world.names]).toEqual([0, 2, ['a']]);
    const paths = world.service.requests.filter(({ method }) => method === 'POST').map(({ path }) => path);
    expect(paths).toEqual([DOWNTIME, DOWNTIME, '/api/v1/monitor']);
    expect((await world.run(['verify', 'alarms.csv', ...world.flags])).exitCode).toBe(0);
  });

  it('follow the file: what changed is changed, what is gone from it is canceled when the limit allows', async () => {
    const world = await startWith(OFF_HOURS, NIGHTLY);
    await sync(world);
    want(world, NIGHTLY.replace('90m', '2h'));
    const changed = await sync(world);
    expect(changed.stdout).toContain('Downtimes: 0 created, 1 updated, 1 deleted, 0 failed.');
    expect(inForce(world)).toEqual(['alarmsync downtime: nightly load']);
    want(world);
    const refused = await sync(world);
    expect([refused.exitCode, inForce(world).length]).toEqual([3, 1]);
    expect(refused.stderr).toContain('the plan deletes 1 downtime');
    expect((await sync(world, '--max-delete', '1')).exitCode).toBe(0);
    expect(inForce(world)).toEqual([]);
  });

  it('are left alone without the section, and those of others always', async () => {
    const world = await startWith(OFF_HOURS);
    const attributes = {
      scope: '*',
      message: 'by hand',
      monitor_identifier: { monitor_tags: ['managed_by:alarmsync'] },
    };
    world.service.seedDowntime(attributes);
    await sync(world);
    world.workspace.write('config.yaml', 'retries: 5\n');
    const without = await sync(world);
    expect(without.stdout).not.toContain('Downtimes:');
    want(world, NIGHTLY);
    await sync(world, '--max-delete', '1');
    expect(inForce(world)).toEqual(['by hand', 'alarmsync downtime: nightly load']);
  });

  it('are not canceled by --policy upsert-only', async () => {
    const world = await startWith(OFF_HOURS, NIGHTLY);
    await sync(world);
    want(world);
    const kept = await sync(world, '--policy', 'upsert-only');
    expect([kept.exitCode, inForce(world).length]).toEqual([0, 2]);
  });

  it('stay in force under a new name', async () => {
    const world = await startWith(OFF_HOURS);
    await sync(world);
    want(world, OFF_HOURS.replace('off hours', 'nights'));
    const renamed = await sync(world, '--max-delete', '1');
    expect([renamed.exitCode, inForce(world)]).toEqual([0, ['Nobody is here.\nalarmsync downtime: nights']]);
    const again = await sync(world);
    expect(again.stdout).toContain('Downtimes: 0 to create, 0 to update, 0 to delete, 1 unchanged.');
  });

  it('are kept in step within --scope and without --protect alone, as alarms are', async () => {
    const world = await startWith(OFF_HOURS, NIGHTLY);
    await sync(world);
    want(world);
    const limits = ['--max-delete', '2', '--allow-empty'];
    await sync(world, ...limits, '--scope', 'off*', '--protect', 'off*');
    expect(inForce(world)).toHaveLength(2);
    await sync(world, ...limits, '--scope', 'off*');
    expect(inForce(world)).toEqual(['alarmsync downtime: nightly load']);
  });

  it('are in conflict and left alone where somebody copied one', async () => {
    const world = await startWith(NIGHTLY);
    await sync(world);
    const [made] = world.service.downtimes;
    world.service.seedDowntime({ ...made?.attributes, scope: 'env:test' });
    want(world, NIGHTLY.replace('90m', '2h'));
    const ended = await sync(world);
    expect([ended.exitCode, writesOf(world)]).toEqual([4, ['POST']]);
    const planPath = /^Plan file: (.+)$/mu.exec(ended.stderr)?.[1] ?? '';
    const shown = await world.run(['show', planPath, '--failed']);
    expect(shown.stdout).toMatch(
      /downtime {2}nightly load {2}\[conflict: the service holds it more than once/u,
    );
    expect(ended.stdout).toContain('Downtimes: 0 created, 0 updated, 0 deleted, 0 failed, 1 in conflict.');
  });

  it('are made once, though the first answer is lost', async () => {
    const world = await startWith(OFF_HOURS);
    let faultCount = 0;
    world.service.fault = ({ method, path }) => {
      if (method !== 'POST' || path !== DOWNTIME || faultCount > 0) return undefined;
      faultCount += 1;
      return { kind: 'status', status: 504, acts: true };
    };
    const ended = await sync(world, '--settle-time', '10ms');
    expect([ended.exitCode, inForce(world).length, writesOf(world)]).toEqual([0, 1, ['POST']]);
    expect(ended.stdout).toContain('Downtimes: 1 created, 0 updated, 0 deleted, 0 failed.');
  });

  it('are made once, though the run was killed when it was sent', async () => {
    const world = await startWith(OFF_HOURS);
    world.workspace.write('alarms.csv', csv(row('a')));
    await world.run(['sync', 'alarms.csv', '--auto-approve', ...world.flags], (kill) => {
      world.service.fault = ({ method, path }) => {
        if (method !== 'POST' || path !== DOWNTIME) return undefined;
        kill();
        return { kind: 'drop', acts: true };
      };
    });
    expect([inForce(world).length, world.names]).toEqual([1, []]);
    world.service.fault = undefined;
    const resumed = await world.run(['resume', '--settle-time', '0s', '--config', 'config.yaml']);
    expect([resumed.exitCode, inForce(world).length, world.names]).toEqual([0, 1, ['a']]);
    expect(resumed.stdout).toContain('Downtimes: 1 created, 0 updated, 0 deleted, 0 failed.');
  });

  it('are put back by a rollback of the run', async () => {
    const world = await startWith(OFF_HOURS);
    await sync(world);
    want(world, NIGHTLY);
    world.workspace.write('alarms.csv', csv(row('a')));
    await world.run(['plan', 'alarms.csv', '--out', 'plan.db', '--max-delete', '1', ...world.flags]);
    await world.run(['apply', 'plan.db', ...world.flags.slice(2)]);
    expect(inForce(world)).toEqual(['alarmsync downtime: nightly load']);
    const undone = await world.run([
      'rollback',
      'plan.db',
      '--auto-approve',
      '--max-delete',
      '1',
      ...world.flags.slice(2),
    ]);
    expect(undone.stdout).toContain('Downtimes: 1 created, 0 updated, 1 deleted, 0 failed.');
    expect(inForce(world)).toEqual(['Nobody is here.\nalarmsync downtime: off hours']);
  });

  it('are put back as they really stood, where the run was told not to look', async () => {
    const world = await startWith(NIGHTLY);
    await sync(world);
    want(world, NIGHTLY.replace('90m', '2h'));
    world.workspace.write('alarms.csv', csv(row('a')));
    await world.run(['plan', 'alarms.csv', '--out', 'plan.db', '--check-before', 'none', ...world.flags]);
    const [made] = world.service.downtimes;
    world.service.changeDowntime(made?.id ?? '', { scope: 'env:by-hand' });
    await world.run(['apply', 'plan.db', ...world.flags.slice(2)]);
    expect(world.service.downtimes[0]?.attributes['scope']).toBe('env:prod');
    await world.run(['rollback', 'plan.db', '--auto-approve', ...world.flags.slice(2)]);
    expect(world.service.downtimes[0]?.attributes).toMatchObject({
      scope: 'env:by-hand',
      schedule: { recurrences: [{ duration: '90m' }] },
    });
  });
});

describe('the section downtimes', () => {
  it('is refused with every fault at once, each with its path', async () => {
    const world = await start();
    world.workspace.write(
      'config.yaml',
      `downtimes:
  - name: a
    timezone: Mars/Olympus
    recurrences:
      - { start: 2026-02-30T19:00, duration: 14 hours, rrule: 'FREQ=MINUTELY' }
      - { start: 2026-01-01T19:00, duration: 1h, rrule: 'FREQ=DAILY;COUNT=3' }
  - { name: b, monitor_tags: [managed_by:alarmsync, Service:A], scope: prod, timezone: europe/berlin, recurrences: [], x: 1 }
`,
    );
    const refused = await sync(world);
    expect([refused.exitCode, world.service.requests.length]).toEqual([1, 0]);
    for (const part of [
      'downtimes.0.timezone: expected a time zone',
      'downtimes.0.recurrences.0.start: expected a local time',
      'downtimes.0.recurrences.0.duration: expected a duration',
      'downtimes.0.recurrences.0.rrule: expected a rule',
      'downtimes.0.recurrences.1.rrule: expected a rule',
      'downtimes.1.monitor_tags.0: expected no managed_by:alarmsync',
      'downtimes.1.monitor_tags.1: expected a tag in lower case',
      'downtimes.1.scope: expected a scope',
      'downtimes.1.timezone: expected a time zone',
      'downtimes.1.x: expected a member that downtimes have',
      'downtimes.1.recurrences: expected a recurrence',
    ])
      expect(refused.stderr).toContain(part);
  });

  it('is refused with a name or a downtime twice, and where the service has no downtimes', async () => {
    const world = await startWith(NIGHTLY, NIGHTLY);
    expect((await sync(world)).stderr).toContain('a name of its own for each downtime');
    want(world, NIGHTLY, NIGHTLY.replace('nightly load', 'other'));
    expect((await sync(world)).stderr).toContain('differ in more than name and message');
    want(world, NIGHTLY);
    world.workspace.write('alarms.csv', csv(row('a')));
    const refused = await world.run([
      'plan',
      'alarms.csv',
      '--service',
      'embedded:held.db',
      '--config',
      'config.yaml',
    ]);
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      expect.stringContaining('expected a service that has downtimes'),
    ]);
  });
});
