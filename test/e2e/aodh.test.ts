// `alarmsync sync --service aodh:URL` end to end, against a real Aodh; and the checks that every adapter passes.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { ALARM_STATES, COMPARISON_METHODS } from '../../src/alarm/alarm.ts';
import { createAodhService } from '../../src/services/aodh/aodh.ts';
import { AodhProject, hasAodh, startAodh, type AodhServer } from '../aodh-server.ts';
import { describeConformance } from '../conformance/suite.ts';
import { ALARM } from '../server.client.ts';
import { openWorkspace, type Finished, type Workspace } from './command-line.ts';
import { csv, hosts, row, uuid } from './datadog-world.ts';
import { AWKWARD_NAMES } from './world.ts';

// Missing on a developer's machine, they are said to be; missing in CI, they fail.
const isRun = hasAodh() || process.env['CI'] !== undefined;

const HOOK = 'https://pager.example.com';

const CONFIG = `contacts:
  "ops@example.com": ${HOOK}/mail/ops
  "user@example.com": ${HOOK}/mail/user
  "ldap:*": ${HOOK}/ldap/*
`;

describe.runIf(isRun)('with a real Aodh (python3-aodh, python3-waitress)', () => {
  let server: AodhServer;
  let project: AodhProject;
  let workspace: Workspace;

  beforeAll(async () => {
    server = await startAodh();
  }, 60_000);

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  beforeEach(() => {
    project = new AodhProject(server.url);
    workspace = openWorkspace();
    workspace.write('config.yaml', CONFIG);
  });

  const run = async (args: readonly string[], onSpawn?: (kill: () => void) => void): Promise<Finished> =>
    workspace.run(args, {
      env: { OS_PROJECT_ID: project.id },
      ...(onSpawn === undefined ? {} : { onSpawn: (child) => onSpawn(() => child.kill('SIGKILL')) }),
    });

  const flags = (): readonly string[] => ['--service', `aodh:${server.url}`, '--config', 'config.yaml'];

  const sync = async (content: string, ...more: readonly string[]): Promise<Finished> => {
    workspace.write('alarms.csv', content);
    return run(['sync', 'alarms.csv', '--auto-approve', ...more, ...flags()]);
  };

  const names = async (): Promise<readonly string[]> => (await project.alarms()).map(({ name }) => name);

  it('makes the alarm that a row says, as Aodh itself tells it', async () => {
    const content = csv(
      row('checkout/latency', {
        threshold: '2.50',
        metric_name: 'checkout.latency',
        comparison_method: 'GTE',
        contact: 'ops@example.com;ldap:web',
        query_scope: 'stage:prod,host:a',
        message_alert: '{name} is slow.',
        alarm_state: 'inactive',
      }),
    );
    const first = await sync(content);
    expect([first.exitCode, first.stdout]).toEqual([0, expect.stringContaining('1 created')]);
    expect(await project.alarms()).toMatchObject([
      {
        name: 'checkout/latency',
        enabled: false,
        alarm_actions: [`${HOOK}/mail/ops`, `${HOOK}/ldap/web`],
        description: expect.stringMatching(
          /^checkout\/latency is slow\.\nalarmsync: \{.*"threshold":"2\.50"/u,
        ),
        event_rule: {
          event_type: 'checkout.latency',
          query: [
            { field: 'traits.value', op: 'ge', type: 'float', value: '2.50' },
            { field: 'traits.stage', op: 'eq', type: 'string', value: 'prod' },
            { field: 'traits.host', op: 'eq', type: 'string', value: 'a' },
          ],
        },
      },
    ]);
    const again = await sync(content);
    expect([again.exitCode, again.stdout]).toEqual([0, expect.stringContaining('1 unchanged')]);
  });

  it('holds three hundred alarms with all the vocabulary that it has, and sends nothing the second time', async () => {
    const maths = ['sum', 'avg', 'min', 'max', 'median', 'mode', 'p99.9'];
    const thresholds = ['3', '3.0', '1e3', '-0.25', '+7', '.5', '0', '123456789012345678901234567890'];
    const rows = Array.from({ length: 300 }, (_, index) =>
      row(`host-${String(index).padStart(4, '0')} é "q", ;`, {
        threshold: thresholds[index % thresholds.length] ?? '',
        comparison_method: COMPARISON_METHODS[index % COMPARISON_METHODS.length] ?? '',
        metric_math: maths[index % maths.length] ?? '',
        contact: ['', 'ops@example.com', 'ldap:a;ldap:b'][index % 3] ?? '',
        alarm_state: index % 3 === 0 ? 'inactive' : 'active',
        tracking_metric_id: uuid(index).toUpperCase(),
        query_scope: ['', '*', 'env:prod'][index % 3] ?? '',
        message_alert: ['', 'look\nat it <now>', 'plain {name}'][index % 3] ?? '',
      }),
    );
    const first = await sync(csv(...rows));
    expect([first.exitCode, first.stdout]).toEqual([0, expect.stringContaining('300 created')]);
    const before = await project.alarms();
    expect(before).toHaveLength(300);
    const second = await sync(csv(...rows), '--page-size', '70');
    expect([second.exitCode, second.stdout]).toEqual([0, expect.stringContaining('300 unchanged')]);
    expect(await project.alarms()).toEqual(before);
  }, 120_000);

  it.each([
    ['contact', { contact: 'ticket:OPS' }, 'give it one under contacts'],
    ['query_scope', { query_scope: 'prod' }, 'traits such as env:prod'],
    ['warning_threshold', { warning_threshold: '2' }, 'no second threshold'],
    ['no_data_minutes', { no_data_minutes: '10' }, 'no time without data'],
    ['evaluation_window', { evaluation_window: '5m' }, 'no window'],
    ['message_warning', { message_warning: 'so so' }, 'no message for a warning'],
    ['message_alert', { message_alert: 'at {value}' }, 'fills nothing into a description'],
  ])('refuses a row by its %s before anything is sent', async (column, parts, reason) => {
    const refused = await sync(csv(row('bad', parts)));
    expect([refused.exitCode, await names()]).toEqual([3, []]);
    expect(refused.stderr).toContain(`${column}: expected`);
    expect(refused.stderr).toContain(reason);
  });

  it('mends what somebody changed by hand, keeps what the file does not say, and never touches alarms without its line', async () => {
    await sync(csv(row('a')));
    const foreign = { name: 'a', type: 'event', event_rule: { event_type: 'x', query: [] } };
    await project.call('POST', '', foreign);
    const ours = (await project.alarms()).find(({ description }) => description.includes('alarmsync: '));
    if (ours === undefined) throw new Error('expected an alarm of ours');
    const changed = {
      ...ours,
      severity: 'critical',
      ok_actions: [`${HOOK}/fine`],
      alarm_actions: [],
      event_rule: { ...ours.event_rule, event_type: 'other' },
    };
    await project.call('PUT', `/${ours.alarm_id}`, changed);
    const mended = await sync(csv(row('a')));
    expect([mended.exitCode, mended.stdout]).toEqual([0, expect.stringContaining('0 created, 1 updated')]);
    const { alarm_actions, event_rule } = ours;
    const found = await project.alarms();
    expect(found).toHaveLength(2);
    expect(found).toContainEqual(
      expect.objectContaining({
        alarm_actions,
        event_rule,
        severity: 'critical',
        ok_actions: [`${HOOK}/fine`],
      }),
    );
    const emptied = await sync(csv(row('b')), '--max-delete', '100%');
    expect([emptied.exitCode, await names()]).toEqual([0, ['a', 'b']]);
  });

  it('loses and doubles nothing when it is killed', async () => {
    workspace.write('alarms.csv', csv(...hosts(120)));
    const args = ['sync', 'alarms.csv', '--auto-approve', '--settle-time', '0s', ...flags()];
    const ended = new AbortController();
    await run(args, (kill) => {
      const killAtForty = async (): Promise<void> => {
        while (!ended.signal.aborted && (await names()).length < 40);
        kill();
      };
      void killAtForty();
    });
    ended.abort();
    const resumed = await run(['resume', '--settle-time', '0s', '--config', 'config.yaml']);
    const held = await names();
    expect([resumed.exitCode, held.length, new Set(held).size]).toEqual([0, 120, 120]);
  }, 60_000);

  it('rolls back what a run did', async () => {
    await sync(csv(row('changed'), row('gone', { contact: 'ldap:ops' })));
    const shape = async (): Promise<readonly object[]> =>
      (await project.alarms()).map(({ name, description, event_rule, alarm_actions }) => ({
        name,
        description,
        event_rule,
        alarm_actions,
      }));
    const before = await shape();
    const planned = await sync(csv(row('changed', { threshold: '9' }), row('new')), '--max-delete', '100%');
    const planPath = /^Plan file: (.+)$/mu.exec(planned.stderr)?.[1] ?? '';
    const args = ['rollback', planPath, '--auto-approve', '--max-delete', '100%', '--config', 'config.yaml'];
    expect([(await run(args)).exitCode, await shape()]).toEqual([0, before]);
  });

  describeConformance('aodh', {
    open: async (gate) =>
      createAodhService(
        {
          url: server.url,
          projectId: new AodhProject(server.url).id,
          contacts: {
            'user@example.com': `${HOOK}/user`,
            'ldap:*': `${HOOK}/ldap/*`,
            'a@b.example': `${HOOK}/mail`,
          },
          allowInsecure: false,
          concurrency: 2,
          requestTimeoutMs: 10_000,
        },
        gate,
      ),
    givesTexts: false,
    names: [...AWKWARD_NAMES, 'é'.repeat(512)],
    definitions: [
      ...COMPARISON_METHODS.map((method) => ({
        name: method,
        params: { ...ALARM, comparison_method: method },
      })),
      ...ALARM_STATES.map((state) => ({ name: state, params: { ...ALARM, alarm_state: state } })),
      ...['avg', 'p99.9', 'mode'].map((math) => ({ name: math, params: { ...ALARM, metric_math: math } })),
      { name: 'contacts', params: { ...ALARM, contact: ['a@b.example', 'ldap:ops'] } },
      { name: 'nobody', params: { ...ALARM, contact: [] } },
      { name: 'escapes', params: { ...ALARM, metric_name: 'a"b\\c\u{1f514}', threshold: '-1.50e-3' } },
    ],
  });
});
