// `alarmsync sync --service cloudwatch:REGION` end to end, against a strict stand-in over HTTP.

import { describe, expect, it } from 'vitest';

import { start, UNHURRIED } from './cloudwatch-world.ts';
import { csv, hosts, row, uuid } from './datadog-world.ts';

const TOPICS = 'arn:aws:sns:eu-central-1:111122223333';

describe('a sync with CloudWatch', () => {
  it('makes the alarm that a row says, in the words of CloudWatch', async () => {
    const world = await start();
    const content = csv(
      row('checkout/latency', {
        threshold: '2.50',
        metric_name: 'latency',
        comparison_method: 'GTE',
        metric_math: 'p99.9',
        contact: 'ops@example.com;ldap:web',
        query_scope: 'stage:prod,host:a',
        evaluation_window: '90m',
        message_alert: '{name} is slow.',
      }),
    );
    const first = await world.sync(content);
    expect([first.exitCode, first.stdout]).toEqual([0, expect.stringContaining('1 created')]);
    expect(world.service.alarms).toMatchObject([
      {
        AlarmName: 'checkout/latency',
        AlarmDescription: `checkout/latency is slow.\nalarmsync: {"id":"${uuid(1)}"}`,
        ActionsEnabled: true,
        AlarmActions: [`${TOPICS}:ops-mail`, `${TOPICS}:ldap-web`],
        Namespace: 'Shop/Checkout',
        MetricName: 'latency',
        ExtendedStatistic: 'p99.9',
        Dimensions: [
          { Name: 'host', Value: 'a' },
          { Name: 'stage', Value: 'prod' },
        ],
        Period: 5400,
        EvaluationPeriods: 1,
        Threshold: 2.5,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      },
    ]);
    const { writeCount } = world;
    const again = await world.sync(content);
    expect([again.exitCode, again.stdout, world.writeCount]).toEqual([
      0,
      expect.stringContaining('1 unchanged'),
      writeCount,
    ]);
  });

  it('holds a thousand alarms with all the vocabulary that CloudWatch has, and sends nothing the second time', async () => {
    const world = await start('  writes_per_second: 5000\n  reads_per_second: 20\n');
    const methods = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq', ' EQ ', 'Lt'];
    const maths = ['sum', 'avg', 'min', 'max', 'count', 'median', 'p50', 'p99', 'p99.9', 'AVG'];
    const contacts = [
      '',
      'ops@example.com',
      'ldap:a;ldap:b',
      'ticket:OPS;posix:root',
      'ops@example.com;ldap:x;posix:y',
    ];
    const windows = ['', '5m', '30s', '90m', '2h', '1d', '24h'];
    const thresholds = ['3', '3.0', '1e3', '-0.25', '+7', '.5', '0', '1e-9', '1.5e23'];
    const scopes = ['', '*', 'env:prod', 'host:a,env:prod', 'env:prod,host:a'];
    const rows = Array.from({ length: 1000 }, (_, index) =>
      row(`host-${String(index).padStart(4, '0')} é "q", ;`, {
        threshold: thresholds[index % thresholds.length] ?? '',
        comparison_method: methods[index % methods.length] ?? '',
        metric_math: maths[index % maths.length] ?? '',
        contact: contacts[index % contacts.length] ?? '',
        evaluation_window: windows[index % windows.length] ?? '',
        alarm_state: index % 3 === 0 ? 'inactive' : 'active',
        tracking_metric_id: uuid(index).toUpperCase(),
        query_scope: scopes[index % scopes.length] ?? '',
        message_alert: ['', 'look\nat it <now>', 'plain {name}'][index % 3] ?? '',
      }),
    );
    const first = await world.sync(csv(...rows), '--concurrency', '100');
    expect([first.exitCode, first.stdout, world.service.alarmCount]).toEqual([
      0,
      expect.stringContaining('1000 created'),
      1000,
    ]);
    // Looked for many at a time before they are made.
    expect(world.countOf('DescribeAlarms')).toBeLessThan(250);
    const { writeCount } = world;
    const second = await world.sync(csv(...rows));
    expect([second.exitCode, second.stdout, world.writeCount]).toEqual([
      0,
      expect.stringContaining('1000 unchanged'),
      writeCount,
    ]);
    world.configure('  writes_per_second: 20\n  reads_per_second: 60\n');
    const emptied = await world.sync(csv(rows[0] ?? ''), '--max-delete', '100%', '--concurrency', '100');
    expect([emptied.exitCode, world.service.alarmCount]).toEqual([0, 1]);
    expect(world.countOf('DeleteAlarms')).toBeLessThan(250);
  });

  it.each([
    ['threshold', { threshold: '0.12345678901234567890123' }, 'a number that a double holds'],
    ['metric_math', { metric_math: 'mode' }, 'which CloudWatch evaluates'],
    ['metric_math', { metric_math: 'p99.999' }, 'with two decimals at most'],
    ['contact', { contact: 'ticket:OTHER' }, 'got "ticket:OTHER": give it one under contacts'],
    ['contact', { contact: 'ldap:a;ldap:b;ldap:c;ldap:d;ldap:e;ldap:f' }, 'at most 5 contacts, got 6'],
    ['query_scope', { query_scope: 'env:prod,prod' }, 'dimensions such as env:prod'],
    ['query_scope', { query_scope: 'env:a,env:b' }, 'each name once'],
    ['evaluation_window', { evaluation_window: '45s' }, '10s, 20s, 30s or whole minutes'],
    ['evaluation_window', { evaluation_window: '2d' }, 'up to 24h'],
    ['warning_threshold', { warning_threshold: '2' }, 'no second threshold'],
    ['no_data_minutes', { no_data_minutes: '10' }, 'no time without data'],
    ['message_warning', { message_warning: 'so so' }, 'no message for a warning'],
    ['message_no_data', { message_no_data: 'silent' }, 'no message for missing data'],
    ['message_alert', { message_alert: 'at {value}' }, 'fills nothing into a description'],
    ['message_alert', { message_alert: 'x'.repeat(1000) }, 'at most 1024 characters'],
  ])('refuses a row by its %s before anything is sent', async (column, parts, reason) => {
    const world = await start();
    const refused = await world.sync(csv(row('good'), row('bad', parts)));
    expect([refused.exitCode, world.service.requests.length === 0 || world.writeCount === 0]).toEqual([
      3,
      true,
    ]);
    expect(refused.stderr).toContain(column);
    expect(refused.stderr).toContain(reason);
  });

  it('refuses a name that is too long with its prefix, and one prefix sees nothing of another', async () => {
    const world = await start();
    world.configure(`${UNHURRIED}  name_prefix: team-a/\n`);
    const long = await world.sync(csv(row('x'.repeat(249))));
    expect([long.exitCode, long.stderr]).toEqual([3, expect.stringContaining('got 256')]);
    await world.sync(csv(row('one'), row('two')));
    world.configure(`${UNHURRIED}  name_prefix: team-b/\n`);
    const other = await world.sync(csv(row('one')));
    expect([other.exitCode, other.stdout]).toEqual([
      0,
      expect.stringContaining('Plan: 1 to create, 0 to update, 0 to delete'),
    ]);
    expect(world.names).toEqual(['team-a/one', 'team-a/two', 'team-b/one']);
  });

  it('keeps what people set on an alarm beside what the file says', async () => {
    const world = await start();
    await world.sync(csv(row('a')));
    const kept = {
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
      TreatMissingData: 'notBreaching',
      OKActions: [`${TOPICS}:fine`],
    };
    world.service.changeAlarm('a', kept);
    const changed = await world.sync(csv(row('a', { threshold: '9' })), '--max-update', '100%');
    expect([changed.exitCode, changed.stdout]).toEqual([0, expect.stringContaining('1 updated')]);
    expect(world.service.alarms).toMatchObject([{ ...kept, Threshold: 9 }]);
  });

  it.each(['all', 'none'])(
    'never touches alarms without its line, whatever their names, with checks of %s',
    async (checks) => {
      const world = await start();
      const rows = hosts(120);
      for (const text of rows.slice(0, 60)) world.service.seedAlarm({ AlarmName: text.split(',')[0] ?? '' });
      const before = world.service.alarms;
      const synced = await world.sync(csv(...rows), '--check-before', checks);
      // Names that others have are conflicts: a create would replace their alarms.
      expect([synced.exitCode, synced.stdout]).toEqual([4, expect.stringContaining('60 created')]);
      await world.sync(csv(row('host-0100')), '--max-delete', '100%');
      expect(world.service.alarms.filter(({ AlarmName }) => AlarmName < 'host-0060')).toEqual(before);
      expect(world.names.filter((name) => name >= 'host-0060')).toEqual(['host-0100']);
    },
  );

  it.each(['all', 'none'])(
    'leaves an alarm alone whose line was taken away since the plan, with checks of %s',
    async (checks) => {
      const world = await start();
      await world.sync(csv(row('gone'), row('changed'), row('stays')));
      world.workspace.write('alarms.csv', csv(row('changed', { threshold: '9' }), row('stays')));
      const flags = ['--check-before', checks, '--max-delete', '100%', '--out', 'plan.db'];
      expect((await world.run(['plan', 'alarms.csv', ...flags, ...world.flags])).exitCode).toBe(0);
      for (const name of ['gone', 'changed'])
        world.service.changeAlarm(name, { AlarmDescription: 'mine now' });
      const before = world.service.alarms;
      const applied = await world.run(['apply', 'plan.db', '--config', 'config.yaml']);
      expect([applied.exitCode, world.service.alarms]).toEqual([4, before]);
    },
  );

  it('rolls back what a run did', async () => {
    const world = await start();
    await world.sync(csv(row('changed'), row('gone', { contact: 'ldap:ops', metric_math: 'median' })));
    const shape = (): readonly object[] =>
      world.service.alarms.map(
        ({ AlarmName, AlarmDescription, Threshold, AlarmActions, ExtendedStatistic }) => ({
          AlarmName,
          AlarmDescription,
          Threshold,
          AlarmActions,
          ExtendedStatistic,
        }),
      );
    const before = shape();
    const planned = await world.sync(
      csv(row('changed', { threshold: '9' }), row('new')),
      '--max-delete',
      '100%',
    );
    const planPath = /^Plan file: (.+)$/mu.exec(planned.stderr)?.[1] ?? '';
    const args = ['rollback', planPath, '--auto-approve', '--max-delete', '100%', '--config', 'config.yaml'];
    expect([(await world.run(args)).exitCode, shape()]).toEqual([0, before]);
  });

  it('loses and doubles nothing when it is killed, and answers are lost', async () => {
    const world = await start();
    world.workspace.write('alarms.csv', csv(...hosts(150)));
    let putCount = 0;
    const failing = (killAtCount: number, kill: () => void): void => {
      world.service.fault = (operation) => {
        if (world.service.alarmCount === killAtCount) kill();
        if (operation !== 'PutMetricAlarm') return undefined;
        putCount += 1;
        if (putCount % 7 === 0)
          return { kind: 'status', status: 500, name: 'InternalServiceFault', acts: true };
        return putCount % 11 === 0 ? { kind: 'drop', acts: true } : undefined;
      };
    };
    const args = ['sync', 'alarms.csv', '--auto-approve', '--settle-time', '0s', ...world.flags];
    await world.run(args, (kill) => failing(60, kill));
    failing(-1, () => {});
    const resumed = await world.run(['resume', '--settle-time', '0s', '--config', 'config.yaml']);
    expect([resumed.exitCode, world.service.alarmCount]).toEqual([0, 150]);
    world.service.fault = undefined;
    const again = await world.sync(csv(...hosts(150)));
    expect(again.stdout).toContain('150 unchanged');
  });

  it('deletes nothing when a page of the list is refused', async () => {
    const world = await start();
    await world.sync(csv(...hosts(250)));
    world.service.fault = (operation, body) =>
      operation === 'DescribeAlarms' && body['NextToken'] !== undefined
        ? { kind: 'status', status: 403, name: 'AccessDenied', acts: false }
        : undefined;
    const { writeCount } = world;
    const refused = await world.sync(csv(row('host-0000')), '--max-delete', '100%');
    expect([refused.exitCode, world.writeCount, world.service.alarmCount]).toEqual([7, writeCount, 250]);
  });

  it('keeps to the writes that AWS grants, so that none is refused, and says how long they take', async () => {
    const world = await start('');
    world.service.limit('PutMetricAlarm', 3, 3);
    const { exitCode, stdout, stderr } = await world.sync(csv(...hosts(24)));
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('24 created')]);
    expect(stderr).toContain('Forecast: 24 requests, 8 s at the set quota.');
    expect(world.countOf('PutMetricAlarm')).toBe(24);
  });

  it('waits where it is refused for its pace, and loses nothing', async () => {
    const world = await start();
    world.service.limit('PutMetricAlarm', 10, 10);
    const { exitCode, stdout } = await world.sync(csv(...hosts(40)));
    expect([exitCode, stdout, world.service.alarmCount]).toEqual([
      0,
      expect.stringContaining('40 created, 0 updated, 0 deleted, 0 failed'),
      40,
    ]);
  });

  it('needs a region and a namespace, and names credentials that are refused', async () => {
    const world = await start();
    world.workspace.write('alarms.csv', csv(row('a')));
    const nowhere = await world.run([
      'plan',
      'alarms.csv',
      '--service',
      'cloudwatch:',
      '--config',
      'config.yaml',
    ]);
    expect([nowhere.exitCode, nowhere.stderr]).toEqual([1, expect.stringContaining('a region such as')]);
    const nameless = await world.run(['plan', 'alarms.csv', '--service', 'cloudwatch:eu-central-1']);
    expect([nameless.exitCode, nameless.stderr]).toEqual([
      1,
      expect.stringContaining('expected the namespace'),
    ]);
    const env = {
      AWS_ENDPOINT_URL: world.service.url,
      AWS_ACCESS_KEY_ID: 'AKIAWRONG',
      AWS_SECRET_ACCESS_KEY: 'secret-key',
    };
    const refused = await world.workspace.run(['plan', 'alarms.csv', ...world.flags], { env });
    expect([refused.exitCode, refused.stderr]).toEqual([7, expect.stringContaining('InvalidClientTokenId')]);
    expect(refused.stderr + refused.stdout).not.toContain('secret-key');
  });
});
