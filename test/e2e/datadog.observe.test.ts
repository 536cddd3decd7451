// `alarmsync observe install`, end to end against a strict stand-in of Datadog: what is made, and that it is made once.

import { describe, expect, it } from 'vitest';

import { rowsOf } from '../stand-ins/datadog/call.ts';
import { eventsOf, openWorkspace } from './command-line.ts';
import { start } from './datadog-world.ts';
import {
  DASHBOARD,
  MONITOR,
  DOWNTIME,
  observe,
  idsOf,
  definitionsOf,
  queriesOf,
  widgetOf,
  counting,
} from './observe-world.ts';

describe('observe install', () => {
  it('makes two downtimes, a monitor and a dashboard, in this order, and nothing else', async () => {
    const world = await start();
    const made = await observe(world, 'install');
    expect([made.exitCode, made.stdout]).toEqual([
      0,
      'created    downtime   weeknights\ncreated    downtime   weekends\ncreated    monitor    alarmsync: no good sync\n' +
        'created    dashboard  alarmsync\nObserve: 4 created, 0 updated, 0 unchanged.\n',
    ]);
    const writes = world.service.requests.filter(({ method }) => method !== 'GET');
    expect(writes.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `POST ${DOWNTIME}`,
      `POST ${DOWNTIME}`,
      `POST ${MONITOR}`,
      `POST ${DASHBOARD}`,
    ]);
  });

  it('shows runs, the band of write times, operations by the hour, failures, drift, quota and durations', async () => {
    const world = await start();
    await observe(world, 'install', '--tag', 'team:ops,env:prod');
    expect(world.service.dashboards[0]).toMatchObject({
      title: 'alarmsync (env:prod,team:ops)',
      layout_type: 'ordered',
      description: expect.stringMatching(/\nalarmsync observe: dashboard of env:prod,team:ops$/u),
    });
    const [note, ...graphs] = definitionsOf(world);
    expect(note).toMatchObject({ type: 'note', content: expect.stringContaining('How to read this') });
    const scope = 'env:prod,team:ops';
    expect(graphs.flatMap(queriesOf)).toEqual([
      `sum:alarmsync.runs{${scope}} by {outcome}.as_count()`,
      `max:alarmsync.last_success.age_seconds{${scope}}`,
      `avg:alarmsync.database.write_seconds{${scope}}`,
      `sum:alarmsync.operations{${scope}}.as_count().rollup(sum, 3600)`,
      `sum:alarmsync.operations{${scope},!outcome:done} by {failure_class}.as_count()`,
      `max:alarmsync.plan.drift_ratio{${scope}}`,
      `max:alarmsync.quota.used_ratio{${scope}}`,
      `max:alarmsync.run.duration_seconds{${scope}} by {outcome}`,
    ]);
    const [band] = rowsOf(
      widgetOf(world, 'Scratch database: time of a write, and its usual band (s)')['requests'],
    );
    expect(band?.['formulas']).toEqual([{ formula: "anomalies(query1, 'basic', 2)" }]);
  });

  it('is made for one target of several by its own tag, at its own service', async () => {
    const [eu, us] = [await start(), await start()];
    const target = { contacts: {}, 'settle-time': '0s' };
    const targets = [
      { name: 'eu', service: `datadog:${eu.service.url}`, ...target },
      { name: 'us', service: `datadog:${us.service.url}`, ...target },
    ];
    // JSON is YAML.
    us.workspace.write('targets.yaml', JSON.stringify({ 'target-column': 'site', targets }));
    const made = await us.run(['observe', 'install', '--config', 'targets.yaml', '--target', 'us']);
    expect(made.exitCode, made.stderr).toBe(0);
    expect([eu.writeCount, us.writeCount]).toEqual([0, 4]);
    expect(us.service.dashboards[0]).toMatchObject({ title: 'alarmsync (target:us)' });
    const unnamed = await us.run(['observe', 'diff', '--config', 'targets.yaml']);
    expect([unnamed.exitCode, unnamed.stderr]).toEqual([
      1,
      expect.stringContaining('choose one with --target'),
    ]);
  });

  it('watches the age of the last good sync: two thresholds, no data, and a message for each state', async () => {
    const world = await start();
    await observe(world, 'install', '--tag', 'env:prod', '--notify', '@ops@example.com,@slack-ops');
    const [monitor] = world.service.monitors;
    expect(monitor).toMatchObject({
      type: 'query alert',
      query: 'max(last_5m):max:alarmsync.last_success.age_seconds{env:prod} > 180000',
      tags: ['observed_by:alarmsync', expect.stringMatching(/^alarmsync_observe:[\da-f]{16}$/u), 'env:prod'],
      options: {
        thresholds: { critical: 180_000, warning: 93_600 },
        notify_no_data: true,
        no_data_timeframe: 10,
      },
    });
    const message = monitor?.message ?? '';
    for (const state of ['is_alert', 'is_warning', 'is_no_data', 'is_recovery'])
      expect(message).toMatch(
        new RegExp(`\\{\\{#${state}\\}\\}[^\\n]*\\{\\{value\\}\\}[^\\n]*\\{\\{/${state}\\}\\}`, 'u'),
      );
    expect(message).toMatch(/\n@ops@example\.com @slack-ops$/u);
  });

  it('mutes that monitor and no other on weeknights and weekends of the time zone', async () => {
    const world = await start();
    await observe(world, 'install', '--timezone', 'Europe/Berlin');
    const tags = world.service.monitors[0]?.tags;
    const [weeknights, weekends] = world.service.downtimes.map(({ attributes }) => attributes);
    expect(weeknights).toMatchObject({
      monitor_identifier: { monitor_tags: tags },
      scope: '*',
      schedule: {
        timezone: 'Europe/Berlin',
        recurrences: [
          { start: '2026-01-04T19:00', duration: '14h', rrule: 'FREQ=WEEKLY;BYDAY=SU,MO,TU,WE,TH,FR' },
        ],
      },
    });
    expect(weekends).toMatchObject({
      monitor_identifier: { monitor_tags: tags },
      schedule: {
        timezone: 'Europe/Berlin',
        recurrences: [{ start: '2026-01-03T00:00', duration: '1d', rrule: 'FREQ=WEEKLY;BYDAY=SA,SU' }],
      },
    });
  });

  it('follows how often a sync is started, and what is given goes before it', async () => {
    const world = await start();
    await observe(world, 'install', '--every', '1h');
    const options = (): unknown => world.service.monitors[0]?.options;
    expect(options()).toMatchObject({
      thresholds: { warning: 4200, critical: 7800 },
      no_data_timeframe: 70,
    });
    await observe(world, 'install', '--every', '24h', '--critical', '3d');
    expect(options()).toMatchObject({
      thresholds: { warning: 93_600, critical: 259_200 },
      no_data_timeframe: 1560,
    });
    expect(world.service.monitors[0]?.query).toContain('> 259200');
  });

  it('sends nothing the second time, also among many dashboards', async () => {
    const world = await start();
    for (let count = 0; count < 120; count += 1)
      world.service.seedDashboard({ title: `other ${count}`, layout_type: 'ordered', widgets: [] });
    await observe(world, 'install', '--tag', 'env:prod');
    const writeCount = counting(world);
    const again = await observe(world, 'install', '--tag', 'env:prod');
    expect([again.exitCode, again.stdout, writeCount()]).toEqual([
      0,
      expect.stringContaining('Observe: 0 created, 0 updated, 4 unchanged.'),
      0,
    ]);
  });

  it('keeps the sets of different tags apart', async () => {
    const world = await start();
    await observe(world, 'install', '--tag', 'env:prod');
    const production = idsOf(world);
    await observe(world, 'install', '--tag', 'env:test');
    expect(idsOf(world)).toHaveLength(8);
    await observe(world, 'remove', '--tag', 'env:test');
    expect(idsOf(world)).toEqual(production);
  });
});

