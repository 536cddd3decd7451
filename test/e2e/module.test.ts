// `--service module:FILE` end to end: the README's adapter as it is printed, and adapters with faults.

import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { beforeEach, describe, expect, it } from 'vitest';

import { startRules, type Rules } from '../stand-ins/rules.ts';
import { openWorkspace, type Finished, type Workspace } from './command-line.ts';
import { csv, hosts, row } from './datadog-world.ts';

const ROOT = path.join(import.meta.dirname, '../..');

/** The README's code blocks of this section, in their order. */
const [ADAPTER = '', CONFORMANCE = ''] = (() => {
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  const section = readme.slice(
    readme.indexOf('### Your own service'),
    readme.indexOf('### Scope, protection'),
  );
  return [...section.matchAll(/```js\n([^]*?)```/gu)].map(([, code = '']) => code);
})();

let rules: Rules;
let workspace: Workspace;

beforeEach(async () => {
  rules = await startRules();
  workspace = openWorkspace();
  workspace.write('package.json', '{"type": "module"}');
  workspace.write('adapter.js', ADAPTER);
});

const run = async (args: readonly string[], onSpawn?: (kill: () => void) => void): Promise<Finished> =>
  workspace.run(args, {
    env: { RULES_URL: rules.url, ALARMSYNC_TOKEN: rules.token },
    ...(onSpawn === undefined ? {} : { onSpawn: (child) => onSpawn(() => child.kill('SIGKILL')) }),
  });

const sync = async (content: string, ...flags: readonly string[]): Promise<Finished> => {
  workspace.write('alarms.csv', content);
  return run(['sync', 'alarms.csv', '--service', 'module:./adapter.js', '--auto-approve', ...flags]);
};

const writeCount = (): number => rules.asked.filter((request) => !request.startsWith('GET')).length;

describe('the adapter of the README', () => {
  it('makes the service hold what the file says, and nothing is sent the second time', async () => {
    const rows = hosts(120);
    const first = await sync(csv(...rows), '--page-size', '50');
    expect([first.exitCode, first.stdout, rules.held.size]).toEqual([
      0,
      expect.stringContaining('120 created'),
      120,
    ]);
    const before = writeCount();
    const again = await sync(csv(...rows));
    expect([again.exitCode, again.stdout, writeCount()]).toEqual([
      0,
      expect.stringContaining('120 unchanged'),
      before,
    ]);
    const changed = await sync(csv(row('host-0000', { threshold: '9' }), ...rows.slice(2), row('new')));
    expect([changed.exitCode, changed.stdout]).toEqual([
      0,
      expect.stringContaining('1 created, 1 updated, 1 deleted'),
    ]);
    expect([...rules.held.values()].find(({ name }) => name === 'host-0000')?.spec).toMatchObject({
      threshold: '9',
    });
  });

  it('loses and doubles nothing when it is killed, and creates are answered 504 and done', async () => {
    workspace.write('alarms.csv', csv(...hosts(100)));
    const settle = ['--settle-time', '0s'];
    let createCount = 0;
    const failing = (killAtCount: number, kill: () => void): void => {
      rules.fault = (method) => {
        if (rules.held.size === killAtCount) kill();
        if (method !== 'POST') return undefined;
        createCount += 1;
        return createCount % 9 === 0 ? { status: 504, body: {}, acts: true } : undefined;
      };
    };
    const args = ['sync', 'alarms.csv', '--service', 'module:adapter.js', '--auto-approve', ...settle];
    await run(args, (kill) => failing(40, kill));
    failing(-1, () => {});
    const resumed = await run(['resume', ...settle]);
    const names = [...rules.held.values()].map(({ name }) => name);
    expect([resumed.exitCode, names.length, new Set(names).size]).toEqual([0, 100, 100]);
  });

  it('has everyone wait where the service asks for it', async () => {
    let isFirst = true;
    rules.fault = (method) => {
      if (method !== 'POST' || !isFirst) return undefined;
      isFirst = false;
      return { status: 429, body: {}, headers: { 'retry-after': '1' }, acts: false };
    };
    const { exitCode, stdout } = await sync(csv(...hosts(5)));
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringContaining('5 created, 0 updated, 0 deleted, 0 failed'),
    ]);
  });

  it('ends, and can be resumed, where the service asks for a wait that nobody waits for', async () => {
    rules.fault = (method) =>
      method === 'POST'
        ? { status: 429, body: {}, headers: { 'retry-after': '86400' }, acts: false }
        : undefined;
    const { exitCode } = await sync(csv(...hosts(5)));
    expect([exitCode, rules.held.size]).toEqual([5, 0]);
    rules.fault = undefined;
    expect([(await run(['resume'])).exitCode, rules.held.size]).toEqual([0, 5]);
  });

  it('keeps to the quota that the adapter states, and foresees how long it takes', async () => {
    const code = 'maxPageSize: 500,';
    expect(ADAPTER).toContain(code);
    workspace.write('adapter.js', ADAPTER.replace(code, `${code} quotaPerSecond: { write: 10 },`));
    const writtenMs: number[] = [];
    rules.fault = (method) => {
      if (method === 'POST') writtenMs.push(performance.now());
      return undefined;
    };
    const { exitCode, stderr } = await sync(csv(...hosts(25)));
    expect([exitCode, stderr]).toEqual([
      0,
      expect.stringContaining('Forecast: 25 requests, 3 s at the set quota.'),
    ]);
    const inOneSecond = writtenMs.map(
      (startMs) => writtenMs.filter((ms) => ms >= startMs && ms < startMs + 1000).length,
    );
    expect(Math.max(...inOneSecond)).toBeLessThanOrEqual(11);
  });

  it('shows no token when it is refused', async () => {
    workspace.write('alarms.csv', csv(row('a')));
    const args = ['plan', 'alarms.csv', '--service', 'module:adapter.js'];
    const env = { RULES_URL: rules.url, ALARMSYNC_TOKEN: 'a-secret-token' };
    const { exitCode, stderr } = await workspace.run(args, { env });
    expect([exitCode, stderr]).toEqual([7, expect.stringContaining('status 401')]);
    expect(stderr).not.toContain('a-secret-token');
  });

  it('passes the checks as they are printed', async () => {
    mkdirSync(workspace.path('node_modules'));
    symlinkSync(ROOT, workspace.path('node_modules/alarmsync'));
    workspace.write('conformance.mjs', CONFORMANCE);
    const env = { PATH: process.env['PATH'], RULES_URL: rules.url, ALARMSYNC_TOKEN: rules.token };
    const args = ['--test', '--test-reporter', 'tap', 'conformance.mjs'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: workspace.directory, env });
    expect(stdout).toMatch(/^# pass 1[3-9]$/mu);
    expect(stdout).toMatch(/^# fail 0$/mu);
  });

  it.each([
    ['is ordered by a page’s number', 'after=${after}', 'after=0', 'lists every alarm once'],
    ['forgets the gate', 'await gate.pass(kind, signal);', '', 'pass the gate first'],
    [
      'forgets that there is none',
      'rules.length === 0 ? undefined :',
      '',
      'tells that an alarm is not there',
    ],
    [
      'keeps half of it',
      'params: spec',
      'params: { threshold: spec.threshold }',
      'gives back what it was given',
    ],
  ])('fails the checks when it %s', async (_fault, code, instead, title) => {
    expect(ADAPTER).toContain(code);
    workspace.write('adapter.js', ADAPTER.replace(code, instead));
    mkdirSync(workspace.path('node_modules'));
    symlinkSync(ROOT, workspace.path('node_modules/alarmsync'));
    workspace.write('conformance.mjs', CONFORMANCE);
    const env = { PATH: process.env['PATH'], RULES_URL: rules.url, ALARMSYNC_TOKEN: rules.token };
    const args = ['--test', '--test-reporter', 'tap', 'conformance.mjs'];
    const failed = promisify(execFile)(process.execPath, args, { cwd: workspace.directory, env });
    await expect(failed).rejects.toMatchObject({
      stdout: expect.stringMatching(new RegExp(`^not ok .*${title}`, 'mu')),
    });
  });
});

