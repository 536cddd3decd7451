// A path -> the bytes of the file, and the proof that they are one state of it.

import { createHash, type Hash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';

import { AlarmSyncError } from '../../alarm/errors.ts';
import { shown } from './shown.ts';

/** Measured on a million rows: 256 KiB are no faster and take 15 MB more, 1 MiB 60 MB more. */
const PIECE_BYTES = 64 * 1024;

/** A write this short a time after another may leave the same timestamps: the clock of a file system is coarse. */
const CLOCK_GRAIN_MS = 2000;

export interface FileProof {
  /** SHA-256 of the bytes as on disk, lower-case hexadecimal. */
  readonly digest: string;
  readonly byteCount: number;
}

/** An open file, watched from its opening on. */
export class FileEvidence implements AsyncDisposable {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #before: BigIntStats;
  readonly #openedEpochMs: number;
  readonly #hash: Hash = createHash('sha256');
  #byteCount = 0;

  private constructor(path: string, handle: FileHandle, before: BigIntStats, openedEpochMs: number) {
    this.#path = path;
    this.#handle = handle;
    this.#before = before;
    this.#openedEpochMs = openedEpochMs;
  }

  /** @throws {ALARMSYNC_SOURCE_UNREADABLE} when there is no such regular file, or it may not be read. */
  static async open(path: string): Promise<FileEvidence> {
    const openedEpochMs = Date.now();
    // Looked at before it is opened: opening a named pipe waits for a writer.
    const kind = await readable(path, stat(path));
    if (!kind.isFile()) {
      throw new AlarmSyncError(
        'ALARMSYNC_SOURCE_UNREADABLE',
        `${path}: expected a regular file, got ${kind.isDirectory() ? 'a directory' : 'a pipe or device'}`,
        kind.isDirectory() ? {} : { hint: 'a file that can be read once only is given as standard input: -' },
      );
    }
    const handle = await readable(path, open(path, 'r'));
    try {
      return new FileEvidence(path, handle, await handle.stat({ bigint: true }), openedEpochMs);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * The file's bytes from its start. Called once.
   * @throws {ALARMSYNC_SOURCE_UNREADABLE} when a read fails.
   */
  async *bytes(): AsyncGenerator<Buffer> {
    for await (const piece of this.#pieces()) {
      this.#hash.update(piece);
      this.#byteCount += piece.length;
      yield piece;
    }
  }

  /**
   * Once `bytes` came to its end: the digest, when nothing says that the file changed meanwhile.
   * @throws {ALARMSYNC_SOURCE_UNSEALED} when it did, or when the digest is not the one expected (hexadecimal, of any case).
   */
  async prove(expectSha256: string | undefined, signal: AbortSignal): Promise<FileProof> {
    const digest = this.#hash.digest('hex');
    const ageMs = this.#openedEpochMs - Number(this.#before.ctimeMs);
    if (ageMs < CLOCK_GRAIN_MS && (await this.#digestAgain(signal)) !== digest) {
      throw this.#changed('a second reading gave other bytes');
    }
    for (const after of [
      await readable(this.#path, stat(this.#path, { bigint: true })),
      await readable(this.#path, this.#handle.stat({ bigint: true })),
    ]) {
      const difference = describeDifference(this.#before, after);
      if (difference !== undefined) throw this.#changed(difference);
    }
    if (BigInt(this.#byteCount) !== this.#before.size) {
      throw this.#changed(`it has ${this.#before.size} bytes and ${this.#byteCount} were read`);
    }
    if (expectSha256 !== undefined && expectSha256.toLowerCase() !== digest) {
      throw new AlarmSyncError(
        'ALARMSYNC_SOURCE_UNSEALED',
        `${this.#path}: expected the SHA-256 ${shown(expectSha256.toLowerCase())}, got ${digest}`,
        { hint: 'copy the file again, or correct --expect-sha256; it is that of the bytes as on disk' },
      );
    }
    return { digest, byteCount: this.#byteCount };
  }

  async #digestAgain(signal: AbortSignal): Promise<string> {
    const hash = createHash('sha256');
    for await (const piece of this.#pieces()) {
      signal.throwIfAborted();
      hash.update(piece);
    }
    return hash.digest('hex');
  }

  // Read by position, so that the file can be read twice through the one handle; a read stream would close it.
  async *#pieces(): AsyncGenerator<Buffer> {
    for (let position = 0; ;) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      const { bytesRead } = await readable(this.#path, this.#handle.read(piece, 0, PIECE_BYTES, position));
      if (bytesRead === 0) return;
      position += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  }

  #changed(what: string): AlarmSyncError {
    return new AlarmSyncError(
      'ALARMSYNC_SOURCE_UNSEALED',
      `${this.#path}: expected the file to stay as it is while it is read: ${what}`,
      {
        hint: 'run again once nothing writes to it; a file that is put in place by a rename is never half written',
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

function describeDifference(before: BigIntStats, after: BigIntStats): string | undefined {
  if (before.ino !== after.ino || before.dev !== after.dev) return 'another file took its place';
  if (before.size !== after.size) return `its size went from ${before.size} to ${after.size} bytes`;
  if (before.mtimeNs !== after.mtimeNs || before.ctimeNs !== after.ctimeNs) return 'it was written to';
  return undefined;
}

async function readable<T>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw new AlarmSyncError('ALARMSYNC_SOURCE_UNREADABLE', `${path}: cannot be read: ${error.message}`, {
      cause: error,
    });
  }
}