describe('observe', () => {
  it.each<[string, readonly string[], string]>([
    ['another action', ['observe', 'instal'], 'expected one of install, diff, remove, got "instal"'],
    ['no service', ['observe', 'diff'], 'expected --service'],
    [
      'another service',
      ['observe', 'diff', '--service', 'embedded:held.db'],
      'expected datadog: or datadog:URL, where dashboards are made of metrics, got another service',
    ],
    ['a tag in upper case', ['observe', 'diff', '--tag', 'Env:prod'], 'expected tags in lower case'],
    ['a scope for a tag', ['observe', 'diff', '--tag', 'env:prod} or {*'], 'expected tags in lower case'],
    [
      'no handle',
      ['observe', 'diff', '--notify', 'ops@example.com'],
      'expected handles such as @ops@example.com',
    ],
    ['a variable', ['observe', 'diff', '--notify', '@{{x}}'], 'expected handles'],
    ['no time zone', ['observe', 'diff', '--timezone', 'Mars/Olympus'], 'expected a time zone'],
    [
      'thresholds the wrong way',
      ['observe', 'diff', '--warning', '3h', '--critical', '2h'],
      'less than --critical',
    ],
    ['no data too soon', ['observe', 'diff', '--no-data', '9m'], 'expected at least 10m'],
    ['half a minute', ['observe', 'diff', '--no-data', '630s'], 'expected whole minutes'],
    ['half a second', ['observe', 'diff', '--warning', '1500ms'], 'expected whole seconds'],
  ])('is refused with %s before anything is sent', async (_, args, reason) => {
    const ended = await openWorkspace().run(args);
    expect([ended.exitCode, ended.stdout, ended.stderr]).toEqual([1, '', expect.stringContaining(reason)]);
  });

  it('tells each step as an event', async () => {
    const world = await start();
    await observe(world, 'install');
    world.service.changeMonitor(world.service.monitors[0]?.id ?? 0, { name: 'renamed' });
    const events = eventsOf(await observe(world, 'diff', '--json'));
    expect(
      events
        .filter(({ type }) => type === 'observed')
        .map(({ kind, action, fields }) => [kind, action, fields]),
    ).toEqual([
      ['downtime', 'none', []],
      ['downtime', 'none', []],
      ['monitor', 'update', ['name']],
      ['dashboard', 'none', []],
    ]);
  });

  it('shows nothing of the keys', async () => {
    const world = await start();
    const ended = await observe(world, 'install', '--verbose');
    expect(ended.exitCode).toBe(0);
    for (const key of Object.values(world.service.credentials))
      expect(ended.stdout + ended.stderr).not.toContain(key);
  });
});
