// `alarmsync doctor` end to end: what it says of services with and without faults.

import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { startTestService } from '../server.client.ts';
import { startRules, type Rules } from '../stand-ins/rules.ts';
import { openWorkspace, type Finished } from './command-line.ts';
import { csv, hosts, start } from './datadog-world.ts';

const README = readFileSync(path.join(import.meta.dirname, '../../README.md'), 'utf8');
const SECTION = README.slice(README.indexOf('### Your own service'));
const ADAPTER = /```js\n([^]*?)```/u.exec(SECTION)?.[1] ?? '';

interface Examined extends Finished {
  /** `level check`, in their order. */
  readonly points: readonly string[];
}

const pointsOf = (finished: Finished): Examined => ({
  ...finished,
  points: [...finished.stdout.matchAll(/^(ok|note|BAD) +([\w-]+) {2}/gmu)].map(
    ([, level, check]) => `${level} ${check}`,
  ),
});

interface Situation {
  /** What is otherwise in the README's adapter. */
  readonly change?: readonly [code: string, instead: string];
  /** Done once the service holds its alarms. */
  readonly prepare?: (rules: Rules) => void;
  readonly flags?: readonly string[];
}

/** The doctor's words on a service of rules that holds 60 alarms. */
const examineRules = async ({
  change = ['', ''],
  prepare,
  flags = [],
}: Situation): Promise<Examined & { readonly rules: Rules }> => {
  const rules = await startRules();
  const workspace = openWorkspace();
  const env = { RULES_URL: rules.url, ALARMSYNC_TOKEN: rules.token };
  workspace.write('package.json', '{"type": "module"}');
  workspace.write('adapter.js', ADAPTER);
  workspace.write('alarms.csv', csv(...hosts(60)));
  const service = ['--service', 'module:adapter.js'];
  await workspace.run(['sync', 'alarms.csv', '--auto-approve', ...service], { env });
  expect(rules.held.size).toBe(60);
  expect(ADAPTER).toContain(change[0]);
  workspace.write('adapter.js', ADAPTER.replace(...change));
  rules.asked.length = 0;
  prepare?.(rules);
  return { ...pointsOf(await workspace.run(['doctor', ...service, ...flags], { env })), rules };
};

const writesOf = ({ asked }: Rules): readonly string[] =>
  asked.map((request) => request.split(' ')[0] ?? '').filter((method) => method !== 'GET');

