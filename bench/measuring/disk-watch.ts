// A directory and the processes that work in it -> the most disk that they ever used at one time.

import { readdirSync, readlinkSync, statSync, type Stats } from 'node:fs';
import path from 'node:path';

const SAMPLE_INTERVAL_MS = 100;

/** Watches until `end`. Files that were deleted and are still open count too, where /proc tells of them. */
export class DiskWatch {
  readonly #directory: string;
  readonly #pids: () => readonly number[];
  readonly #timer: NodeJS.Timeout;
  #peakBytes = 0;

  constructor(directory: string, pids: () => readonly number[]) {
    this.#directory = directory;
    this.#pids = pids;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_INTERVAL_MS);
  }

  /** Allocated bytes. */
  end(): number {
    this.#sample();
    clearInterval(this.#timer);
    return this.#peakBytes;
  }

  #sample(): void {
    const bytes = this.#pids().reduce((sum, pid) => sum + deletedBytes(pid), treeBytes(this.#directory));
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
  }
}

function treeBytes(directory: string): number {
  const entries = orNothing(() => readdirSync(directory, { withFileTypes: true }), []);
  return entries
    .map((entry) => path.join(directory, entry.name))
    .reduce((sum, file, index) => {
      const isDirectory = entries[index]?.isDirectory() === true;
      return sum + (isDirectory ? treeBytes(file) : allocatedBytes(file));
    }, 0);
}

function deletedBytes(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return orNothing(() => readdirSync(folder), [])
    .map((descriptor) => path.join(folder, descriptor))
    .filter((link) => isDeletedFile(orNothing(() => readlinkSync(link), '')))
    .reduce((sum, link) => sum + allocatedBytes(link), 0);
}

/** Memory that only looks like a file is not on the disk. */
function isDeletedFile(target: string): boolean {
  return target.endsWith(' (deleted)') && !target.startsWith('/memfd:') && !target.startsWith('/dev/');
}

function allocatedBytes(file: string): number {
  const stats = orNothing<Stats | undefined>(() => statSync(file), undefined);
  return stats === undefined ? 0 : stats.blocks * 512;
}

/** What is gone meanwhile counts nothing. */
function orNothing<Value>(read: () => Value, nothing: Value): Value {
  try {
    return read();
  } catch {
    return nothing;
  }
}
