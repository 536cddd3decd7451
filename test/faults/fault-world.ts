// Thousands of alarms, a misbehaving service and the command line -> what each write did, and whether both sides agree.

import type { ChildProcess } from 'node:child_process';

import { expect, onTestFinished } from 'vitest';

import type { FaultName, FaultRequest } from '../../src/server/faults.ts';
import {
  DEFAULT_SERVER_SETTINGS,
  startServer,
  type RunningServer,
  type ServerSettings,
} from '../../src/server/server.ts';
import { eventsOf, type Finished, type RunOptions, type Workspace } from '../e2e/command-line.ts';
import { AWKWARD_NAMES, csv, meaning, paramsOf, row, type Row } from '../e2e/world.ts';

/** What a sync has to do, known beforehand. */
export interface FaultWorld {
  readonly file: string;
  readonly existing: readonly Row[];
  readonly created: ReadonlySet<string>;
  readonly updated: ReadonlySet<string>;
  readonly deleted: ReadonlySet<string>;
  /** Name and meaning of every alarm wanted, in name order. */
  readonly wanted: readonly string[];
}

/** Of each 20 alarms: 4 are missing at the service, 3 differ, 2 are not wanted any more. */
export function makeWorld(workspace: Workspace, alarmCount = 4000): FaultWorld {
  const names = Array.from({ length: alarmCount }, (_, index) => nameOf(index));
  const kinds = names.map((_, index) => index % 20);
  const select = (from: number, to: number): readonly string[] =>
    names.filter((_, index) => (kinds[index] ?? 0) >= from && (kinds[index] ?? 0) < to);
  const desired = names.flatMap((name, index) => ((kinds[index] ?? 0) < 18 ? [row(name)] : []));
  const isOutdated = (index: number): boolean =>
    kinds[index] === 4 || kinds[index] === 5 || kinds[index] === 6;
  const existing = names.flatMap((name, index) =>
    (kinds[index] ?? 0) < 4 ? [] : [row(name, isOutdated(index) ? { threshold: '17' } : {})],
  );
  return {
    file: workspace.write('alarms.csv', csv(desired)),
    existing,
    created: new Set(select(0, 4)),
    updated: new Set(select(4, 7)),
    deleted: new Set(select(18, 20)),
    wanted: desired.map(({ name, ...params }) => shown(name, params)).toSorted(),
  };
}

/** Every awkward name once, and then again with a number after it where it stays short enough. */
function nameOf(index: number): string {
  const awkward = AWKWARD_NAMES[index];
  if (awkward !== undefined) return awkward;
  const base = AWKWARD_NAMES[index % AWKWARD_NAMES.length] ?? '';
  return index % 3 === 0 && base.length < 100 ? `${base} ${index}` : `alarm-${index}`;
}

/** Starts a service that holds the world's existing alarms, each with a member that no file manages. */
export async function startFor(
  world: FaultWorld,
  settings: Partial<ServerSettings> = {},
): Promise<RunningServer> {
  const server = await startServer({ ...DEFAULT_SERVER_SETTINGS, keepsRecords: true, ...settings });
  onTestFinished(async () => server[Symbol.asyncDispose]());
  const alarms = world.existing.map((item) => ({
    name: item.name,
    params: { ...paramsOf(item), contact: [...item.contact], kept: item.name },
  }));
  server.store.importDefinitions(alarms);
  return server;
}

export function syncArguments(world: FaultWorld, url: string): readonly string[] {
  const limits = ['--max-delete', '100%', '--max-update', '100%', '--max-create', '100%'];
  return ['sync', world.file, '--service', url, '--auto-approve', ...limits];
}

const RESUME_LIMIT = 6;

/** Syncs, and resumes at most six times, as long as the exit code says that this is worth it. Gives every run. */
export async function syncToEnd(
  workspace: Workspace,
  world: FaultWorld,
  url: string,
  pace: readonly string[],
  options: RunOptions = {},
): Promise<readonly Finished[]> {
  const runs = [await workspace.run([...syncArguments(world, url), '--json', ...pace], options)];
  while (runs.at(-1)?.exitCode === 5 && runs.length <= RESUME_LIMIT)
    runs.push(await workspace.run(['resume', '--json', ...pace], options));
  return runs;
}

