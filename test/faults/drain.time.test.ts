// Services that act late or are gone for long, runs that are given little time, and clocks that jump.

import { expect, it } from 'vitest';

import { DEFAULT_SERVER_SETTINGS } from '../../src/server/server.ts';
import { openWorkspace, planPathOf } from '../e2e/command-line.ts';
import {
  expectComplete,
  expectEqualAndOnce,
  makeWorld,
  seededRandom,
  startFor,
  syncArguments,
  syncToEnd,
  Strikes,
} from './fault-world.ts';
import { openGate } from './gate.ts';

const { behaviour, store } = DEFAULT_SERVER_SETTINGS;
const NO_FAULTS = DEFAULT_SERVER_SETTINGS.faults;
const QUICK = ['--settle-time', '100ms'];

it('sends nothing twice to a service that commits late but within the settle time', async () => {
  const workspace = openWorkspace();
  const world = makeWorld(workspace, 1500);
  const server = await startFor(world, { store: { ...store, namesAreUnique: false } });
  const gate = await openGate(server.url);
  const random = seededRandom(5);
  gate.decide = ({ method }) => (method !== 'GET' && random() < 0.1 ? { lateMs: 400 } : 'pass');

  const runs = await syncToEnd(workspace, world, gate.url, ['--settle-time', '1500ms']);

  expect(gate.refusedCount).toBeGreaterThan(30);
  expectComplete(runs, world);
  expectEqualAndOnce(server, world);
  const { records } = server.counts;
  expect(records.filter(({ method }) => method === 'POST')).toHaveLength(world.created.size);
});

it('ends with 5 when the service is down until after the end, and resumes when it is back', async () => {
  const workspace = openWorkspace();
  const world = makeWorld(workspace);
  let appliedCount = 0;
  let isBack = false;
  const doneCount = world.created.size + world.updated.size;
  const strikes = new Strikes(
    {
      down: ({ kind }) => {
        if (kind === 'write') appliedCount += 1;
        return !isBack && appliedCount > doneCount - 20;
      },
    },
    1,
  );
  const server = await startFor(world, { faults: { ...NO_FAULTS, rules: strikes.rules, downMs: 0 } });
  const pace = [...QUICK, '--retries', '1'];

  const stopped = await workspace.run([...syncArguments(world, server.url), ...pace]);
  expect(stopped.exitCode, stopped.stderr).toBe(5);
  expect(server.counts.records.filter(({ method }) => method === 'DELETE')).toEqual([]);

  isBack = true;
  const resumed = await workspace.run(['resume', ...pace]);
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  expectEqualAndOnce(server, world);
});

it('ends with 10 when --max-duration is over, and a resume finishes', async () => {
  const workspace = openWorkspace();
  const world = makeWorld(workspace);
  const server = await startFor(world, { behaviour: { ...behaviour, latencyMs: 25 } });
  const startedMs = performance.now();

  const stopped = await workspace.run([...syncArguments(world, server.url), '--max-duration', '3s']);
  expect(stopped.exitCode, stopped.stderr).toBe(10);
  expect(performance.now() - startedMs).toBeLessThan(9000);
  expect(stopped.stdout).toContain('Sync stopped: ');
  expect(server.counts.appliedCount).toBeGreaterThan(0);

  const resumed = await workspace.run(['resume', '--concurrency', '64']);
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  expectEqualAndOnce(server, world);
});

/** A module that sets the clock of its process, and of its threads, at the given look at it. */
function clockModule(jumpMs: number, atCall: number): string {
  return `const now = Date.now.bind(Date);
const RealDate = Date;
let callCount = 0;
const shifted = () => now() + (++callCount > ${atCall} ? ${jumpMs} : 0);
globalThis.Date = class extends RealDate {
  constructor(...parts) { if (parts.length === 0) super(shifted()); else super(...parts); }
  static now() { return shifted(); }
};
`;
}

const HOUR_MS = 3_600_000;

it.each([
  { title: 'set back an hour', jumpMs: -HOUR_MS },
  { title: 'set forward an hour', jumpMs: HOUR_MS },
  { title: 'set back a year', jumpMs: -8760 * HOUR_MS },
])('a clock $title in the middle of a run neither stalls nor spoils it', async ({ jumpMs }) => {
  const workspace = openWorkspace();
  const world = makeWorld(workspace);
  const server = await startFor(world);
  const preload = workspace.write('clock.mjs', clockModule(jumpMs, 600));
  const env = { NODE_OPTIONS: `--import ${preload}` };
  const pace = [...QUICK, '--tpslimit', '1500', '--concurrency', '32'];
  const startedMs = performance.now();

  const synced = await workspace.run([...syncArguments(world, server.url), ...pace], { env });

  expect(synced.exitCode, synced.stderr).toBe(0);
  expect(performance.now() - startedMs).toBeLessThan(15_000);
  expectEqualAndOnce(server, world);
});

it.each([
  { title: 'an hour back', jumpMs: -HOUR_MS },
  { title: 'an hour forward', jumpMs: HOUR_MS },
])('a run that was stopped is resumed, and another follows, by a clock $title', async ({ jumpMs }) => {
  const workspace = openWorkspace();
  const world = makeWorld(workspace, 400);
  const server = await startFor(world);
  const preload = workspace.write('clock.mjs', clockModule(jumpMs, 0));
  const env = { NODE_OPTIONS: `--import ${preload}` };

  const stopped = await workspace.run([...syncArguments(world, server.url), '--limit', '50']);
  expect(stopped.exitCode, stopped.stderr).toBe(10);
  const resumed = await workspace.run(['resume'], { env });
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  expectEqualAndOnce(server, world);

  server.store.delete('alarm-80');
  const synced = await workspace.run(syncArguments(world, server.url), { env });
  expect(synced.exitCode, synced.stderr).toBe(0);
  expect(server.store.read('alarm-80')).toBeDefined();
});

it('a plan made and applied after the clock was set back is not stale', async () => {
  const workspace = openWorkspace();
  const world = makeWorld(workspace, 400);
  const server = await startFor(world);
  const preload = workspace.write('clock.mjs', clockModule(-HOUR_MS, 0));
  const env = { NODE_OPTIONS: `--import ${preload}` };

  const synced = await workspace.run(syncArguments(world, server.url));
  expect(synced.exitCode, synced.stderr).toBe(0);
  server.store.delete('alarm-80');
  const planned = await workspace.run(['plan', world.file, '--service', server.url], { env });
  expect(planned.exitCode, planned.stderr).toBe(0);
  const applied = await workspace.run(['apply', planPathOf(planned)], { env });
  expect(applied.exitCode, applied.stderr).toBe(0);
  expect(server.store.read('alarm-80')).toBeDefined();
});
