// `alarmsync report` on runs in every state, and where it writes.

import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { openWorkspace, planPathOf, type Workspace } from './command-line.ts';
import { csv as datadogCsv, row as datadogRow, start } from './datadog-world.ts';
import { LIMITS, reportOf, syncWorld } from './report-world.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { csv, paramsOf, row, rows } from './world.ts';

/** What a reader reads: without markup, blanks folded, entities read. */
function textOf(page: string): string {
  return page
    .replace(/<style>[^]*?<\/style>/u, '')
    .replaceAll(/<[^>]+>/gu, ' ')
    .replaceAll(/&lt;/gu, '<')
    .replaceAll(/&gt;/gu, '>')
    .replaceAll(/[\s\u202F]+/gu, ' ');
}

async function planned(
  wanted: string,
  held = 0,
): Promise<{ workspace: Workspace; service: StandIn; plan: string }> {
  const workspace = openWorkspace();
  const service = await startStandIn();
  for (const item of rows(held)) service.put(item.name, paramsOf(item));
  const file = workspace.write('alarms.csv', wanted);
  const finished = await workspace.run(['plan', file, '--service', service.url, '--out', 'plan.db']);
  expect([0, 3]).toContain(finished.exitCode);
  return { workspace, service, plan: 'plan.db' };
}

describe('the report', () => {
  it('of a plan says that nothing was sent yet, and what is foreseen', async () => {
    const { workspace, plan } = await planned(csv(rows(25, 'web')));

    const text = textOf(await reportOf(workspace, plan));

    expect(text).toContain('Planned, and not applied yet: 25 operations would be sent.');
    expect(text).toContain('25 to create');
    expect(text).toContain('No operation has an outcome yet');
    expect(text).toContain('web-… 25 0 0 25 0');
    expect(text).toContain('foreseen to take 25 requests');
    expect(text).toContain('The plan was accepted.');
  });

  it('of a plan that changes nothing says so in words', async () => {
    const { workspace, plan } = await planned(csv(rows(3)), 3);

    const text = textOf(await reportOf(workspace, plan));

    expect(text).toContain('Planned: there is nothing to do.');
    expect(text).toContain('Alarms: no operations.');
    expect(text).toContain('There is no change to an alarm');
    expect(text).toContain('No operation has failed.');
    expect(text).toContain('No row of the file was rejected.');
  });

  it('of a refused plan tells the arithmetic and the flag that accepts it', async () => {
    const { workspace, plan } = await planned(csv(rows(69)), 100);

    const text = textOf(await reportOf(workspace, plan));

    expect(text).toContain(
      'The plan is refused: it goes over what is allowed without a word. Nothing was sent.',
    );
    expect(text).toContain('Deletes: 31, where 30 are allowed ✗ over by 1; --max-delete 31 would accept it');
    expect(text).toContain('30 % of 100 = 30; at least 10, but at most half of 100, 50.');
    expect(text).toContain('Updates: 0, where 30 are allowed ✓ within');
  });

  it('of a run that ended tells what was done, what failed, conflicts, held deletes and rejected rows', async () => {
    const { workspace, plan } = await syncWorld();

    const text = textOf(await reportOf(workspace, plan));

    expect(text).toContain('Finished, with conflicts');
    expect(text).toContain('create 66 65 1 0 0 0');
    expect(text).toContain('update 10 9 0 1 0 0');
    expect(text).toContain('delete 2 0 0 0 2 0');
    expect(text).toContain('refused (another 4xx) 422 refused for good 1');
    expect(text).toContain('2 deletes are held back');
    expect(text).toMatch(/Conflicts by reason; each was left alone Reason Operations it [a-z ]+ 1 /u);
    expect(text).toContain('check before the write changed since the plan – 1');
    expect(text).toContain('team-… 61 10 0 71 69');
    expect(text).toContain('threshold 10 100 %');
    expect(text).toContain('contact 10 100 %');
    expect(text).toContain('Given for this run: --max-delete 100%, --max-update 100%.');
    expect(text).toMatch(/Rejected rows by column, of 1 in all.* threshold 1 /u);
    expect(text).toMatch(/Throughput, as figures/u);
  });

  it('of a run that was stopped counts what is left, then all of it once it is resumed, and of its rollback', async () => {
    const workspace = openWorkspace();
    const service = await startStandIn();
    const file = workspace.write('alarms.csv', csv([row('db/a'), row('db/b'), row('c')]));
    const target = ['--service', service.url, '--auto-approve', ...LIMITS];
    const sync = await workspace.run(['sync', file, ...target, '--limit', '1']);
    expect(sync.exitCode).toBe(10);
    const plan = planPathOf(sync);
    const stopped = textOf(await reportOf(workspace, plan));
    expect(stopped).toContain('Stopped before its end with exit code 10: 2 operations left');

    expect((await workspace.run(['resume'])).exitCode).toBe(0);
    expect(textOf(await reportOf(workspace, plan))).toContain(
      'Finished: everything that was planned is done.',
    );

    const rollback = await workspace.run(['rollback', plan, '--auto-approve', ...LIMITS]);
    expect(rollback.exitCode).toBe(0);
    const undone = textOf(await reportOf(workspace, planPathOf(rollback)));
    expect(undone).toContain('rollback of run ');
    expect(undone).toContain('none: made from the before-images of the run it undoes');
    expect(undone).toContain('db/… 0 0 2 2 2');
  });

  it('of a run with downtimes counts them by themselves, and of an adoption says what changes', async () => {
    const world = await start();
    world.workspace.write(
      'config.yaml',
      'downtimes:\n  - name: nightly\n    timezone: UTC\n    recurrences: [{ start: 2026-01-01T02:00, duration: 90m, rrule: FREQ=DAILY }]\n',
    );
    const sync = await world.sync(datadogCsv(datadogRow('a')), '--out', 'plan.db');
    expect(sync.exitCode).toBe(0);
    const text = textOf(await reportOf(world.workspace, 'plan.db'));
    expect(text).toContain('Downtimes: planned, and what became of it');
    expect(text).toContain('Limits of downtimes');

    world.service.seedMonitor({ name: 'b', tags: ['team:web'] });
    world.workspace.write('config.yaml', '{}\n');
    world.workspace.write('adopted.csv', datadogCsv(datadogRow('b')));
    const flags = ['--match', '*', '--max-update', '100%', '--out', 'adoption.db', ...world.flags];
    const adopted = await world.run(['adopt', 'adopted.csv', ...flags]);
    expect([adopted.exitCode, adopted.stderr]).toEqual([2, expect.stringContaining('adoption.db')]);
    const adoption = textOf(await reportOf(world.workspace, 'adoption.db'));
    expect(adoption).toContain('adoption: alarms change hands');
    expect(adoption).toContain('1 alarm taken over; nothing else of them changes.');
  });
});

