// Random worlds under random faults and kills, for a set time: how often a sync ended equal, or the seed of the first that did not.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { FAULTS, faultNames } from '../dist/server/faults.js';
import { DEFAULT_SERVER_SETTINGS, startServer } from '../dist/server/server.js';

const MAIN = path.join(import.meta.dirname, '../dist/cli/main.js');
const HEADER =
  'name,threshold,metric_name,comparison_method,alarm_state,tracking_metric_id,contact,metric_math';
const UUID = '6f1c1d4e-0c7e-4d0a-9a57-3f4b8b6f2a11';
const AWKWARD = [
  'a/b',
  '%2e',
  ' x ',
  '"q"',
  'a,b',
  '\u{1F525}',
  "'",
  '__proto__',
  '--x',
  '*',
  'é',
  '..a',
  '?#&',
];
const LIMITS = ['--max-delete', '100%', '--max-update', '100%', '--allow-empty', '--allow-shrunk-service'];
const PACE = ['--settle-time', '250ms', '--request-timeout', '1s'];
/** Commands for one world, the killed ones included. */
const COMMAND_LIMIT = 60;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
});
const minutes = Number(values.minutes);
const firstSeed = Number(values.seed);
if (!(minutes > 0) || !Number.isSafeInteger(firstSeed)) {
  throw new Error('expected --minutes over 0, and a whole number as --seed');
}

const survived = { worlds: 0, alarms: 0, writes: 0, commands: 0, kills: 0, resumes: 0, faults: {} };
const endMs = performance.now() + minutes * 60_000;
for (let seed = firstSeed; survived.worlds === 0 || performance.now() < endMs; seed += 1) {
  try {
    await surviveWorld(seed);
  } catch (thrown) {
    console.error(`\nseed ${seed} did not survive; again with: npm run soak -- --minutes 0.1 --seed ${seed}`);
    console.error(thrown);
    console.error('before it:', survived);
    process.exit(1);
  }
}
console.log('\nsurvived:', survived);

