// A command line -> a process of its own, whose output is kept and which never outlives the benchmark.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** On the clock of `monotonicMs`. */
  readonly endedMs: number;
}

const live = new Set<ChildProcess>();

/** For the benchmark's own end, however it comes. */
export function killLiveProcesses(): void {
  for (const child of live) child.kill('SIGKILL');
}

/** Milliseconds on a clock that all processes of a machine share and nobody sets. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** A running process of Node.js, or of another program; it is killed when it is disposed of. */
export class Spawned implements AsyncDisposable {
  readonly startedMs: number;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  #onOutput: (() => void) | undefined;

  /** @param workDirectory also where the process puts temporary files. */
  constructor(args: readonly string[], workDirectory: string, program: string = process.execPath) {
    this.startedMs = monotonicMs();
    this.#child = spawn(program, args, {
      cwd: workDirectory,
      env: environmentIn(workDirectory),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    live.add(this.#child);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#onOutput?.();
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = this.#waitForEnd();
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('expected the process to start, it did not');
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The first `http://…` that the process prints. @throws {Error} when it ends without. */
  async address(): Promise<string> {
    return this.prints(/http:\/\/[\d.]+:\d+/);
  }

  /** The first text that it prints and the pattern matches. @throws {Error} when it ends without. */
  async prints(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.#stdout)?.[0];
      if (found !== undefined) return found;
      const output = new Promise<undefined>((resolve) => {
        this.#onOutput = () => resolve(undefined);
      });
      const ended = await Promise.race([output, this.ended]);
      if (ended !== undefined) throw new Error(`expected it to print ${pattern}, got: ${this.#stderr}`);
    }
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.ended;
  }

  async #waitForEnd(): Promise<Ended> {
    const closed = once(this.#child, 'close');
    const exit = once(this.#child, 'exit').then(() => monotonicMs());
    await closed;
    live.delete(this.#child);
    return { code: this.#child.exitCode, signal: this.#child.signalCode, endedMs: await exit };
  }
}

/** Nothing that the caller has set for alarmsync may change what is measured. */
function environmentIn(workDirectory: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('ALARMSYNC_'));
  return { ...Object.fromEntries(kept), TMPDIR: workDirectory, SQLITE_TMPDIR: workDirectory };
}
