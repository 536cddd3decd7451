// The command line of Docker, as users have it.

import { spawn } from 'node:child_process';

import type { Finished } from '../e2e/command-line.ts';

/** Runs a program to its end. Never throws: one that is missing ends with null. */
export async function execute(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ exitCode: null, stdout: '', stderr: error.message }));
    child.once('close', (exitCode) =>
      resolve({
        exitCode,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
  });
}

/** What a command of `docker` that has to succeed says on standard output. */
export async function docker(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await execute('docker', args);
  if (exitCode !== 0) throw new Error(`docker ${args.join(' ')}: ended with ${exitCode}: ${stderr}`);
  return stdout.trim();
}
