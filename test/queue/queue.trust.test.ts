// What coordinator and workers must not do: tell a secret, go over the quota, fill Redis, or work together though they differ.

import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';

import { Board } from '../../src/queue/board.ts';
import { openWorkspace } from '../e2e/command-line.ts';
import { startStandIn, type StandIn } from '../e2e/stand-in.ts';
import { csv, rows } from '../e2e/world.ts';
import { startRedis } from '../redis-server.ts';
import { hasQueue, openQueueWorld, startWorker } from './world.ts';

const TOKEN = 'token-that-nobody-else-sees';
const PASSWORD = 'password-of-redis';

it.runIf(hasQueue)('tells Redis no token, and nobody the password of Redis', async () => {
  const workspace = openWorkspace();
  const service = await startStandIn({ token: TOKEN });
  const redis = await startRedis(['--requirepass', PASSWORD]);
  const env = { ALARMSYNC_TOKEN: TOKEN, ALARMSYNC_QUEUE_PASSWORD: PASSWORD };
  const watcher = new Redis(redis.port, '127.0.0.1', { password: PASSWORD });
  onTestFinished(() => watcher.disconnect());
  const monitor = await watcher.monitor();
  const commands: string[] = [];
  monitor.on('monitor', (_time: string, words: readonly string[]) => commands.push(words.join(' ')));
  onTestFinished(() => monitor.disconnect());
  const target = ['--service', service.url, '--queue', redis.url];
  const worker = workspace.run(['worker', ...target], {
    env,
    onSpawn: (child) => onTestFinished(() => void child.kill('SIGKILL')),
  });
  const file = workspace.write('alarms.csv', csv(rows(20)));
  const finished = await workspace.run(['sync', file, ...target, '--auto-approve', '-vv'], { env });
  expect(finished.stdout).toContain('Sync complete: 20 created');
  expect(commands.some((command) => command.includes('alarm-7'))).toBe(true);
  expect(commands.filter((command) => command.includes(TOKEN))).toEqual([]);
  const told = finished.stdout + finished.stderr;
  expect(told).not.toContain(PASSWORD);
  expect(told).not.toContain(TOKEN);
  const plan = Buffer.concat(workspace.stateEntries().map(({ bytes }) => bytes)).toString('latin1');
  expect(plan).not.toContain(PASSWORD);
  void worker;
});

it.runIf(hasQueue)(
  'never sends more than the quota and one window in a sliding second, whatever the number of workers',
  async () => {
    const sentAtMs = await arrivalsMsOf(400, 100);
    expect(sentAtMs).toHaveLength(400);
    expect(Math.max(...sentAtMs.map((fromMs) => countWithin(sentAtMs, fromMs)))).toBeLessThanOrEqual(110);
  },
);

it.runIf(hasQueue)('uses nine tenths of the quota at least, with three workers', async () => {
  const sentAtMs = await arrivalsMsOf(600, 100);
  const [firstMs = 0] = sentAtMs;
  // Neither while workers find the run, nor where it runs out; and one hiccup of the machine is not the quota's.
  const counts = [1, 2, 3, 4].map((second) => countWithin(sentAtMs, firstMs + second * 1000));
  const [, , median = 0] = counts.toSorted((left, right) => left - right);
  expect([median >= 90, counts]).toEqual([true, counts]);
});

it.runIf(hasQueue)('uses nine tenths of a small quota too', async () => {
  const sentAtMs = await arrivalsMsOf(80, 10);
  const [firstMs = 0] = sentAtMs;
  // Two steps come every fifth of a second: a shorter time may see two less.
  const counts = [1, 4].map((second) => countWithin(sentAtMs, firstMs + second * 1000, 3000));
  expect([Math.max(...counts) >= 27, counts]).toEqual([true, counts]);
});

/** Its creates leave 200 ms after their steps were handed out. */
const SLOW_ADAPTER = `
import { setTimeout } from 'node:timers/promises';

export default function createService(_settings, gate) {
  async function* list() {
    yield { alarms: [], nextCursor: null };
  }
  const create = async (_definition, { signal }) => {
    await setTimeout(200);
    await gate.pass('write', signal);
  };
  return {
    identity: { address: 'slow', account: '' },
    capabilities: { maxPageSize: 500, createIsUpsert: false, namesAreUnique: true, writesState: true },
    list,
    read: async () => undefined,
    create,
    update: create,
    delete: create,
  };
}
`;

it.runIf(hasQueue)('counts each step again that leaves late', async () => {
  const workspace = openWorkspace();
  const redis = await startRedis();
  const watcher = new Redis(redis.port);
  onTestFinished(() => watcher.disconnect());
  const monitor = await watcher.monitor();
  onTestFinished(() => monitor.disconnect());
  const asked: string[] = [];
  // BullMQ's own scripts have other keys first.
  monitor.on('monitor', (_time: string, [command = '', _script, _keyCount, key = '']: readonly string[]) => {
    if (command.toLowerCase() === 'eval' && key.endsWith(':limiter')) asked.push(key);
  });
  const adapter = workspace.write('slow.mjs', SLOW_ADAPTER);
  const target = ['--service', `module:${adapter}`, '--queue', redis.url];
  await startWorker(['worker', ...target]);
  const file = workspace.write('alarms.csv', csv(rows(5)));
  const finished = await workspace.run(['sync', file, ...target, '--auto-approve', '--tpslimit', '100']);
  expect(finished.stdout).toContain('Sync complete: 5 created');
  expect(asked).toHaveLength(5);
});

