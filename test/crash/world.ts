// A service in this process and a file that differs from it -> runs that are killed, taken up again, and proved to end equal.

import path from 'node:path';

import { expect } from 'vitest';

import { definitionOf } from '../../src/server/alarm-store.ts';
import type { BehaviourSettings } from '../../src/server/answer.ts';
import type { FaultRequest } from '../../src/server/faults.ts';
import { DEFAULT_SERVER_SETTINGS, startServer, type RunningServer } from '../../src/server/server.ts';
import { PlanFile } from '../../src/store/plan-file.ts';
import { serviceKeyOf, StateDirectory } from '../../src/store/state-directory.ts';
import { Workspace, type Finished, type RunOptions } from '../e2e/command-line.ts';
import { AWKWARD_NAMES, csv, meaning, meanings, paramsOf, row, type Row } from '../e2e/world.ts';

const PRELOAD = new URL('./kill-point.js', import.meta.url);
const CONCURRENCY = 4;
const PACE = ['--settle-time', '50ms', '--concurrency', String(CONCURRENCY), '--page-size', '60'];

/** What one crash may leave unsettled: a claimed batch, and what was outstanding when it was claimed. */
export const MAX_UNKNOWN_COUNT: number = 128 + 4 * CONCURRENCY - 1;

/** A point of `kill-point.js`, its side, and which passing of it: `Ledger.record before 3`. */
export type KillPoint = `${string} ${'before' | 'after'} ${number}`;

export interface Ended extends Finished {
  readonly signal: NodeJS.Signals | null;
}

const ROLES = ['unchanged', 'update', 'create', 'delete'] as const;
type Role = (typeof ROLES)[number];

export type Shape = Readonly<Record<Role, number>>;

/** Deletes and updates stay below the guard; creates and updates fill more than two claims. */
const SHAPE: Shape = { unchanged: 195, update: 100, create: 160, delete: 45 };

function namesOf(shape: Shape, role: Role): readonly string[] {
  const awkward = AWKWARD_NAMES.filter((_, at) => ROLES[at % ROLES.length] === role);
  return [...awkward, ...Array.from({ length: shape[role] - awkward.length }, (_, at) => `${role}/${at}`)];
}

export class CrashWorld implements AsyncDisposable {
  readonly workspace: Workspace = new Workspace();
  readonly server: RunningServer;
  /** What the service held before anything ran, and what the file wants. */
  readonly before: readonly Row[];
  wanted: readonly Row[];
  /** Flags of every command. */
  readonly pace: readonly string[] = PACE;
  /** Applied writes that lead from the one to the other: `POST name`. */
  readonly writesWanted: readonly string[];
  readonly file: string;

  constructor(server: RunningServer, shape: Shape) {
    this.server = server;
    const [unchanged, update, create, unwanted] = ROLES.map((role) => namesOf(shape, role));
    const rowsOf = (names: readonly string[] | undefined, threshold: string): readonly Row[] =>
      (names ?? []).map((name) => row(name, { threshold }));
    this.before = [...rowsOf(unchanged, '3'), ...rowsOf(update, '4'), ...rowsOf(unwanted, '3')];
    this.wanted = [...rowsOf(create, '3'), ...rowsOf(unchanged, '3'), ...rowsOf(update, '3')];
    this.writesWanted = [
      ...(create ?? []).map((name) => `POST ${name}`),
      ...(update ?? []).map((name) => `PUT ${name}`),
      ...(unwanted ?? []).map((name) => `DELETE ${name}`),
    ].toSorted();
    server.store.importDefinitions(this.before.map((item) => ({ name: item.name, params: jsonOf(item) })));
    this.file = this.workspace.write('alarms.csv', csv(this.wanted));
  }

  /** The file changes, as between two nights. */
  wantOneLess(): void {
    this.wanted = this.wanted.slice(1);
    this.workspace.write('alarms.csv', csv(this.wanted));
  }

  get syncArguments(): readonly string[] {
    return ['sync', this.file, '--service', this.server.url, '--auto-approve', ...PACE];
  }

  get resumeArguments(): readonly string[] {
    return ['resume', ...PACE];
  }

  async sync(options: RunOptions = {}): Promise<Ended> {
    return this.run(this.syncArguments, options);
  }

  async resume(options: RunOptions = {}): Promise<Ended> {
    return this.run(this.resumeArguments, options);
  }

