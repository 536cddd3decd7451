// Records of a file -> the part of it that is one target's, each record on the line that it has in the file.

import { open, type FileHandle } from 'node:fs/promises';

const LINE_FEED = 0x0a;

/** So much is held of each part before it is written: 50 targets hold 3 MiB. */
const HELD_BYTES = 64 * 1024;

/**
 * Writes one part. Where records of others stand in the file, blank lines stand here: they are passed over by whoever
 * reads the part, and its line numbers are those of the file.
 */
export class PartWriter implements AsyncDisposable {
  readonly #handle: FileHandle;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** The line of the next byte. From 1. */
  #line = 1;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Starts a new part, mode 0600; what a killed run left there is replaced. */
  static async create(file: string): Promise<PartWriter> {
    return new PartWriter(await open(file, 'w', 0o600));
  }

  /** True when it is time to `flush`. */
  get isFull(): boolean {
    return this.#heldBytes >= HELD_BYTES;
  }

  /** Takes a record that starts on that line; the first is the header. */
  add(record: Buffer, line: number): void {
    if (line > this.#line) this.#hold(Buffer.alloc(line - this.#line, LINE_FEED));
    this.#hold(record);
    this.#line = line + lineFeedCount(record);
  }

  async flush(): Promise<void> {
    if (this.#heldBytes === 0) return;
    const bytes = Buffer.concat(this.#held, this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    await this.#handle.appendFile(bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  #hold(bytes: Buffer): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
  }
}

function lineFeedCount(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) count += 1;
  return count;
}