describe('a module that is no adapter', () => {
  it.each([
    ['is missing', undefined, 'expected an ES module'],
    ['cannot be parsed', 'export default (', 'expected an ES module'],
    ['has no default', 'export const a = 1;', 'to export a function as its default, got undefined'],
    ['throws', 'export default () => { throw new Error("no config"); };', 'no config'],
    ['makes nothing', 'export default () => {};', 'to make an alarm service'],
    [
      'lacks calls, all of which are named',
      'export default () => ({ identity: { address: "", account: "" }, list: 3, read() {}, create() {} });',
      'identity.address: .*; list: .*; update: .*; delete: ',
    ],
    [
      'states what there is not',
      'export default () => ({ capabilities: { fast: true }, identity: { address: "a", account: "" }, list() {}, read() {}, create() {}, update() {}, delete() {} });',
      'capabilities.fast: ',
    ],
  ])('that %s is refused before anything is read', async (_fault, code, said) => {
    if (code === undefined) workspace.write('alarms.csv', csv(row('a')));
    else workspace.write('other.js', code);
    workspace.write('alarms.csv', csv(row('a')));
    const { exitCode, stderr } = await run(['plan', 'alarms.csv', '--service', 'module:./other.js']);
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(new RegExp(said, 'u'))]);
    expect(stderr).toContain('ALARMSYNC_SERVICE_ADDRESS');
  });

  it.each([
    [
      'a page that is none',
      'yield { alarms: rules.map(alarmOf), nextCursor: after };',
      'yield { alarms: rules };',
    ],
    ['a name that is none', 'definition: { name, params: spec }', 'definition: { name: 7, params: spec }'],
    ['what JSON cannot say', 'params: spec }', 'params: { ...spec, since: new Date(), count: 3n } }'],
    ['a listing without an end', 'nextCursor: after }', "nextCursor: after ?? 'more' }"],
  ])('whose listing gives %s deletes nothing', async (_fault, code, instead) => {
    await sync(csv(...hosts(3)));
    expect(ADAPTER).toContain(code);
    workspace.write('adapter.js', ADAPTER.replace(code, instead));
    const before = writeCount();
    const { exitCode } = await sync(csv(row('host-0000')), '--max-delete', '100%', '--retries', '0');
    expect([exitCode, writeCount(), rules.held.size]).toEqual([3, before, 3]);
  });

  it('that has a defect in a write ends the run, which can be resumed once it is mended', async () => {
    workspace.write('adapter.js', ADAPTER.replace("call('write', 'POST'", "cal('write', 'POST'"));
    const broken = await sync(csv(...hosts(3)));
    expect([broken.exitCode, broken.stderr]).toEqual([1, expect.stringContaining('cal is not defined')]);
    workspace.write('adapter.js', ADAPTER);
    const resumed = await run(['resume', '--settle-time', '0s']);
    expect([resumed.exitCode, rules.held.size]).toEqual([0, 3]);
  });
});