  async run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    let readSignal = (): NodeJS.Signals | null => null;
    const finished = await this.workspace.run(args, {
      ...options,
      onSpawn: (child) => {
        readSignal = () => child.signalCode;
        options.onSpawn?.(child);
      },
    });
    return { ...finished, signal: readSignal() };
  }

  /** Runs the command into its death at that point. */
  async runKilledAt(args: readonly string[], killPoint: KillPoint, options: RunOptions = {}): Promise<void> {
    const ended = await this.run(args, { ...options, env: preloadWith({ KILL_POINT: killPoint }) });
    expect(ended.signal, `expected SIGKILL, got ${ended.exitCode}: ${ended.stdout}${ended.stderr}`).toBe(
      'SIGKILL',
    );
  }

  /** Passings of each point in an undisturbed sync. */
  async countPassings(): Promise<ReadonlyMap<string, number>> {
    const ended = await this.sync({ env: preloadWith({ KILL_POINT_COUNTS: this.workspace.path('counts') }) });
    expect(ended.exitCode, ended.stderr).toBe(0);
    const lines = this.workspace.read('counts').trimEnd().split('\n');
    return new Map(lines.flatMap((line) => Object.entries<number>(JSON.parse(line))));
  }

  /** Resumes until nothing is left. A resume that finds no run would have lost one. */
  async finish(options: RunOptions = {}): Promise<Ended> {
    for (let count = 1; ; count += 1) {
      const ended = await this.resume(options);
      expect(ended.stderr).not.toContain('ALARMSYNC_RUN_UNKNOWN');
      if (ended.exitCode === 0) return ended;
      expect(count, `expected six resumptions to do, got ${ended.stdout}${ended.stderr}`).toBeLessThan(6);
    }
  }

  /** Everything that has to hold once a sync ended: at the service, in what was sent, and on the disk. */
  expectEndedEqual(maxResentCount = 0): void {
    this.expectHolds(this.wanted);
    this.expectApplied(this.writesWanted);
    expect(this.writes.length - this.writesWanted.length).toBeLessThanOrEqual(maxResentCount);
    this.expectStateInOrder();
    using state = this.#openState();
    using plan = openLastPlan(state);
    expect.soft(plan.run.read()).toMatchObject({ phase: 'finished', exitCode: 0 });
    expect.soft(plan.alarms.operations.unfinishedCount()).toBe(0);
    // What the next run holds its listing against, to tell a service that shrank.
    const memory = state.memoryOf(serviceKeyOf({ address: this.server.url, account: '' }));
    expect.soft(memory?.existingCount, 'remembered count').toBe(this.wanted.length);
  }

  expectHolds(wanted: readonly Row[]): void {
    const held = [...this.server.store].map(definitionOf);
    expect(held).toHaveLength(wanted.length); // the service takes a name twice, so a double create would show here
    expect(new Map(held.map(({ name, params }) => [name, meaning(params)]))).toEqual(meanings(wanted));
  }

  /** Each of these writes was applied once, and no other. @param from where in the log to begin */
  expectApplied(wanted: readonly string[], from = 0): void {
    const applied = this.writes.slice(from).filter((write) => write.isApplied);
    expect(applied.map(({ method, name }) => `${method} ${name}`).toSorted()).toEqual(wanted);
  }

  /** Private files, each plan a single one, and no staging data left. */
  expectStateInOrder(): void {
    const entries = this.workspace.stateEntries();
    for (const { path: name, isDirectory, mode } of entries) {
      expect.soft([name, mode.toString(8)]).toEqual([name, isDirectory ? '700' : '600']);
    }
    const left = entries.map((entry) => path.basename(entry.path));
    const own = /^(?:\.alarmsync|state\.db|lock-.+|plan\.db|\d{8}T\d{6}Z-[0-9a-f]{6})$/u;
    expect
      .soft(
        left.filter((name) => !own.test(name)),
        'files left',
      )
      .toEqual([]);
  }

  /** Operations of the last run whose outcome was unknown, and was looked up. */
  lookedUpCount(): number {
    using state = this.#openState();
    using plan = openLastPlan(state);
    return plan.alarms.operations.resolvedAmbiguousCount();
  }

  lastPlanPath(): string {
    using state = this.#openState();
    return state.runs()[0]?.planPath ?? '';
  }

  get writes(): RunningServer['counts']['records'] {
    return this.server.counts.records.filter(({ method }) => method !== 'GET');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    this.workspace[Symbol.dispose]();
  }

  #openState(): StateDirectory {
    return new StateDirectory(this.workspace.path('.alarmsync'));
  }
}

function openLastPlan(state: StateDirectory): PlanFile {
  return PlanFile.openReadOnly(state.runs()[0]?.planPath ?? '');
}

export interface CrashWorldOptions {
  readonly shape?: Shape;
  /** Hears of every request as it arrives, before the service acts; true leaves it without an answer. */
  readonly onRequest?: (request: FaultRequest) => boolean;
  readonly behaviour?: Partial<BehaviourSettings>;
}

export async function openCrashWorld(options: CrashWorldOptions = {}): Promise<CrashWorld> {
  const { shape = SHAPE, onRequest, behaviour = {} } = options;
  const server = await startServer({
    ...DEFAULT_SERVER_SETTINGS,
    behaviour: { ...DEFAULT_SERVER_SETTINGS.behaviour, ...behaviour },
    store: { file: ':memory:', namesAreUnique: false, durable: false },
    faults: { ...DEFAULT_SERVER_SETTINGS.faults, rules: onRequest === undefined ? {} : { hang: onRequest } },
    keepsRecords: true,
  });
  return new CrashWorld(server, shape);
}

function preloadWith(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return { ...env, NODE_OPTIONS: `--import ${PRELOAD.href}` };
}

function jsonOf(item: Row): Record<string, string | string[]> {
  const { contact, ...others } = paramsOf(item);
  return { ...others, contact: [...contact] };
}
