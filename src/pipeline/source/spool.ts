// Standard input -> a file that can be read twice and be proved unchanged.

import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Copies what can be read once to `file`, mode 0600, replacing what a killed run left there. All of it is on the disk when this returns:
 * what a power cut takes off a file looks like rows that nobody wants any more.
 * On an error or an abort nothing is left.
 */
export async function spool(readable: Readable, file: string, signal: AbortSignal): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await rm(file, { force: true });
  try {
    await pipeline(readable, createWriteStream(file, { mode: 0o600, flags: 'wx', flush: true }), { signal });
  } catch (error) {
    await rm(file, { force: true });
    signal.throwIfAborted();
    throw error;
  }
}
