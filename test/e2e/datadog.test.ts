// `alarmsync sync --service datadog:` end to end, against a strict stand-in over HTTP.

import { describe, expect, it } from 'vitest';

import { csv, hosts, row, start, uuid } from './datadog-world.ts';

const MONITOR = '/api/v1/monitor';

describe('a sync with Datadog', () => {
  it('makes the monitor that warns at 500, alerts at 800 and says what it saw', async () => {
    const world = await start();
    const content = csv(
      row('my metric', {
        threshold: '800',
        warning_threshold: '500',
        metric_name: 'my_metric',
        no_data_minutes: '10',
        message_alert: 'Alert: {value} is over {threshold}.',
        message_warning: 'Warning: {value} is over {threshold}.',
        message_no_data: '{name} is silent, "again".',
        query_scope: 'host:serole',
      }),
    );
    expect((await world.sync(content)).stdout).toContain('1 created');
    const [monitor] = world.service.monitors;
    expect(monitor).toMatchObject({
      name: 'my metric',
      query: 'avg(last_5m):avg:my_metric{host:serole} > 800',
      message: [
        '{{#is_alert}}Alert: {{value}} is over {{threshold}}.{{/is_alert}}',
        '{{#is_warning}}Warning: {{value}} is over {{warn_threshold}}.{{/is_warning}}',
        '{{#is_no_data}}my metric is silent, "again".{{/is_no_data}}',
        '@ops@example.com',
      ].join('\n'),
      options: { thresholds: { critical: 800, warning: 500 }, notify_no_data: true, no_data_timeframe: 10 },
    });
    expect(monitor?.tags).toContain('managed_by:alarmsync');
    const { writeCount } = world;
    const again = await world.sync(content);
    expect([again.exitCode, again.stdout, world.writeCount]).toEqual([
      0,
      expect.stringContaining('1 unchanged'),
      writeCount,
    ]);
  });

  it('holds a thousand alarms with all the vocabulary that Datadog has, and sends nothing the second time', async () => {
    const world = await start();
    const methods = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'];
    const maths = ['sum', 'avg', 'min', 'max', 'median', 'p50', 'p99', 'p99.9'];
    const contacts = ['', 'a@b.example', 'a@b.example;ldap:ops', 'ticket:OPS;posix:root', 'ticket:DB'];
    const windows = ['', '5m', '90m', '2h', '1d', '1w'];
    const thresholds = ['3', '3.0', '1e3', '-0.25', '+7', '.5', '0'];
    const rows = Array.from({ length: 1000 }, (_, index) =>
      row(`host-${String(index).padStart(4, '0')} é "q", ;`, {
        threshold: thresholds[index % thresholds.length] ?? '',
        comparison_method: methods[index % methods.length] ?? '',
        metric_math: maths[index % maths.length] ?? '',
        contact: contacts[index % contacts.length] ?? '',
        evaluation_window: windows[index % windows.length] ?? '',
        alarm_state: index % 3 === 0 ? 'inactive' : 'active',
        tracking_metric_id: uuid(index).toUpperCase(),
        query_scope: ['', '*', 'env:prod', 'env:prod,host:a'][index % 4] ?? '',
        message_alert: ['', 'at {value}\nnow', 'plain {name}'][index % 3] ?? '',
      }),
    );
    const first = await world.sync(csv(...rows));
    expect([first.exitCode, world.service.monitorCount]).toEqual([0, 1000]);
    const { writeCount } = world;
    // One downtime mutes all that are inactive.
    expect([writeCount, world.service.downtimes.length]).toEqual([1001, 1]);
    expect(world.service.downtimes[0]?.attributes).toMatchObject({
      monitor_identifier: { monitor_tags: ['managed_by:alarmsync', 'alarmsync_state:inactive'] },
      scope: '*',
    });
    const second = await world.sync(csv(...rows));
    expect([second.exitCode, world.writeCount]).toEqual([0, writeCount]);
    expect(second.stdout).toContain('1000 unchanged');
  });

  it('names each row that Datadog cannot hold, by line, column and reason, and writes nothing', async () => {
    const world = await start();
    const content = csv(
      row('good'),
      row('math', { metric_math: 'mode' }),
      row('anomaly', { metric_math: 'anomalies' }),
      row('contact', { contact: 'ticket:UNKNOWN' }),
      row('metric', { metric_name: '1st metric' }),
      row('exact', { threshold: '0.1000000000000000000001' }),
      row(' blanks'),
      row('message', { message_alert: 'see {{host}} @everyone' }),
      row('window', { evaluation_window: '2d' }),
      row('scope', { query_scope: '{host:a}' }),
    );
    const refused = await world.sync(content);
    expect([refused.exitCode, world.writeCount]).toEqual([3, 0]);
    for (const [line, column] of [
      [3, 'metric_math'],
      [4, 'metric_math'],
      [5, 'contact'],
      [6, 'metric_name'],
      [7, 'threshold'],
      [8, 'name'],
      [9, 'message_alert'],
      [10, 'evaluation_window'],
      [11, 'query_scope'],
    ])
      expect(refused.stderr).toMatch(new RegExp(`${line}\\b.*${column}`, 'u'));
    const checked = await world.workspace.run([
      'validate',
      'alarms.csv',
      '--service',
      'datadog:',
      '--config',
      'config.yaml',
    ]);
    expect([checked.exitCode, checked.stderr.match(/^.*\bmetric_math\b.*$/gmu)?.length]).toEqual([3, 2]);
    const skipped = await world.sync(content, '--on-invalid', 'skip');
    expect([skipped.exitCode, world.names]).toEqual([6, ['good']]);
  });

  it('keeps tags and options that people set by hand, whatever it changes', async () => {
    const world = await start();
    await world.sync(csv(row('a')));
    const [monitor] = world.service.monitors;
    if (monitor === undefined) throw new Error('expected a monitor');
    const options = { ...monitor.options, renotify_interval: 30, require_full_window: false };
    world.service.changeMonitor(monitor.id, { tags: [...monitor.tags, 'team:db'], options });
    expect((await world.sync(csv(row('a')))).stdout).toContain('1 unchanged');
    await world.sync(csv(row('a', { threshold: '4' })));
    expect(world.service.monitor(monitor.id)).toMatchObject({
      query: 'avg(last_5m):avg:system.load.1{*} > 4',
      tags: expect.arrayContaining(['team:db']),
      options: { renotify_interval: 30, require_full_window: false, thresholds: { critical: 4 } },
    });
  });

  it('asks for a monitor once before it updates or deletes it', async () => {
    const world = await start();
    await world.sync(csv(row('a'), row('b')));
    const before = world.service.requests.length;
    await world.sync(csv(row('a', { threshold: '4' })), '--max-delete', '100%');
    const methods = world.service.requests
      .slice(before)
      .filter(({ path }) => path.startsWith(`${MONITOR}/`))
      .map(({ method }) => method);
    expect(methods.toSorted()).toEqual(['DELETE', 'GET', 'GET', 'PUT']);
  });

  it('never touches monitors without its tag, whatever their names', async () => {
    const world = await start();
    const rows = hosts(120);
    for (const text of rows) world.service.seedMonitor({ name: text.split(',')[0] ?? '' });
    const before = world.service.monitors;
    await world.sync(csv(...rows));
    await world.sync(csv(row('host-0000')), '--max-delete', '100%');
    expect(world.service.monitors.filter(({ tags }) => tags.length === 0)).toEqual(before);
    expect(world.service.monitorCount).toBe(121);
  });

  it('compares states by their meaning, whatever was asked: no write can set in_alarm there', async () => {
    const world = await start();
    const content = csv(row('host-0000', { alarm_state: 'in_alarm' }));
    const first = await world.sync(content, '--compare-state', 'exact');
    expect(first.stderr).toContain('--compare-state exact is passed over');
    const again = await world.sync(content, '--compare-state', 'exact');
    expect([again.exitCode, again.stdout]).toEqual([0, expect.stringContaining('1 unchanged')]);
    const meaning = await world.sync(content);
    expect(meaning.stderr).not.toContain('--compare-state');
  });

  it('deletes nothing when a page of the list is refused', async () => {
    const world = await start();
    await world.sync(csv(...hosts(250)));
    world.service.fault = ({ method, query }) =>
      method === 'GET' && query.get('id_offset') !== '0'
        ? { kind: 'status', status: 403, acts: false }
        : undefined;
    const { writeCount } = world;
    const refused = await world.sync(csv(row('host-0000')), '--page-size', '100', '--max-delete', '100%');
    expect([refused.exitCode, world.writeCount, world.service.monitorCount]).toEqual([7, writeCount, 250]);
  });

  it('leaves a monitor alone that was renamed or copied by hand', async () => {
    const world = await start();
    await world.sync(csv(row('a'), row('b')));
    const [first, second] = world.service.monitors;
    if (first === undefined || second === undefined) throw new Error('expected two monitors');
    world.service.changeMonitor(first.id, { name: 'renamed' });
    const copy = world.service.seedMonitor({ ...second, id: second.id + 1, name: 'b (copy)' });
    const finished = await world.sync(csv(row('b')), '--max-delete', '100%');
    expect([finished.exitCode, world.service.monitor(first.id)?.name]).toEqual([6, 'renamed']);
    expect(world.service.monitor(copy)?.name).toBe('b (copy)');
  });

  it('rolls back what a run did', async () => {
    const world = await start();
    await world.sync(csv(row('changed'), row('gone', { contact: 'ldap:ops' })));
    const shape = (): readonly object[] =>
      world.service.monitors
        .map(({ name, query, message, tags }) => ({ name, query, message, tags }))
        .toSorted((left, right) => left.name.localeCompare(right.name));
    const before = shape();
    const planned = await world.sync(
      csv(row('changed', { threshold: '9' }), row('new')),
      '--max-delete',
      '100%',
    );
    const planPath = /^Plan file: (.+)$/mu.exec(planned.stderr)?.[1] ?? '';
    const undone = await world.run([
      'rollback',
      planPath,
      '--auto-approve',
      '--max-delete',
      '100%',
      '--config',
      'config.yaml',
    ]);
    expect([undone.exitCode, shape()]).toEqual([0, before]);
  });

  it('takes its keys from the variables that the configuration file names, before the usual ones', async () => {
    const world = await start();
    world.workspace.write(
      'config.yaml',
      'secrets:\n  datadog_api_key: env:ORG_API_KEY\n  datadog_application_key: env:ORG_APP_KEY\n',
    );
    world.workspace.write('alarms.csv', csv(row('host-0000')));
    const args = ['sync', 'alarms.csv', '--auto-approve', ...world.flags];
    const { credentials } = world.service;
    const usual = { DD_API_KEY: 'wrong', DD_APP_KEY: 'wrong', ORG_API_KEY: credentials['dd-api-key'] ?? '' };
    const missing = await world.workspace.run(args, { env: usual });
    expect([missing.exitCode, missing.stderr]).toEqual([7, expect.stringContaining('expected ORG_APP_KEY')]);
    const named = { ...usual, ORG_APP_KEY: credentials['dd-application-key'] ?? '' };
    const synced = await world.workspace.run(args, { env: named });
    expect([synced.exitCode, synced.stdout]).toEqual([0, expect.stringContaining('1 created')]);
  });

  it('shows no key, and says which one is missing or refused', async () => {
    const world = await start();
    world.workspace.write('alarms.csv', csv(row('a')));
    const args = ['plan', 'alarms.csv', ...world.flags];
    const missing = await world.workspace.run(args, { env: { DD_API_KEY: 'secret-api-key' } });
    expect([missing.exitCode, missing.stderr]).toEqual([7, expect.stringContaining('DD_APP_KEY')]);
    const wrong = await world.workspace.run(args, {
      env: { DD_API_KEY: 'secret-api-key', DD_APP_KEY: 'secret-app-key' },
    });
    expect(wrong.exitCode).toBe(7);
    expect(missing.stderr + wrong.stderr + wrong.stdout).not.toMatch(/secret-(?:api|app)-key/u);
  });
});