describe('doctor', () => {
  it('finds nothing wrong with the reference service', async () => {
    const { server } = await startTestService();
    const workspace = openWorkspace();
    workspace.write('alarms.csv', csv(...hosts(60)));
    await workspace.run(['sync', 'alarms.csv', '--service', server.url, '--auto-approve']);
    const args = ['doctor', '--service', server.url];
    const looked = pointsOf(await workspace.run(args));
    const ofReads = [
      'ok reach',
      'ok page',
      'ok order',
      'ok total',
      'ok read',
      'ok etag',
      'ok missing',
      'note names',
    ];
    expect([looked.exitCode, looked.points]).toEqual([0, [...ofReads, 'note quota', 'ok clock']]);
    expect(looked.stderr).toContain('Next: see what it makes of writes');
    const probed = pointsOf(await workspace.run([...args, '--write-probe']));
    const ofWrites = ['ok create', 'ok create-again', 'ok update', 'ok stale-write', 'ok delete'];
    expect([probed.exitCode, probed.points]).toEqual([
      0,
      [...ofReads, ...ofWrites, 'note quota', 'ok clock'],
    ]);
    const verified = await workspace.run(['verify', 'alarms.csv', '--service', server.url]);
    expect(verified.exitCode).toBe(0);
  });

  it('only reads unless it is told to write', async () => {
    const { exitCode, rules } = await examineRules({});
    expect([exitCode, writesOf(rules)]).toEqual([0, []]);
  });

  it('makes, changes and deletes one inactive alarm with --write-probe, and leaves nothing behind', async () => {
    const { exitCode, points, rules } = await examineRules({ flags: ['--write-probe'] });
    expect([exitCode, points.slice(-6)]).toEqual([
      0,
      ['ok create', 'ok create-again', 'ok update', 'ok delete', 'note quota', 'ok clock'],
    ]);
    expect(rules.held.size).toBe(60);
    expect(writesOf(rules)).toEqual(['POST', 'POST', 'PUT', 'DELETE', 'DELETE']);
  });

  it('names the pace that follows from the quota that answers state', async () => {
    const world = await start();
    await world.sync(csv(...hosts(30)));
    world.service.limit({ name: 'monitors', limitCount: 100, periodSeconds: 10 });
    const { exitCode, stdout } = await world.run(['doctor', ...world.flags]);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('a quota of 100 requests in 10 s')]);
    expect(stdout).toMatch(/^Settings that follow: --tpslimit 9$/mu);
    expect(pointsOf({ exitCode, stdout, stderr: '' }).points).toContain('note state');
  });

  it.each([
    ['gives small pages', ['limit=${pageSize}', 'limit=20'], 'note page', '--page-size 20'],
    [
      'has no end of names',
      ['rules.length === 0 ? undefined : alarmOf(rules[0])', 'alarmOf({ id: 1, name, spec: {} })'],
      'BAD missing',
      undefined,
    ],
    [
      'reads otherwise than it lists',
      ['alarmOf(rules[0])', 'alarmOf({ ...rules[0], spec: { threshold: "8" } })'],
      'BAD read',
      undefined,
    ],
    [
      'gives names twice',
      ['rules.map(alarmOf)', '[...rules, ...rules].map(alarmOf)'],
      'BAD order',
      undefined,
    ],
  ] as const)('says of a service that %s what that means', async (_fault, change, point, setting) => {
    const { exitCode, points, stdout } = await examineRules({ change });
    expect([exitCode, points]).toEqual([point.startsWith('BAD') ? 7 : 0, expect.arrayContaining([point])]);
    if (setting !== undefined) expect(stdout).toContain(`Settings that follow: ${setting}`);
  });

  it.each([
    [
      'loses a member',
      ['spec: params }', 'spec: { ...params, metric_math: "sum" } }'],
      'BAD create',
      '--ignore-fields metric_math',
    ],
    [
      'says that it created what it did not',
      ["call('write', 'POST'", "void ('write', 'POST'"],
      'BAD create',
      undefined,
    ],
    ['updates nothing', ["call('write', 'PUT'", "void ('write', 'PUT'"], 'BAD update', undefined],
  ] as const)('says of a service that %s when it is written to', async (_fault, change, point, setting) => {
    const { exitCode, points, stdout, rules } = await examineRules({ change, flags: ['--write-probe'] });
    expect([exitCode, points]).toEqual([7, expect.arrayContaining([point])]);
    if (setting !== undefined) expect(stdout).toContain(setting);
    expect(rules.held.size).toBe(60);
  });

  it('waits for what was created, and names the settle time that follows', async () => {
    let isMade = false;
    let hiddenCount = 0;
    const { exitCode, points, stdout } = await examineRules({
      flags: ['--write-probe'],
      prepare: (rules) => {
        rules.fault = (method) => {
          isMade ||= method === 'POST';
          if (!isMade || method !== 'GET' || hiddenCount === 3) return undefined;
          hiddenCount += 1;
          return { status: 200, body: { rules: [] }, acts: false };
        };
      },
    });
    expect([exitCode, points]).toEqual([0, expect.arrayContaining(['note create'])]);
    expect(stdout).toMatch(/^Settings that follow: --settle-time \ds$/mu);
  });

  it('names the alarm that it could not delete again', async () => {
    const { exitCode, stderr, rules } = await examineRules({
      flags: ['--write-probe'],
      prepare: (held) => {
        held.fault = (method) => (method === 'DELETE' ? { status: 403, body: {}, acts: false } : undefined);
      },
    });
    expect([exitCode, stderr]).toEqual([
      6,
      expect.stringMatching(/could not delete alarmsync-doctor-[\w-]+ again/u),
    ]);
    expect(rules.held.size).toBe(61);
  });

  it('gives each finding as an event', async () => {
    const { stdout } = await examineRules({ flags: ['--json'] });
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => decodeEvent(line));
    expect(events[0]?.type).toBe('version');
    expect(events.filter(({ type }) => type === 'finding').map(({ check }) => check)).toContain('order');
  });

  it('ends as any command does where there is no service', async () => {
    const { exitCode, stderr } = await openWorkspace().run(['doctor', '--service', 'http://127.0.0.1:1']);
    expect([exitCode, stderr]).toEqual([5, expect.stringContaining('ALARMSYNC_SERVICE_CONNECTION')]);
  });
});

function decodeEvent(line: string): { readonly type?: string; readonly check?: string } {
  return JSON.parse(line) as { type?: string; check?: string };
}