/** The service holds what the file says, unmanaged members kept, and each write took effect exactly once. */
export function expectEqualAndOnce(server: RunningServer, world: FaultWorld): void {
  const held = [...server.store].map(({ name, paramsText }) => ({ name, params: JSON.parse(paramsText) }));
  expect(held.map(({ name, params }) => shown(name, params)).toSorted()).toEqual(world.wanted);
  expect(held.filter(({ name, params }) => !world.created.has(name) && params.kept !== name)).toEqual([]);
  expect(appliedTimes(server, 'POST')).toEqual(onceEach(world.created));
  expect(appliedTimes(server, 'PUT')).toEqual(onceEach(world.updated));
  expect(appliedTimes(server, 'DELETE')).toEqual(onceEach(world.deleted));
}

/** The last run ended well, and its counts are those of the world. */
export function expectComplete(runs: readonly Finished[], world: FaultWorld): void {
  const last = runs.at(-1);
  const told = runs.map(({ exitCode, stderr }) => `${exitCode}: ${stderr.slice(-2000)}`).join('\n');
  expect(last?.exitCode, told).toBe(0);
  expect(summaryOf(runs)).toMatchObject({
    created: world.created.size,
    updated: world.updated.size,
    deleted: world.deleted.size,
    failed: 0,
    conflicts: 0,
    exit_code: 0,
  });
}

export function summaryOf(runs: readonly Finished[]): Readonly<Record<string, unknown>> {
  const last = runs.at(-1);
  return (last === undefined ? [] : eventsOf(last)).findLast(({ type }) => type === 'sync_summary') ?? {};
}

function appliedTimes(server: RunningServer, method: string): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const record of server.counts.records) {
    if (record.method === method && record.isApplied)
      times.set(record.name, (times.get(record.name) ?? 0) + 1);
  }
  return times;
}

function onceEach(names: ReadonlySet<string>): ReadonlyMap<string, number> {
  return new Map([...names].map((name) => [name, 1]));
}

function shown(name: string, params: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(name)} ${meaning(params)}`;
}

/** Says of each request whether the fault strikes; `count` is 1 for the first request that could meet it. */
export type Rule = number | ((request: FaultRequest, count: number) => boolean);

/** Fault rules that remember whom they struck. */
export class Strikes {
  readonly rules: ServerSettings['faults']['rules'];
  /** Names of the writes struck, by fault. */
  readonly #writes = new Map<FaultName, Set<string>>();
  readonly #counts = new Map<FaultName, number>();

  constructor(rules: Readonly<Partial<Record<FaultName, Rule>>>, seed: number) {
    const random = seededRandom(seed);
    const entries = Object.entries(rules).map(([fault, rule]) => {
      let count = 0;
      const strikes = (request: FaultRequest): boolean => {
        count += 1;
        const isStruck = typeof rule === 'number' ? random() < rule : rule(request, count);
        if (isStruck) this.#note(decodeFault(fault), request);
        return isStruck;
      };
      return [fault, strikes];
    });
    this.rules = Object.fromEntries(entries);
  }

  count(fault: FaultName): number {
    return this.#counts.get(fault) ?? 0;
  }

  /** Names of the alarms a write on which was struck by any of these faults. */
  writtenNames(faults: readonly FaultName[]): ReadonlySet<string> {
    return new Set(faults.flatMap((fault) => [...(this.#writes.get(fault) ?? [])]));
  }

  #note(fault: FaultName, { kind, name }: FaultRequest): void {
    this.#counts.set(fault, this.count(fault) + 1);
    if (kind === 'write') this.#writes.set(fault, (this.#writes.get(fault) ?? new Set()).add(name));
  }
}

function decodeFault(fault: string): FaultName {
  return fault as FaultName;
}

/** A linear congruential generator, 0 (inclusive) to 1. Source: Numerical Recipes. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

/** Keeps the process that runs now, for a service that wants to do something to it. */
export class CurrentProcess {
  readonly options: RunOptions = {
    onSpawn: (child) => {
      this.#child = child;
    },
  };
  #child: ChildProcess | undefined;

  get processId(): number {
    if (this.#child?.pid === undefined) throw new Error('expected a process that runs');
    return this.#child.pid;
  }
}
