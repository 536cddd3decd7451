// Plan files that are not to be trusted: copies, and files that somebody edited.

import { copyFileSync } from 'node:fs';

import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';

import { checksumOf, openWorkspace, planPathOf, type Finished, type Workspace } from './command-line.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { csv, rows } from './world.ts';

const QUICK = ['--settle-time', '10ms', '--retries', '1'];

describe('a plan file', () => {
  async function startPlanned(): Promise<{
    workspace: Workspace;
    service: StandIn;
    plan: string;
    checksum: string;
  }> {
    const workspace = openWorkspace();
    const service = await startStandIn();
    const file = workspace.write('alarms.csv', csv(rows(6)));
    const planned = await workspace.run(['plan', file, '--service', service.url]);
    expect(planned.exitCode).toBe(0);
    return { workspace, service, plan: planPathOf(planned), checksum: checksumOf(planned) };
  }

  function expectRefused(finished: Finished, code: string): void {
    expect(finished.stderr).toContain(`[${code}]`);
    expect(finished.exitCode).toBe(4);
  }

  it('is refused when another copy of it was applied', async () => {
    const { workspace, service, plan } = await startPlanned();
    const copy = workspace.path('copy.db');
    copyFileSync(plan, copy);
    expect((await workspace.run(['apply', plan, ...QUICK])).exitCode).toBe(0);
    service.drop('alarm-0');

    expectRefused(await workspace.run(['apply', copy, ...QUICK]), 'ALARMSYNC_PLAN_STALE');
    expectRefused(await workspace.run(['apply', plan, ...QUICK]), 'ALARMSYNC_PLAN_STALE');
    expect(service.writes).toHaveLength(6);
  });

  it('is refused when the applied copy is not finished yet', async () => {
    const { workspace, service, plan } = await startPlanned();
    const copy = workspace.path('copy.db');
    copyFileSync(plan, copy);
    expect((await workspace.run(['apply', plan, '--limit', '2', ...QUICK])).exitCode).toBe(10);

    expectRefused(await workspace.run(['apply', copy, ...QUICK]), 'ALARMSYNC_PLAN_STALE');
    expect(service.writes).toHaveLength(2);
  });

  it('is refused as a copy whose approval was given beforehand, too', async () => {
    const workspace = openWorkspace();
    const service = await startStandIn();
    const file = workspace.write('alarms.csv', csv(rows(6)));
    const plan = workspace.path('plan.db');
    const sync = ['sync', file, '--service', service.url, '--auto-approve', '--out', plan];
    const refused = await workspace.run([...sync, '--max-create', '0', ...QUICK]);
    expect(refused.exitCode).toBe(3);
    const copy = workspace.path('copy.db');
    copyFileSync(plan, copy);
    const forced = ['--force', '--checksum', checksumOf(refused), ...QUICK];
    expect((await workspace.run(['apply', plan, ...forced])).exitCode).toBe(0);
    service.drop('alarm-0');

    expectRefused(await workspace.run(['apply', copy, ...forced]), 'ALARMSYNC_PLAN_STALE');
    expect(service.writes).toHaveLength(6);
  });

  it('that was begun is gone on with under its own checksum alone', async () => {
    const { workspace, service, plan, checksum } = await startPlanned();
    await workspace.run(['apply', plan, '--limit', '2', ...QUICK]);
    expect(service.writes).toHaveLength(2);
    const other = 'f'.repeat(64);

    for (const command of [['apply', plan], ['resume']]) {
      const finished = await workspace.run([...command, '--checksum', other, ...QUICK]);
      expectRefused(finished, 'ALARMSYNC_PLAN_CHECKSUM');
    }

    expect(service.writes).toHaveLength(2);
    expect((await workspace.run(['resume', '--checksum', checksum, ...QUICK])).exitCode).toBe(0);
    expect(service.writes).toHaveLength(6);
  });

  it.each([
    [
      'an image',
      `UPDATE image SET after_params = replace(after_params, '"3"', '"9"') WHERE operation_id = 1`,
    ],
    ['a name', `UPDATE operation SET name = 'other' WHERE id = 1`],
    ['an action', `UPDATE operation SET action = 'delete' WHERE id = 1`],
    ['one operation less', 'DELETE FROM image WHERE operation_id = 1; DELETE FROM operation WHERE id = 1'],
  ])('is refused when somebody edited it: %s', async (_, sql) => {
    const { workspace, service, plan } = await startPlanned();
    const database = new Database(plan);
    database.exec(sql);
    database.close();

    expectRefused(await workspace.run(['apply', plan, ...QUICK]), 'ALARMSYNC_PLAN_CHECKSUM');
    expect(service.writes).toEqual([]);
  });
});
