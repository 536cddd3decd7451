// A command line -> how long its process ran, and how much memory and disk it took at most.

import { DiskWatch } from './disk-watch.ts';
import { MemoryWatch } from './process-tree.ts';
import { Spawned } from './spawned.ts';

export interface Measured {
  /** From just before the process is started to its end. */
  readonly wallMs: number;
  /** Of the process and its descendants. */
  readonly peakMemoryBytes: number;
  /** Of the work directory. */
  readonly peakDiskBytes: number;
  readonly stdout: string;
}

/** A process ended otherwise than with 0. */
export class ProcessFailure extends Error {}

/**
 * Runs a Node.js script to its end.
 * @param workDirectory where it runs and puts its files
 * @throws {ProcessFailure} when it ends otherwise than with 0.
 */
export async function measureProcess(args: readonly string[], workDirectory: string): Promise<Measured> {
  await using spawned = new Spawned(args, workDirectory);
  const memory = new MemoryWatch(spawned.pid);
  const disk = new DiskWatch(workDirectory, () => memory.pids);
  const { code, signal, endedMs } = await spawned.ended;
  const measured = {
    wallMs: endedMs - spawned.startedMs,
    peakMemoryBytes: memory.end(),
    peakDiskBytes: disk.end(),
    stdout: spawned.stdout,
  };
  if (code !== 0) {
    throw new ProcessFailure(`ended with ${signal ?? code}: ${reasonIn(spawned.stderr)}`);
  }
  return measured;
}

/** The line that names the error, without the stack around it; else the last one. */
function reasonIn(stderr: string): string {
  const lines = stderr.trim().split('\n');
  return (lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? '').slice(0, 300);
}
