// Help, refused command lines, and where settings come from.

import { describe, expect, it } from 'vitest';

import { openWorkspace } from './command-line.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { csv, paramsOf, row, rows, type Row } from './world.ts';

async function startService(held: readonly Row[] = []): Promise<StandIn> {
  const service = await startStandIn();
  for (const item of held) service.put(item.name, paramsOf(item));
  return service;
}

describe('usage', () => {
  const VERBS = [
    'sync',
    'plan',
    'apply',
    'resume',
    'status',
    'runs',
    'show',
    'explain',
    'report',
    'verify',
    'rollback',
    'adopt',
    'validate',
    'export',
    'generate',
    'doctor',
    'observe',
    'serve',
    'gc',
  ];

  it.each(VERBS)('of %s has an example', async (verb) => {
    const finished = await openWorkspace().run([verb, '--help']);

    expect(finished.exitCode).toBe(0);
    expect(finished.stdout).toMatch(/Examples:\s+alarmsync /u);
    expect(finished.stdout).toContain(`alarmsync ${verb}`);
  });

  it('lists every command', async () => {
    const finished = await openWorkspace().run(['--help']);

    expect(finished.exitCode).toBe(0);
    for (const verb of VERBS) expect(finished.stdout).toMatch(new RegExp(`alarmsync ${verb}\\b`, 'u'));
  });

  it.each([
    { args: [] },
    { args: ['snyc'] },
    { args: ['sync'] },
    { args: ['plan', 'a.csv'] },
    { args: ['plan', 'a.csv', 'b.csv', '--service', 'http://127.0.0.1:1'] },
    { args: ['plan', 'a.csv', '--service', 'http://127.0.0.1:1', '--max-deletes', '3'] },
    { args: ['plan', 'a.csv', '--service', 'http://127.0.0.1:1', '--max-delete', '-1'] },
    { args: ['plan', 'a.csv', '--service', 'http://127.0.0.1:1', '--max-delete', '1e3'] },
    { args: ['plan', 'a.csv', '--service', 'http://127.0.0.1:1', '--max-delete', '5.5'] },
    { args: ['plan', 'a.csv', '--service', 'http://127.0.0.1:1', '--max-delete', ''] },
    { args: ['plan', 'a.csv', '--service', 'http://127.0.0.1:1', '--request-timeout', '30'] },
    { args: ['plan', 'a.csv', '--service', 'http://127.0.0.1:1', '--policy', 'mirror'] },
    { args: ['plan', 'a.csv', '--service', 'ftp://127.0.0.1'] },
    { args: ['plan', 'a.csv', '--service', 'http://user:secret@127.0.0.1:1'] },
    { args: ['sync', 'a.csv', '--service', 'http://127.0.0.1:1', '--token', 'secret'] },
    { args: ['status', 'no-such-run'] },
    { args: ['resume', 'no-such-run'] },
  ])('is refused with 1: $args', async ({ args }) => {
    const workspace = openWorkspace();
    workspace.write('a.csv', csv([row('a')]));

    const finished = await workspace.run(args);

    expect(finished.exitCode).toBe(1);
    expect(finished.stderr).toMatch(/Error: /u);
    expect(finished.stderr + finished.stdout).not.toContain('secret');
  });
});

describe('settings', () => {
  it('come from flags over environment over file over default', async () => {
    const workspace = openWorkspace();
    const service = await startService(rows(20));
    const file = workspace.write('alarms.csv', csv(rows(17)));
    workspace.write('config.yaml', `service: ${service.url}\nmax-delete: 2\ndetailed-exitcode: true\n`);
    const plan = async (flags: readonly string[], env: Record<string, string> = {}): Promise<number | null> =>
      (await workspace.run(['plan', file, ...flags], { env })).exitCode;
    const config = { ALARMSYNC_CONFIG: 'config.yaml' };

    expect(await plan(['--service', service.url])).toBe(0);
    expect(await plan(['--config', 'config.yaml'])).toBe(3);
    expect(await plan([], config)).toBe(3);
    expect(await plan([], { ...config, ALARMSYNC_MAX_DELETE: '3' })).toBe(2);
    expect(await plan(['--max-delete', '2'], { ...config, ALARMSYNC_MAX_DELETE: '3' })).toBe(3);
    expect(
      await plan([], { ...config, ALARMSYNC_MAX_DELETE: '3', ALARMSYNC_DETAILED_EXITCODE: 'false' }),
    ).toBe(0);
    expect(await plan([], { ALARMSYNC_SERVICE: service.url, ALARMSYNC_MAX_DELETE: '1%' })).toBe(3);
  });

  it('warn of a variable that no flag knows, and refuse such a key', async () => {
    const workspace = openWorkspace();
    const service = await startService();
    const file = workspace.write('alarms.csv', csv([row('a')]));
    workspace.write('config.json', JSON.stringify({ 'max-deletes': 1 }));
    const plan = ['plan', file, '--service', service.url];

    const warned = await workspace.run(plan, { env: { ALARMSYNC_TOKENS: 'x', ALARMSYNC_MAX_DELETES: '1' } });
    expect(warned.exitCode).toBe(0);
    expect(warned.stderr).toContain('ALARMSYNC_MAX_DELETES');

    const refused = await workspace.run([...plan, '--config', 'config.json']);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('max-deletes');
  });

  it('keep the state where they say, and what one directory remembers from another', async () => {
    const workspace = openWorkspace();
    const service = await startService();
    const file = workspace.write('alarms.csv', csv(rows(3)));
    const sync = ['sync', file, '--service', service.url, '--auto-approve', '--limit', '1'];

    const first = await workspace.run([...sync, '--state-dir', 'mine']);
    expect(first.exitCode).toBe(10);
    expect(first.stderr).toContain('--state-dir');
    expect((await workspace.run(['resume'])).exitCode).toBe(1);
    expect(service.names).toHaveLength(1);
    expect((await workspace.run(['resume', '--state-dir', 'mine'])).exitCode).toBe(0);
    expect(service.names).toHaveLength(3);
  });
});
