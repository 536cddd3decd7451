// The built command line, run as its user would: in a directory of its own, with nothing of this environment.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** A command that ended. */
export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; empty when absent. */
  readonly input?: string | Uint8Array;
  /** Is given the process as soon as there is one. */
  readonly onSpawn?: (child: ChildProcess) => void;
}

/** A file below the state directory, or that directory. */
export interface StateEntry {
  readonly path: string;
  readonly isDirectory: boolean;
  /** Permission bits alone. */
  readonly mode: number;
  readonly bytes: Buffer;
}

/** A working directory with its own `.alarmsync`. */
export class Workspace implements Disposable {
  readonly directory: string = mkdtempSync(path.join(tmpdir(), 'alarmsync-e2e-'));

  path(name: string): string {
    return path.join(this.directory, name);
  }

  /** Writes a file and gives its path. */
  write(name: string, content: string | Uint8Array): string {
    const file = this.path(name);
    writeFileSync(file, content);
    return file;
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  async run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: this.directory,
      env: {
        PATH: process.env['PATH'],
        HOME: this.directory,
        TMPDIR: tmpdir(),
        // As a person sees it.
        ALARMSYNC_LOG_FORMAT: 'human',
        ...options.env,
      },
    });
    options.onSpawn?.(child);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on('error', () => {}); // a command that does not read its input may end before it is written
    child.stdin.end(options.input ?? '');
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return { exitCode, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
  }

  /** Everything in the state directory, itself included. */
  stateEntries(): readonly StateEntry[] {
    const root = this.path('.alarmsync');
    return ['', ...readdirSync(root, { recursive: true, encoding: 'utf8' })].map((name) => {
      const file = path.join(root, name);
      const stat = statSync(file);
      const isDirectory = stat.isDirectory();
      return {
        path: path.join('.alarmsync', name),
        isDirectory,
        mode: stat.mode & 0o777,
        bytes: isDirectory ? Buffer.alloc(0) : readFileSync(file),
      };
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A workspace that goes with the test. */
export function openWorkspace(): Workspace {
  const workspace = new Workspace();
  onTestFinished(() => workspace[Symbol.dispose]());
  return workspace;
}

/** The path that the summary of a planning tells. */
export function planPathOf(finished: Finished): string {
  return told(finished, /^Plan file: (.+)$/mu);
}

export function checksumOf(finished: Finished): string {
  return told(finished, /^Checksum: ([0-9a-f]{64})$/mu);
}

function told(finished: Finished, pattern: RegExp): string {
  const found = pattern.exec(finished.stderr)?.[1];
  if (found === undefined) throw new Error(`expected ${pattern} on standard error, got:\n${finished.stderr}`);
  return found;
}

/** The events of a command run with --json; throws for a line that is no JSON. */
export function eventsOf(finished: Finished): readonly Readonly<Record<string, unknown>>[] {
  const lines = finished.stdout.trimEnd().split('\n');
  return lines.map((line): Record<string, unknown> => JSON.parse(line));
}
