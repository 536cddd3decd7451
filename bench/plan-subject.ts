// A world and its service -> alarmsync and its peers, each as one process that counts what differs.

import { spawnSync } from 'node:child_process';

import type { Measured } from './measuring/measured.ts';
import { measureProcess } from './measuring/measured.ts';
import type { Subject } from './measuring/rounds.ts';
import { MAIN, script } from './places.ts';
import type { World } from './world.ts';

interface Counts {
  readonly creates: number;
  readonly updates: number;
  readonly deletes: number;
}

/** What is measured in the place of the usual. */
interface PlanVariant {
  readonly name?: string;
  /** Another build of the program. */
  readonly main?: string;
  readonly flags?: readonly string[];
}

/** `alarmsync plan` with its defaults; a hundredth of the alarms is deleted, which the limit for a small world might refuse. */
export function alarmsyncPlan(
  world: World,
  address: string,
  { name = 'alarmsync', main = MAIN, flags = [] }: PlanVariant = {},
): Subject<Measured> {
  const args = [main, 'plan', world.csvFile, '--service', address, '--max-delete', '2%', ...flags];
  return counting(world, { name, isPeer: false }, () => args, parsePlanLine);
}

/** The in-memory script, DuckDB, and the sqlite3 shell where there is one. */
export function peerPlans(
  world: World,
  address: string,
  progress: (text: string) => void,
): readonly Subject<Measured>[] {
  const peer = (name: string, file: string): Subject<Measured> =>
    counting(
      world,
      { name, isPeer: true },
      (directory) => [script(`peers/${file}`), address, world.csvFile, directory],
      parseCounts,
    );
  const peers = [peer('duckdb', 'duckdb'), peer('in-memory', 'in-memory')];
  if (sqliteShellVersion() !== undefined) return [...peers, peer('sqlite3', 'sqlite-shell')];
  progress('the sqlite3 shell is left out: there is no sqlite3 on the PATH');
  return peers;
}

/** Undefined when there is none. */
export function sqliteShellVersion(): string | undefined {
  const { status, stdout } = spawnSync('sqlite3', ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.split(' ')[0] : undefined;
}

function counting(
  world: World,
  { name, isPeer }: { readonly name: string; readonly isPeer: boolean },
  argsFor: (directory: string) => readonly string[],
  parse: (text: string) => Counts,
): Subject<Measured> {
  return {
    name,
    isPeer,
    run: async (directory) => {
      const measured = await measureProcess(argsFor(directory), directory);
      requireRight(world, name, parse(measured.stdout));
      return measured;
    },
    tell: ({ wallMs, peakMemoryBytes }) =>
      `${(wallMs / 1000).toFixed(2)} s, ${(peakMemoryBytes / 1e6).toFixed(0)} MB`,
  };
}

/** Who counts wrongly is not compared with at all. */
function requireRight(world: World, name: string, got: Counts): void {
  const { createCount: creates, updateCount: updates, deleteCount: deletes } = world;
  if (got.creates === creates && got.updates === updates && got.deletes === deletes) return;
  throw new Error(
    `expected ${name} to count ${JSON.stringify({ creates, updates, deletes })}, got ${JSON.stringify(got)}`,
  );
}

function parsePlanLine(text: string): Counts {
  const found = /^Plan: (\d+) to create, (\d+) to update, (\d+) to delete, \d+ unchanged\.$/m.exec(text);
  const [, creates, updates, deletes] = (found ?? []).map(Number);
  if (creates === undefined || updates === undefined || deletes === undefined) {
    throw new Error(`expected the line of a plan, got: ${text.slice(0, 200)}`);
  }
  return { creates, updates, deletes };
}

function parseCounts(text: string): Counts {
  return JSON.parse(text) as Counts;
}
