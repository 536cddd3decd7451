// `alarmsync observe diff` and `remove`, end to end: what people changed, and what others made.

import { describe, expect, it } from 'vitest';

import { call, objectOf, rowsOf } from '../stand-ins/datadog/call.ts';
import type { JsonObject } from '../stand-ins/datadog/json.ts';
import { start } from './datadog-world.ts';
import { counting, definitionsOf, DOWNTIME, idsOf, observe, widgetOf } from './observe-world.ts';

/** As somebody would have the drift: a line, with a legend. */
const redrawn = (widget: JsonObject): JsonObject => {
  const definition = objectOf(widget['definition']);
  if (definition['title'] !== 'Drift') return widget;
  const requests = rowsOf(definition['requests']).map((request) =>
    Object.assign(request, { display_type: 'line' }),
  );
  return { ...widget, definition: { ...definition, show_legend: true, requests } };
};

describe('observe diff', () => {
  it('writes nothing; ends with 2 where something is to be done, and with 0 where nothing is', async () => {
    const world = await start();
    const missing = await observe(world, 'diff');
    expect([missing.exitCode, missing.stdout, world.writeCount]).toEqual([
      2,
      expect.stringContaining('Observe: 4 to create, 0 to update, 0 unchanged.'),
      0,
    ]);
    await observe(world, 'install');
    const same = await observe(world, 'diff');
    expect([same.exitCode, same.stdout]).toEqual([
      0,
      expect.stringContaining('Observe: 0 to create, 0 to update, 4 unchanged.'),
    ]);
  });

  it('tells field by field what somebody changed; install restores it and keeps what they added', async () => {
    const world = await start();
    const { service } = world;
    await observe(world, 'install');
    const [monitor] = service.monitors;
    const [dashboard] = service.dashboards;
    const [weeknights] = service.downtimes;
    if (monitor === undefined || dashboard === undefined || weeknights === undefined)
      throw new Error('expected all of them');
    service.changeMonitor(monitor.id, {
      query: 'max(last_5m):max:alarmsync.last_success.age_seconds{*} > 999999',
      tags: [...monitor.tags, 'team:web'],
      options: {
        ...monitor.options,
        thresholds: { critical: 999_999, warning: 93_600, critical_recovery: 900_000 },
        renotify_interval: 30,
      },
    });
    const widgets = rowsOf(dashboard['widgets']).map(redrawn);
    const added = { definition: { type: 'note', content: 'by hand' } };
    service.changeDashboard(dashboard.id, {
      widgets: [added, ...widgets.toReversed()],
      notify_list: ['web@example.com'],
    });
    service.changeDowntime(weeknights.id, { scope: 'env:test' });
    const shown = await observe(world, 'diff');
    expect([shown.exitCode, shown.stdout]).toEqual([
      2,
      expect.stringContaining('Observe: 0 to create, 3 to update, 1 unchanged.'),
    ]);
    for (const line of [
      '  options.thresholds.critical: 999999.0 -> 180000\n',
      '  widgets.Drift.requests.0.display_type: "line" -> "area"\n',
      '  scope: "env:test" -> "*"\n',
    ])
      expect(shown.stdout).toContain(line);
    expect(shown.stdout).not.toMatch(/team:web|renotify|show_legend|by hand|notify_list/u);
    const restored = await observe(world, 'install');
    expect([restored.exitCode, restored.stdout]).toEqual([0, expect.stringContaining('3 updated')]);
    expect((await observe(world, 'diff')).exitCode).toBe(0);
    expect(service.monitor(monitor.id)).toMatchObject({
      query: expect.stringContaining('> 180000'),
      tags: [...monitor.tags, 'team:web'],
      options: { renotify_interval: 30, thresholds: { critical: 180_000, warning: 93_600 } },
    });
    expect(service.monitor(monitor.id)?.options['thresholds']).not.toHaveProperty('critical_recovery');
    const [held] = service.dashboards;
    expect(held?.['notify_list']).toEqual(['web@example.com']);
    expect(rowsOf(held?.['widgets'])[0]).toMatchObject(added);
    expect(
      rowsOf(held?.['widgets'])
        .map(({ id }) => id)
        .slice(1),
    ).toEqual(widgets.toReversed().map(({ id }) => id));
    expect(widgetOf(world, 'Drift')).toMatchObject({ show_legend: true });
  });

  it('finds a widget and a downtime that are gone', async () => {
    const world = await start();
    await observe(world, 'install');
    const [dashboard] = world.service.dashboards;
    const widgets = rowsOf(dashboard?.['widgets']).slice(0, -1);
    world.service.changeDashboard(dashboard?.id ?? '', { widgets });
    await call(world.service, 'DELETE', `${DOWNTIME}/${world.service.downtimes[1]?.id}`);
    const shown = await observe(world, 'diff');
    expect(shown.stdout).toContain('to create  downtime   weekends\n');
    expect(shown.stdout).toContain('  widgets.Duration of runs (s): (absent) -> {"type":"timeseries"');
    await observe(world, 'install');
    expect([definitionsOf(world).length, idsOf(world).length]).toEqual([9, 4]);
  });
});