/** When the creates of a run came that three workers sent. @param quotaPerSecond of requests */
async function arrivalsMsOf(rowCount: number, quotaPerSecond: number): Promise<readonly number[]> {
  const world = await openQueueWorld(rows(rowCount));
  const sentAtMs: number[] = [];
  world.service.onWrite = () => {
    sentAtMs.push(performance.now());
    return false;
  };
  for (let count = 0; count < 3; count += 1) await world.startWorker();
  const finished = await world.workspace.run([...world.syncArguments, '--tpslimit', String(quotaPerSecond)]);
  expect(finished.exitCode).toBe(0);
  return sentAtMs;
}

function countWithin(sentAtMs: readonly number[], fromMs: number, durationMs = 1000): number {
  return sentAtMs.filter((atMs) => atMs >= fromMs && atMs < fromMs + durationMs).length;
}

it.runIf(hasQueue)('refuses a run whose only workers have another configuration', async () => {
  const world = await openQueueWorld(rows(5));
  const config = world.workspace.write('other.yaml', "contacts:\n  'user@example.com': '@someone'\n");
  const worker = await world.startWorker(['--config', config]);
  const finished = await world.workspace.run(world.syncArguments);
  expect(finished.stderr).toContain('no worker can serve this run: the sections contacts and cloudwatch');
  expect(finished.exitCode).toBe(1);
  expect(world.service.writes).toEqual([]);
  expect(worker.child.exitCode).toBe(null);
});

it.runIf(hasQueue)('refuses a run whose only workers are of another version', async () => {
  const world = await openQueueWorld(rows(5));
  const redis = new Redis(world.redis.port);
  onTestFinished(() => redis.disconnect());
  const suited = { version: '0.0.1', address: world.service.url, account: '', configurationDigest: '' };
  await using _posted = await new Board(redis).postWorker({ ...suited, workerId: 'old', hostName: 'here' });
  const finished = await world.workspace.run(world.syncArguments);
  expect(finished.stderr).toMatch(/the run is of alarmsync \d+\.\d+\.\d+, the worker of 0\.0\.1/u);
  expect(finished.exitCode).toBe(1);
  expect(await redis.keys('*:meta')).toEqual([]);
  const resumed = await world.workspace.run(['resume']);
  expect(resumed.stdout).toContain('Sync complete: 5 created');
});

it.runIf(hasQueue)('stops for as long as the service asks when one worker meets a 429', async () => {
  const world = await openQueueWorld(rows(60));
  let throttledAtMs = 0;
  const sentAtMs: number[] = [];
  world.service.onWrite = (_request, answer) => {
    sentAtMs.push(performance.now());
    if (sentAtMs.length !== 20) return false;
    throttledAtMs = performance.now();
    answer(429, '{}', { 'retry-after': '2' });
    return true;
  };
  await world.startWorker(['--concurrency', '1']);
  await world.startWorker(['--concurrency', '1']);
  const finished = await world.workspace.run([...world.syncArguments, '--tpslimit', '50']);
  expect(finished.stdout).toContain('Sync complete: 60 created');
  // What the other worker had in its hand, or was fetching when the answer came, may still leave; without a pause there would be 95.
  const during = sentAtMs.filter((atMs) => atMs > throttledAtMs && atMs < throttledAtMs + 1900);
  expect(during.length).toBeLessThanOrEqual(5);
});

it.runIf(hasQueue)(
  'says what it waits for when Redis cannot be reached, and leaves the run to be resumed',
  async () => {
    const workspace = openWorkspace();
    const service: StandIn = await startStandIn();
    const file = workspace.write('alarms.csv', csv(rows(3)));
    const target = ['--service', service.url, '--auto-approve'];
    const finished = await workspace.run(['sync', file, ...target, '--queue', 'redis://127.0.0.1:9']);
    expect(finished.stderr).toMatch(/expected Redis at 127\.0\.0\.1:9, got .*ECONNREFUSED/u);
    expect(finished.exitCode).toBe(5);
    const resumed = await workspace.run(['resume']);
    expect(resumed.stdout).toContain('Sync complete: 3 created');
  },
);

it.runIf(hasQueue).each([
  ['http://127.0.0.1', 'expected redis://host[:port][/number] or rediss://…, got something else'],
  ['redis://user:secret-word@127.0.0.1', 'expected no user and password in the address of Redis, got some'],
  ['redis://127.0.0.1/0?password=secret-word', 'expected no query and no fragment in the address of Redis'],
  ['redis://queue.example.com', 'expected rediss:// for a Redis that is sent a password'],
])('refuses the address %s', async (address, message) => {
  const workspace = openWorkspace();
  const finished = await workspace.run(['worker', '--service', 'http://127.0.0.1:9', '--queue', address], {
    env: { ALARMSYNC_QUEUE_PASSWORD: PASSWORD },
  });
  expect(finished.stderr).toContain(message);
  expect(finished.stderr).not.toContain('secret-word');
  expect(finished.exitCode).toBe(1);
});
