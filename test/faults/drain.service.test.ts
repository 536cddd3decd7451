// One fault of the service at a time, then all of them: every run ends equal, and nothing is done twice.

import { expect, it } from 'vitest';

import { faultNames, type FaultName } from '../../src/server/faults.ts';
import { DEFAULT_SERVER_SETTINGS, type ServerSettings } from '../../src/server/server.ts';
import { openWorkspace } from '../e2e/command-line.ts';
import {
  expectComplete,
  expectEqualAndOnce,
  makeWorld,
  startFor,
  Strikes,
  summaryOf,
  syncToEnd,
  type Rule,
} from './fault-world.ts';

interface Mode {
  readonly title: string;
  readonly rules: Readonly<Partial<Record<FaultName, Rule>>>;
  /** Instead of the usual settle time and time limit. */
  readonly pace?: readonly string[];
  readonly behaviour?: Partial<ServerSettings['behaviour']>;
  readonly retryAfterForm?: 'http-date';
  /** True for a service that refuses a name it holds; the others would hold it twice, so nothing hides a second create. */
  readonly namesAreUnique?: boolean;
  /** False where the client's time limit is so short that a busy machine may add unknown outcomes. */
  readonly isCountExact?: boolean;
}

const at =
  (...counts: readonly number[]): Rule =>
  (_request, count) =>
    counts.includes(count);

const ALL: Readonly<Record<FaultName, Rule>> = {
  down: at(1000),
  throttle: at(700),
  'drop-before': 0.01,
  'drop-after': 0.01,
  'error-before': 0.01,
  'error-after': 0.01,
  'ack-cut': 0.01,
  'ack-not-json': 0.01,
  'ack-status-500': 0.01,
  'read-failure': 0.01,
  hang: at(300, 700, 1100, 1500, 1900, 2300),
  slow: 0.01,
};

const PACE = ['--settle-time', '200ms'];
const SHORT = ['--settle-time', '300ms', '--request-timeout', '1s'];

const MODES: readonly Mode[] = [
  { title: 'drops the connection before it acts', rules: { 'drop-before': 0.04 } },
  { title: 'drops the connection after it acted', rules: { 'drop-after': 0.04 } },
  { title: 'answers 500 and does not act', rules: { 'error-before': 0.04 } },
  { title: 'answers 504 and did act', rules: { 'error-after': 0.04 } },
  { title: 'cuts the acknowledgement', rules: { 'ack-cut': 0.04 } },
  { title: 'acknowledges in HTML', rules: { 'ack-not-json': 0.04 } },
  { title: 'answers 200 and says "500" inside', rules: { 'ack-status-500': 0.04 } },
  { title: 'answers 429 with seconds', rules: { throttle: at(1, 400, 1500) } },
  { title: 'answers 429 with a date', rules: { throttle: at(1, 900) }, retryAfterForm: 'http-date' },
  { title: 'is slow', rules: { slow: 0.2 } },
  { title: 'hangs', rules: { hang: 0.003 }, pace: SHORT, isCountExact: false },
  { title: 'is down for a while', rules: { down: at(2, 800) } },
  { title: 'fails look-ups too', rules: { 'drop-after': 0.04, 'read-failure': 0.2 } },
  {
    title: 'has no etags and overlapping pages',
    rules: { 'drop-after': 0.02, 'error-before': 0.02 },
    behaviour: { hasEtags: false, paging: 'overlap', maxPageSize: 300 },
  },
  {
    title: 'has no pages and no totals',
    rules: { 'ack-cut': 0.02, 'drop-before': 0.02 },
    behaviour: { paging: 'none', hasTotals: false },
  },
  { title: 'does all of it, and takes a name twice', rules: ALL, pace: SHORT, isCountExact: false },
  {
    title: 'does all of it, and takes a name once',
    rules: ALL,
    pace: SHORT,
    namesAreUnique: true,
    isCountExact: false,
  },
];

/** Faults after which a client cannot know whether its write took effect. */
const UNKNOWN: readonly FaultName[] = faultNames().filter(
  (name) => !['throttle', 'slow', 'read-failure'].includes(name),
);

it.each(MODES)('a sync of 4000 alarms ends equal when the service $title', async (mode) => {
  const { rules, pace = PACE, behaviour = {}, namesAreUnique = false, isCountExact = true } = mode;
  const workspace = openWorkspace();
  const world = makeWorld(workspace);
  const strikes = new Strikes(rules, 11);
  const defaults = DEFAULT_SERVER_SETTINGS;
  const server = await startFor(world, {
    store: { ...defaults.store, namesAreUnique },
    behaviour: { ...defaults.behaviour, ...behaviour },
    faults: { rules: strikes.rules, seed: 1, slowMs: 30, downMs: 700, retryAfterMs: 1 },
    ...(mode.retryAfterForm === undefined
      ? {}
      : { rateLimit: { requestsPerSecond: 1e6, burstCount: 1e6, retryAfterForm: mode.retryAfterForm } }),
  });

  const runs = await syncToEnd(workspace, world, server.url, pace);

  expectComplete(runs, world);
  expectEqualAndOnce(server, world);
  for (const fault of faultNames()) expect(strikes.count(fault) > 0).toBe(fault in rules);
  const refusedWhileDown = server.counts.records.filter(
    ({ method, status }) => status === 503 && method !== 'GET',
  );
  const unknownNames = new Set([
    ...strikes.writtenNames(UNKNOWN),
    ...refusedWhileDown.map(({ name }) => name),
  ]);
  const { ambiguous_resolved: resolvedCount } = summaryOf(runs);
  if (isCountExact) expect(resolvedCount).toBe(unknownNames.size);
  else expect(resolvedCount).toBeGreaterThanOrEqual(unknownNames.size);
});