async function surviveWorld(seed) {
  const random = seededRandom(seed);
  const directory = mkdtempSync(path.join(tmpdir(), 'alarmsync-soak-'));
  const { settings, faultCounts } = randomService(random, seed);
  const server = await startServer(settings);
  try {
    const existing = randomAlarms(random, Math.floor(random() * 1500));
    server.store.importDefinitions([...existing].map(([name, params]) => ({ name, params })));
    // Two files one after the other: the second run meets what the first one left.
    for (let round = 0; round < 2; round += 1) {
      const before = new Map([...server.store].map((alarm) => [alarm.name, JSON.parse(alarm.paramsText)]));
      const wanted = randomFile(random, before);
      const appliedBefore = server.counts.records.length;
      await syncWithKills(directory, wanted, server.url, random, round);
      requireEqual(server, wanted);
      requireOnce(server.counts.records.slice(appliedBefore), before, wanted);
      survived.alarms += wanted.size;
    }
    survived.worlds += 1;
    survived.writes += server.counts.appliedCount;
    for (const [fault, count] of Object.entries(faultCounts)) {
      survived.faults[fault] = (survived.faults[fault] ?? 0) + count;
    }
    process.stdout.write(
      `\rseed ${seed}: ${survived.worlds} worlds, ${survived.kills} kills, ${survived.resumes} resumes`,
    );
  } finally {
    await server[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A service with up to five faults, which counts those that strike. */
function randomService(random, seed) {
  const chosen = faultNames().filter(() => random() < 0.4);
  const share = random() * 0.06;
  const faultCounts = {};
  const rules = Object.fromEntries(
    chosen.map((fault) => {
      const isRare = fault === 'down' || fault === 'throttle' || fault === 'hang';
      const strikes = seededRandom(seed * 31 + Object.keys(FAULTS).indexOf(fault));
      return [
        fault,
        () => {
          const isStruck = strikes() < (isRare ? share / 40 : share);
          if (isStruck) faultCounts[fault] = (faultCounts[fault] ?? 0) + 1;
          return isStruck;
        },
      ];
    }),
  );
  const { store, behaviour } = DEFAULT_SERVER_SETTINGS;
  const settings = {
    ...DEFAULT_SERVER_SETTINGS,
    store: { ...store, namesAreUnique: random() < 0.3 },
    behaviour: {
      ...behaviour,
      paging: pick(random, ['cursor', 'overlap', 'none']),
      hasEtags: random() < 0.6,
      hasTotals: random() < 0.6,
      maxPageSize: pick(random, [7, 100, 1000]),
    },
    faults: { rules, seed, slowMs: 40, downMs: 400, retryAfterMs: 1 },
    keepsRecords: true,
  };
  return { settings, faultCounts };
}

/** Syncs a file; every command may be killed at a random moment, and then a resume or the same sync goes on. */
async function syncWithKills(directory, wanted, url, random, round) {
  const file = path.join(directory, `alarms-${round}.csv`);
  writeFileSync(file, csvOf(wanted));
  const sync = ['sync', file, '--service', url, '--auto-approve', ...LIMITS, ...PACE];
  let isPlanned = false;
  for (let count = 1; count <= COMMAND_LIMIT; count += 1) {
    const isResume = isPlanned && random() < 0.7;
    const killAfterMs = count < 20 && random() < 0.6 ? 150 + random() * 2500 : undefined;
    const ended = await run(isResume ? ['resume', ...PACE] : sync, directory, killAfterMs);
    survived.commands += 1;
    if (isResume) survived.resumes += 1;
    // Killed so early that there may be no run yet: a resume would only repeat how the last one ended.
    isPlanned = ended.stdout.includes('Plan: ') || (isResume && ended.exitCode !== 0);
    if (ended.exitCode === null) survived.kills += 1;
    else if (ended.exitCode === 0) return;
    else if (ended.exitCode !== 5)
      throw new Error(`ended with ${ended.exitCode}:\n${ended.stderr}${ended.stdout}`);
  }
  throw new Error(`expected an end within ${COMMAND_LIMIT} commands`);
}

async function run(args, directory, killAfterMs) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  return { exitCode, stdout, stderr };
}

function requireEqual(server, wanted) {
  const held = [...server.store].map(
    ({ name, paramsText }) => `${name} ${meaningOf(JSON.parse(paramsText))}`,
  );
  const expected = [...wanted].map(([name, params]) => `${name} ${meaningOf(params)}`);
  const missing = expected.filter((line) => !held.includes(line)).slice(0, 5);
  const extra = held.filter((line) => !expected.includes(line)).slice(0, 5);
  if (held.length === expected.length && missing.length + extra.length === 0) return;
  throw new Error(
    `the service differs: ${JSON.stringify({ missing, extra, held: held.length, expected: expected.length })}`,
  );
}

/** Every write that was needed took effect once, and no other did. */
function requireOnce(records, before, wanted) {
  const expected = new Map();
  for (const [name, params] of wanted) {
    if (!before.has(name)) expected.set(`POST ${name}`, 1);
    else if (meaningOf(before.get(name)) !== meaningOf(params)) expected.set(`PUT ${name}`, 1);
  }
  for (const name of before.keys()) if (!wanted.has(name)) expected.set(`DELETE ${name}`, 1);
  for (const { method, name, isApplied } of records) {
    if (!isApplied) continue;
    const left = expected.get(`${method} ${name}`) ?? 0;
    if (left === 0) throw new Error(`not needed, or done twice: ${method} ${JSON.stringify(name)}`);
    expected.set(`${method} ${name}`, left - 1);
  }
}

function meaningOf({ threshold, contact, comparison_method }) {
  return JSON.stringify([Number(threshold), contact, comparison_method]);
}

function randomAlarms(random, count) {
  return new Map(Array.from({ length: count }, () => [randomName(random), randomParams(random)]));
}

function randomName(random) {
  const number = Math.floor(random() * 3000);
  return random() < 0.3 ? `${pick(random, AWKWARD)}${number}` : `alarm-${number}`;
}

function randomParams(random) {
  return {
    threshold: pick(random, ['1', '2', '3']),
    metric_name: 'cpu',
    comparison_method: pick(random, ['gt', 'lt']),
    alarm_state: 'active',
    tracking_metric_id: UUID,
    contact: pick(random, [['a@example.com'], ['ldap:ops'], []]),
    metric_math: 'sum',
  };
}

/** Keeps most of what is there, changes and drops some, and adds some. */
function randomFile(random, before) {
  const wanted = new Map();
  const [kept, changed] = [random(), random() * 0.5];
  for (const [name, params] of before) {
    if (random() < kept) wanted.set(name, random() < changed ? randomParams(random) : params);
  }
  for (const [name, params] of randomAlarms(random, 1 + Math.floor(random() * 800))) wanted.set(name, params);
  return wanted;
}

function csvOf(wanted) {
  const lines = [...wanted].map(([name, params]) =>
    [name, params.threshold, 'cpu', params.comparison_method, 'active', UUID, params.contact.join(';'), 'sum']
      .map((cell) => `"${cell.replaceAll('"', '""')}"`)
      .join(','),
  );
  return `${[HEADER, ...lines].join('\n')}\n`;
}

function pick(random, list) {
  return list[Math.floor(random() * list.length)];
}

/** A linear congruential generator, 0 (inclusive) to 1. Source: Numerical Recipes. */
function seededRandom(seed) {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}
