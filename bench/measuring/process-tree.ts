// A process -> the most memory that it and its descendants ever held at one time.

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** How often the known processes of the tree are read: some 30 microseconds each. */
const SAMPLE_INTERVAL_MS = 20;

/** How often new descendants are looked for: that reads every process of the machine. */
const SEARCH_INTERVAL_MS = 250;

/** Watches until `end`. Linux tells through /proc; elsewhere `ps` is asked, less often. */
export class MemoryWatch {
  readonly #rootPid: number;
  readonly #timers: NodeJS.Timeout[] = [];
  #pids: readonly number[];
  #peakBytes = 0;

  constructor(rootPid: number) {
    this.#rootPid = rootPid;
    this.#pids = [rootPid];
    if (process.platform === 'linux') {
      this.#timers.push(setInterval(() => this.#sample(), SAMPLE_INTERVAL_MS));
      this.#timers.push(setInterval(() => this.#search(), SEARCH_INTERVAL_MS));
      this.#sample();
    } else {
      this.#timers.push(setInterval(() => void this.#ask(), SEARCH_INTERVAL_MS));
    }
  }

  /** Resident bytes. Pages that processes share count for each. */
  end(): number {
    for (const timer of this.#timers) clearInterval(timer);
    return this.#peakBytes;
  }

  get pids(): readonly number[] {
    return this.#pids;
  }

  #sample(): void {
    let sumBytes = 0;
    for (const pid of this.#pids) {
      const status = readGone(`/proc/${pid}/status`);
      sumBytes += kilobytesIn(status, 'VmRSS') * 1024;
      // The kernel keeps each process's own peak: between two looks nothing is missed of the root.
      if (pid === this.#rootPid) this.#note(kilobytesIn(status, 'VmHWM') * 1024);
    }
    this.#note(sumBytes);
  }

  #search(): void {
    const parents = new Map<number, number>();
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue;
      // The name in brackets may hold anything, spaces and brackets too.
      const stat = readGone(`/proc/${entry}/stat`);
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      parents.set(Number(entry), parent);
    }
    this.#pids = treeOf(this.#rootPid, parents);
  }

  async #ask(): Promise<void> {
    const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,rss=']);
    const parents = new Map<number, number>();
    const bytes = new Map<number, number>();
    for (const line of stdout.trim().split('\n')) {
      const [pid = 0, parent = 0, kilobytes = 0] = line.trim().split(/\s+/).map(Number);
      parents.set(pid, parent);
      bytes.set(pid, kilobytes * 1024);
    }
    this.#pids = treeOf(this.#rootPid, parents);
    this.#note(this.#pids.reduce((sum, pid) => sum + (bytes.get(pid) ?? 0), 0));
  }

  #note(bytes: number): void {
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
  }
}

function treeOf(root: number, parents: ReadonlyMap<number, number>): readonly number[] {
  const tree = [root];
  for (const found of tree) {
    for (const [pid, parent] of parents) if (parent === found) tree.push(pid);
  }
  return tree;
}

function kilobytesIn(status: string, key: string): number {
  const at = status.indexOf(`${key}:`);
  return at < 0 ? 0 : Number.parseInt(status.slice(at + key.length + 1), 10);
}

/** Nothing for a process that has ended meanwhile. */
function readGone(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