describe('the page', () => {
  it('refers to nothing outside, forbids it, and holds no script', async () => {
    const { workspace, plan } = await syncWorld();
    const page = await reportOf(workspace, plan);
    expect(page).toContain(
      '<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;" />',
    );
    expect(page).not.toMatch(/<(?:script|img|link|iframe)|\bsrc=["']|\bhref=|url\(|@import/u);
    expect(page).not.toContain('\u202E');
  });

  it('goes to standard output for -, and leaves the plan as it is', async () => {
    const { workspace, plan } = await planned(csv(rows(2)));
    const before = readFileSync(workspace.path(plan));
    const finished = await workspace.run(['report', plan, '--html', '-']);
    expect([finished.exitCode, finished.stderr]).toEqual([0, '']);
    expect(finished.stdout).toMatch(/^<!doctype html>\n[^]*<\/html>\n$/u);
    expect(readFileSync(workspace.path(plan)).equals(before)).toBe(true);
  });

  it('is its owner’s alone, takes the place of an older one behind a link too, and leaves nothing beside it', async () => {
    const { workspace, plan } = await planned(csv(rows(2)));
    workspace.write('old.html', 'old');
    symlinkSync('old.html', workspace.path('report.html'));
    await reportOf(workspace, plan);
    expect(workspace.read('old.html')).toContain('</html>');
    expect(statSync(workspace.path('old.html')).mode & 0o777).toBe(0o600);
    expect(readdirSync(workspace.directory).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('that cannot be written is named, and never takes the place of the plan', async () => {
    const { workspace, plan } = await planned(csv(rows(2)));
    mkdirSync(workspace.path('directory'));
    for (const place of ['no-such/report.html', 'directory']) {
      const finished = await workspace.run(['report', plan, '--html', place]);
      expect(finished.exitCode).toBe(1);
      expect(finished.stderr).toContain(`expected to write ${place}, got E`);
      expect(finished.stderr).toContain('ALARMSYNC_STORE_UNWRITABLE');
    }
    for (const args of [['--html', 'plan.db'], []])
      expect((await workspace.run(['report', plan, ...args])).stderr).toContain('ALARMSYNC_CLI_USAGE');
    expect((await workspace.run(['show', plan])).exitCode).toBe(0);
  });
});
