// The token reaches the service and nothing else: no output, no file, no argument, no trace.

import { expect, it } from 'vitest';

import { startOtlpReceiver } from '../stand-ins/otlp-receiver.ts';
import { openWorkspace, planPathOf, type Finished, type Workspace } from './command-line.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { csv, paramsOf, row, rows } from './world.ts';

const TOKEN = 'MARKER-b7e1f0c2-token';

/** The token as it stands, and as someone might have encoded it. */
const FORMS = [
  TOKEN,
  encodeURIComponent(TOKEN),
  Buffer.from(TOKEN).toString('base64').replaceAll('=', ''),
  'Bearer',
];

async function startService(): Promise<StandIn> {
  const service = await startStandIn({ token: TOKEN });
  service.put('differs', paramsOf(row('differs', { threshold: '4' })));
  service.put('unwanted', paramsOf(row('unwanted')));
  return service;
}

function expectNoSecret(workspace: Workspace, runs: readonly Finished[]): void {
  const places = [
    ...runs.flatMap(({ stdout, stderr }) => [stdout, stderr]),
    ...workspace.stateEntries().map(({ bytes }) => bytes.toString('latin1')),
  ];
  for (const form of FORMS) expect(places.filter((place) => place.includes(form))).toEqual([]);
}

it.each([
  { what: 'in the environment', env: { ALARMSYNC_TOKEN: TOKEN } },
  { what: 'in a file', env: { ALARMSYNC_TOKEN_FILE: 'token.txt' } },
])('a token $what reaches the service alone', async ({ env }) => {
  const workspace = openWorkspace();
  workspace.write('token.txt', `${TOKEN}\n`);
  const service = await startService();
  const receiver = await startOtlpReceiver();
  const target = [workspace.write('alarms.csv', csv([row('differs'), row('new')])), '--service', service.url];
  const runs: Finished[] = [];
  const run = async (...args: readonly string[]): Promise<Finished> => {
    const finished = await workspace.run(args, { env: { ...env, ...receiver.env } });
    runs.push(finished);
    return finished;
  };

  const plan = await run('plan', ...target, '--verbose');
  await run(
    'sync',
    ...target,
    '--auto-approve',
    '--json',
    '--json-operations',
    'all',
    '--verbose',
    '--limit',
    '1',
  );
  await run('resume', '--verbose');
  await run('status');
  await run('runs');
  await run('show', planPathOf(plan), '--format', 'ndjson');
  await run('verify', ...target);
  const exported = await run('export', '--service', service.url);

  expect(service.requests.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`)).toBe(true);
  expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 10, 0, 0, 0, 0, 0, 0]);
  expect(exported.stdout).toContain('new');
  expectNoSecret(workspace, runs);
  const sent = [JSON.stringify(receiver.headers), ...receiver.bodies.map((body) => body.toString('latin1'))];
  expect(receiver.named('POST /alarms')).toHaveLength(1);
  for (const form of FORMS) expect(sent.filter((text) => text.includes(form))).toEqual([]);
});

it('a token that is refused is told of without itself, with 7', async () => {
  const workspace = openWorkspace();
  const service = await startStandIn({ token: 'another' });
  const file = workspace.write('alarms.csv', csv([row('a')]));

  const sync = ['sync', file, '--service', service.url, '--auto-approve', '--verbose'];
  const refused = await workspace.run(sync, { env: { ALARMSYNC_TOKEN: TOKEN } });

  expect(refused.exitCode).toBe(7);
  expect(service.writes).toEqual([]);
  expectNoSecret(workspace, [refused]);
});

it('what a service answers in its errors is not repeated', async () => {
  const workspace = openWorkspace();
  const service = await startService();
  const echo = `${TOKEN} is not welcome`;
  service.onWrite = (_request, answer) => {
    answer(422, JSON.stringify({ name: echo, status: '422', message: echo }));
    return true;
  };
  const file = workspace.write('alarms.csv', csv([row('differs'), row('new')]));

  const sync = ['sync', file, '--service', service.url, '--auto-approve', '--verbose', '--json'];
  const finished = await workspace.run(sync, { env: { ALARMSYNC_TOKEN: TOKEN } });

  expect(finished.exitCode).toBe(6);
  expectNoSecret(workspace, [finished]);
});

it('a token that cannot be a header is refused without itself', async () => {
  const workspace = openWorkspace();
  const service = await startService();
  const file = workspace.write('alarms.csv', csv([row('a')]));

  const finished = await workspace.run(['plan', file, '--service', service.url, '--verbose'], {
    env: { ALARMSYNC_TOKEN: `${TOKEN}\nX-Other: 1` },
  });

  expect([1, 7]).toContain(finished.exitCode);
  expect(service.requests.filter(({ headers }) => headers['x-other'] !== undefined)).toEqual([]);
  expect(finished.stdout + finished.stderr).not.toContain(TOKEN);
});

it('is not sent over plain http to another machine unless told', async () => {
  const workspace = openWorkspace();
  const file = workspace.write('alarms.csv', csv([row('a')]));

  const finished = await workspace.run(
    ['plan', file, '--service', 'http://alarms.invalid', '--retries', '0'],
    {
      env: { ALARMSYNC_TOKEN: TOKEN },
    },
  );

  expect(finished.exitCode).not.toBe(0);
  expect(finished.stderr).toContain('--insecure');
  expect(finished.stderr).not.toContain(TOKEN);
});

it('keeps every file it makes for its owner alone', async () => {
  const workspace = openWorkspace();
  const service = await startService();
  const env = { ALARMSYNC_TOKEN: TOKEN };
  const bad = csv([row('differs'), row('new'), row('bad', { threshold: 'n/a' })]);
  const target = [workspace.write('alarms.csv', bad), '--service', service.url];

  const skip = ['--on-invalid', 'skip', '--rejects', '.alarmsync/rejects.csv'];
  await workspace.run(['plan', ...target, ...skip], { env });
  await workspace.run(['sync', ...target, '--auto-approve', ...skip, '--limit', '1'], { env });
  await workspace.run(['plan', ...target, ...skip, '--out', '.alarmsync/elsewhere/p.db'], { env });

  const entries = workspace.stateEntries();
  expect(entries.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['.alarmsync/rejects.csv', '.alarmsync/elsewhere/p.db']),
  );
  for (const { path, isDirectory, mode } of entries) {
    expect(`${path} ${mode.toString(8)}`).toBe(`${path} ${isDirectory ? '700' : '600'}`);
  }
});

it('leaves one file a plan, and no staging data', async () => {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const file = workspace.write('alarms.csv', csv(rows(5)));

  await workspace.run(['sync', file, '--service', service.url, '--auto-approve']);
  await workspace.run(['verify', file, '--service', service.url]);
  await workspace.run(['export', '--service', service.url]);
  await workspace.run(['validate', file]);

  const names = workspace.stateEntries().filter(({ isDirectory }) => !isDirectory);
  expect(names.filter(({ path }) => path.endsWith('plan.db'))).toHaveLength(1);
  expect(names.filter(({ path }) => /(?:desired|existing|-journal|-wal|-shm)/u.test(path))).toEqual([]);
});