describe('observe remove', () => {
  it('takes away what it made, in the other order, says so, and does nothing the second time', async () => {
    const world = await start();
    await observe(world, 'install');
    const removed = await observe(world, 'remove');
    expect([removed.exitCode, removed.stdout, idsOf(world)]).toEqual([
      0,
      'removed    dashboard  alarmsync\nremoved    monitor    alarmsync: no good sync\nremoved    downtime   weekends\n' +
        'removed    downtime   weeknights\nObserve: 4 removed, 0 not there.\n',
      [],
    ]);
    const writeCount = counting(world);
    const again = await observe(world, 'remove');
    expect([again.exitCode, again.stdout, writeCount()]).toEqual([
      0,
      expect.stringContaining('Observe: 0 removed, 4 not there.'),
      0,
    ]);
  });

  it('leaves alone what others made, whatever it is called', async () => {
    const world = await start();
    await observe(world, 'install');
    const { service } = world;
    const [monitor] = service.monitors;
    service.seedMonitor({
      name: 'alarmsync: no good sync',
      query: monitor?.query ?? '',
      tags: ['observed_by:alarmsync'],
    });
    service.seedMonitor({ name: 'taken over', tags: [...(monitor?.tags ?? []), 'managed_by:alarmsync'] });
    service.seedDashboard({
      title: 'alarmsync',
      description: 'by hand',
      layout_type: 'ordered',
      widgets: [],
    });
    service.seedDowntime({
      scope: '*',
      message: 'weeknights',
      monitor_identifier: { monitor_tags: monitor?.tags ?? [] },
    });
    const removed = await observe(world, 'remove');
    expect([removed.exitCode, idsOf(world).length]).toEqual([0, 4]);
    expect(service.monitors.map(({ name }) => name)).toEqual(['alarmsync: no good sync', 'taken over']);
    expect(service.dashboards.map(({ description }) => description)).toEqual(['by hand']);
  });
});

describe('two with the marks of one', () => {
  it('are a conflict that is told, and neither is touched', async () => {
    const world = await start();
    const { service } = world;
    await observe(world, 'install');
    const [monitor] = service.monitors;
    const [dashboard] = service.dashboards;
    service.seedDashboard({ ...dashboard, title: 'a copy' });
    service.seedMonitor({ name: 'a copy', tags: monitor?.tags ?? [] });
    const before = idsOf(world);
    for (const action of ['diff', 'install']) {
      const ended = await observe(world, action);
      expect([ended.exitCode, ended.stdout]).toEqual([4, expect.stringContaining('2 in conflict.')]);
      expect(ended.stderr).toContain(`expected one dashboard with the marks of "alarmsync", got several`);
    }
    const writeCount = counting(world);
    expect((await observe(world, 'remove')).exitCode).toBe(4);
    // The downtimes stand once each.
    expect([writeCount(), idsOf(world)]).toEqual([2, before.slice(2)]);
  });
});
