// Twenty thousand alarms with awkward names, through every command of the main path.

import { describe, expect, it } from 'vitest';

import { openWorkspace, planPathOf } from './command-line.ts';
import { startStandIn, type StandInSettings } from './stand-in.ts';
import { AWKWARD_NAMES, csv, heldMeanings, meanings, paramsOf, row, type Row } from './world.ts';

const OTHER_ORDER = [
  'metric_math',
  'contact',
  'name',
  'alarm_state',
  'tracking_metric_id',
  'threshold',
  'metric_name',
  'comparison_method',
] as const;

const ROLES = ['unchanged', 'update', 'create', 'delete'] as const;
type Role = (typeof ROLES)[number];

/** Names by what has to happen to them; each awkward name stands alone in one role and with a prefix in all of them. */
function namesByRole(counts: Readonly<Record<Role, number>>): Readonly<Record<Role, readonly string[]>> {
  const named = ROLES.map((role, index) => {
    const alone = AWKWARD_NAMES.filter((_, at) => at % ROLES.length === index);
    const prefixed = AWKWARD_NAMES.filter((name) => name.length < 900 && !name.startsWith('\u20AC')).map(
      (name) => `${role}:${name}`,
    );
    const awkward = [...alone, ...prefixed];
    const plain = Array.from({ length: counts[role] - awkward.length }, (_, at) => `${role}/${at}`);
    return [role, [...awkward, ...plain]] as const;
  });
  const { unchanged = [], update = [], create = [], delete: unwanted = [] } = Object.fromEntries(named);
  return { unchanged, update, create, delete: unwanted };
}

/** The same alarm in other words. */
function reworded(item: Row, index: number): object {
  const params = paramsOf(item);
  switch (index % 6) {
    case 0:
      return { ...params, threshold: '3.00e0', comparison_method: 'GT' };
    case 1:
      return { ...params, contact: params.contact.toReversed(), alarm_state: 'in_alarm' };
    case 2:
      return { ...params, tracking_metric_id: params.tracking_metric_id.toUpperCase(), metric_math: ' Sum ' };
    default:
      return params;
  }
}

describe.each<{ readonly form: string; readonly settings: Partial<StandInSettings> }>([
  { form: 'pages', settings: { paging: 'cursor' } },
  { form: 'one array without pages', settings: { paging: 'none', hasEtags: false } },
  { form: 'pages that overlap by an alarm', settings: { paging: 'overlap', hasTotals: true } },
])('against a service that lists in $form', ({ settings }) => {
  it('plans exactly, writes exactly that, deletes last, and then has nothing left to do', async () => {
    const workspace = openWorkspace();
    const service = await startStandIn(settings);
    const counts = { unchanged: 16_500, update: 2000, create: 1500, delete: 600 };
    const names = namesByRole(counts);
    names.unchanged.forEach((name, index) => service.put(name, reworded(row(name), index)));
    names.update.forEach((name) => service.put(name, paramsOf(row(name, { threshold: '4' }))));
    names.delete.forEach((name) => service.put(name, paramsOf(row(name))));
    const wanted = [...names.create, ...names.unchanged, ...names.update].map((name) => row(name));
    const file = workspace.write(
      'alarms.csv',
      csv(wanted, { columns: OTHER_ORDER, lineEnd: '\r\n', hasBom: true }),
    );
    const target = [file, '--service', service.url];

    const plan = await workspace.run(['plan', ...target, '--detailed-exitcode']);
    expect(plan.stderr).not.toContain('Error');
    expect(plan.stdout).toBe('Plan: 1500 to create, 2000 to update, 600 to delete, 16500 unchanged.\n');
    expect(plan.exitCode).toBe(2);
    expect(service.writes).toHaveLength(0);

    const apply = await workspace.run(['apply', planPathOf(plan)]);
    expect(apply.stdout).toBe('Sync complete: 1500 created, 2000 updated, 600 deleted, 0 failed.\n');
    expect(apply.exitCode).toBe(0);
    expect(service.writes).toHaveLength(4100);
    expect(service.breaches).toEqual([]);
    const methods = service.writes.map(({ method }) => method);
    expect(methods.indexOf('DELETE')).toBeGreaterThan(
      Math.max(methods.lastIndexOf('POST'), methods.lastIndexOf('PUT')),
    );
    expect(heldMeanings(service)).toEqual(meanings(wanted));
    const written = [...names.create, ...names.update];
    expect(written.filter((name) => service.paramsOf(name)['threshold'] !== '3')).toEqual([]);

    const again = await workspace.run(['sync', ...target, '--auto-approve']);
    expect(again.stdout).toBe(
      'Plan: 0 to create, 0 to update, 0 to delete, 20000 unchanged.\n' +
        'Sync complete: 0 created, 0 updated, 0 deleted, 0 failed.\n',
    );
    expect(again.exitCode).toBe(0);

    expect((await workspace.run(['apply', planPathOf(plan)])).exitCode).toBe(4);
    expect((await workspace.run(['verify', ...target])).exitCode).toBe(0);
    expect(service.writes).toHaveLength(4100);
  });
});

it('verifies with 2 when the service differs, and says where', async () => {
  const workspace = openWorkspace();
  const service = await startStandIn();
  service.put('disk', paramsOf(row('disk', { threshold: '4' })));
  service.put('cpu', paramsOf(row('cpu')));
  const file = workspace.write('alarms.csv', csv([row('disk'), row('cpu')]));

  const verify = await workspace.run(['verify', file, '--service', service.url]);

  expect(verify.exitCode).toBe(2);
  expect(verify.stdout).toContain('disk');
  expect(verify.stdout).toContain('Plan: 0 to create, 1 to update, 0 to delete, 1 unchanged.');
  expect(service.writes).toHaveLength(0);
});
