// Names as they stand in a plan -> what a person is shown, and finds again.

import { describe, expect, it } from 'vitest';

import { openWorkspace, planPathOf } from './command-line.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { AWKWARD_NAMES, csv, paramsOf, row, type Row } from './world.ts';

async function startService(held: readonly Row[] = []): Promise<StandIn> {
  const service = await startStandIn();
  for (const item of held) service.put(item.name, paramsOf(item));
  return service;
}

describe('show', () => {
  async function planOfHostileNames(): Promise<{
    readonly workspace: ReturnType<typeof openWorkspace>;
    readonly plan: string;
  }> {
    const workspace = openWorkspace();
    const service = await startService([row('1e3', { threshold: '4' }), row('gone')]);
    const names = AWKWARD_NAMES.filter((name) => name !== '1e3');
    const file = workspace.write('alarms.csv', csv([...names, '1e3'].map((name) => row(name))));
    const plan = planPathOf(await workspace.run(['plan', file, '--service', service.url]));
    return { workspace, plan };
  }

  it('finds names that look like numbers or flags, and takes them for text', async () => {
    const { workspace, plan } = await planOfHostileNames();
    const shown = async (...flags: readonly string[]): Promise<readonly string[]> => {
      const finished = await workspace.run(['show', plan, '--format', 'ndjson', ...flags]);
      expect(finished.exitCode).toBe(0);
      const operations = finished.stdout.split('\n').filter((line) => line !== '');
      return operations.map((line) => {
        const { action, name } = JSON.parse(line);
        return `${action} ${name}`;
      });
    };

    expect(await shown('--name', '1e3')).toEqual(['update 1e3']);
    expect(await shown('--name=1000')).toEqual(['create 1000']);
    expect(await shown('--name=-0')).toEqual(['create -0']);
    expect(await shown('--name=--help')).toEqual(['create --help']);
    expect(await shown('--name', 'CASENAME')).toEqual([]);
    expect(await shown('--action', 'delete')).toEqual(['delete gone']);
    expect(await shown('--action', 'update')).toEqual(['update 1e3']);
    expect(await shown('--limit', '3')).toHaveLength(3);
    expect(await shown()).toHaveLength(AWKWARD_NAMES.length + 1);
    expect(await shown('--failed')).toEqual([]);
  });

  it.each(['text', 'markdown', 'csv'])('escapes what could deceive a reader of %s', async (format) => {
    const { workspace, plan } = await planOfHostileNames();

    const finished = await workspace.run(['show', plan, '--format', format]);

    expect(finished.exitCode).toBe(0);
    expect(finished.stdout).toMatch(/u\\?\{202e\\?\}/u);
    expect(finished.stdout).not.toMatch(/[\u202A-\u202E\u2066-\u2069\u200E\u200F]/u);
    expect(finished.stdout).toContain('1e3');
  });

  it('takes a name from the file for what it is in every message', async () => {
    const workspace = openWorkspace();
    const service = await startService();
    const file = workspace.write('alarms.csv', csv([row('a\u202Eb'), row('a\u202Eb', { threshold: '4' })]));

    const plan = await workspace.run(['plan', file, '--service', service.url]);

    expect(plan.exitCode).toBe(3);
    expect(plan.stderr + plan.stdout).not.toContain('\u202E');
  });

  it('explains one alarm by the very name that was typed', async () => {
    const { workspace, plan } = await planOfHostileNames();
    const explained = async (...names: readonly string[]): Promise<string> =>
      (await workspace.run(['explain', plan, ...names])).stdout;

    expect(await explained('1e3')).toContain('update 1e3');
    expect(await explained('1000')).toContain('create 1000');
    expect(await explained('--', '--help')).toContain('create --help');
    expect(await explained('--', '-0')).toContain('create -0');
    expect(await explained('admin\u202Egnp.exe')).toContain('u{202e}');
  });
});
