// Pipes that close early, signals that come while nothing moves, files and addresses that a command must not touch or repeat.

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, symlinkSync } from 'node:fs';

import { expect, it } from 'vitest';

import { openWorkspace } from './command-line.ts';
import { startStandIn } from './stand-in.ts';
import { csv, heldMeanings, meanings, row, rows } from './world.ts';

/** Closes the reading end of standard output after the first piece, as `head` does. */
function closeEarly(child: ChildProcess): void {
  child.stdout?.once('data', () => child.stdout?.destroy());
}

it.each([
  ['with events', ['--json', '--json-operations', 'all']],
  ['with events and details', ['--json', '--json-operations', 'all', '--verbose']],
  ['with text', []],
])('a sync %s ends its work though nobody reads its output any more', async (_, flags) => {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const file = workspace.write('alarms.csv', csv(rows(400)));

  const sync = await workspace.run(['sync', file, '--service', service.url, '--auto-approve', ...flags], {
    onSpawn: closeEarly,
  });

  expect(sync.stderr).not.toMatch(/EPIPE|Error:/u);
  expect(sync.exitCode).toBe(0);
  expect(heldMeanings(service)).toEqual(meanings(rows(400)));
  const status = await workspace.run(['resume']);
  expect(status.stderr).toContain('Nothing is left to do');
});

it('a sync ends its work though nobody reads its messages any more', async () => {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const file = workspace.write('alarms.csv', csv(rows(400)));

  const sync = await workspace.run(['sync', file, '--service', service.url, '--auto-approve', '--verbose'], {
    onSpawn: (child) => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    },
  });

  expect(sync.exitCode).toBe(0);
  expect(heldMeanings(service)).toEqual(meanings(rows(400)));
});

it('show and export end with 0 when their reader has seen enough', async () => {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const file = workspace.write('alarms.csv', csv(rows(5000)));
  const plan = workspace.path('plan.db');
  await workspace.run(['sync', file, '--service', service.url, '--auto-approve', '--out', plan]);

  for (const command of [
    ['show', plan, '--format', 'ndjson'],
    ['export', '--service', service.url],
  ]) {
    const finished = await workspace.run(command, { onSpawn: closeEarly });
    expect(finished.stderr).not.toMatch(/EPIPE|Error:/u);
    expect(finished.exitCode).toBe(0);
  }
});

const PASSWORD = 'hunter2-of-the-service';

it.each([
  ['a good address', `http://me:${PASSWORD}@127.0.0.1:9`],
  ['a password alone', `https://:${PASSWORD}@alarms.example.com/prefix`],
  ['a user alone', `https://${PASSWORD}@alarms.example.com`],
  ['a port that is none', `http://me:${PASSWORD}@127.0.0.1:99999`],
  ['a scheme that is none', `htp://me:${PASSWORD}@127.0.0.1:9`],
  ['no scheme', `me:${PASSWORD}@127.0.0.1:9`],
  ['a query', `http://127.0.0.1:9/?token=${PASSWORD}`],
  ['a fragment', `http://127.0.0.1:9/#${PASSWORD}`],
])('never prints a password in a service address: %s', async (_, address) => {
  const workspace = openWorkspace();
  const file = workspace.write('alarms.csv', csv([row('a')]));
  const config = workspace.write('config.json', JSON.stringify({ service: address }));

  const output = ['--verbose', '--json'];
  const runs = await Promise.all([
    workspace.run(['sync', file, '--service', address, '--auto-approve', ...output]),
    workspace.run(['verify', file, ...output], { env: { ALARMSYNC_SERVICE: address } }),
    workspace.run(['export', '--config', config, ...output]),
  ]);

  for (const finished of runs) {
    expect(finished.exitCode).toBe(1);
    expect(finished.stderr).toMatch(/\[ALARMSYNC_[A-Z_]+\]/u);
    expect(finished.stdout + finished.stderr).not.toContain(PASSWORD);
  }
});

it.each([
  ['by its path', 'alarms.csv'],
  ['by another spelling', './/./alarms.csv'],
  ['by a link', 'link.csv'],
  ['by a hard link', 'hard.csv'],
])('refuses --rejects that names the input %s, and leaves the input whole', async (_, spelling) => {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const text = csv([row('a'), row('bad', { threshold: 'n/a' })]);
  const file = workspace.write('alarms.csv', text);
  symlinkSync(file, workspace.path('link.csv'));
  linkSync(file, workspace.path('hard.csv'));

  const sync = ['sync', file, '--service', service.url, '--auto-approve', '--on-invalid', 'skip'];
  const finished = await workspace.run([...sync, '--rejects', spelling]);

  expect(finished.exitCode).toBe(1);
  expect(finished.stderr).toContain('[ALARMSYNC_CLI_USAGE]');
  expect(workspace.read('alarms.csv')).toBe(text);
  expect(service.writes).toEqual([]);
});

const SIGNALS_HEARD = 'signals are heard';

/** Runs in the command: tells on standard error when it hears signals, and has nothing to do but wait. */
const TELL_SIGNALS = `
process.on('newListener', (name) => {
  if (name === 'SIGTERM') setImmediate(() => process.stderr.write('${SIGNALS_HEARD}\\n'));
});
`;

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s while it waits for another run ends with %i', async (signal, exitCode) => {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const file = workspace.write('alarms.csv', csv(rows(6)));
  const listed = new EventTarget();
  const isListed = once(listed, 'listed');
  let release = (): void => {};
  service.onListing = ({ count, answer, text }) => {
    if (count > 1) return false;
    release = () => answer(200, text);
    listed.dispatchEvent(new Event('listed'));
    return true;
  };
  const sync = ['sync', file, '--service', service.url, '--auto-approve'];
  const first = workspace.run(sync);
  await isListed;

  const preload = workspace.write('tell-signals.cjs', TELL_SIGNALS);
  const second = await workspace.run([...sync, '--lock-timeout', '5m'], {
    env: { NODE_OPTIONS: `--require ${preload}` },
    onSpawn: (child) => {
      child.stderr?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes(SIGNALS_HEARD)) child.kill(signal);
      });
    },
  });
  expect(second.exitCode).toBe(exitCode);
  expect(service.requests).toHaveLength(1);

  release();
  expect((await first).exitCode).toBe(0);
  expect(heldMeanings(service)).toEqual(meanings(rows(6)));
});
