// Pieces of any length -> as many bytes as are asked for.

import type { Readable } from 'node:stream';

/** The pieces of a stream that was not told to decode text. */
export function decodePieces(stream: Readable): AsyncIterable<Buffer> {
  return stream as AsyncIterable<Buffer>;
}

/** Reads a stream of bytes by count; holds one piece at a time. */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #piece: Buffer = Buffer.alloc(0);
  #offsetBytes = 0;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** How many bytes were handed out, those given back left out. */
  get offsetBytes(): number {
    return this.#offsetBytes;
  }

  /** The next `count` bytes; fewer only at the end. */
  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let missingBytes = count;
    while (missingBytes > 0) {
      const piece = await this.next();
      if (piece.length === 0) break;
      parts.push(piece.subarray(0, missingBytes));
      if (piece.length > missingBytes) this.giveBack(piece.subarray(missingBytes));
      missingBytes -= Math.min(piece.length, missingBytes);
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  }

  /** Whatever comes next, as it comes. Shape: an empty buffer at the end, and only there. */
  async next(): Promise<Buffer> {
    while (this.#piece.length === 0) {
      const result = await this.#source.next();
      if (result.done === true) return this.#piece;
      this.#piece = result.value;
    }
    const piece = this.#piece;
    this.#piece = Buffer.alloc(0);
    this.#offsetBytes += piece.length;
    return piece;
  }

  /** Puts back the end of what `next` or `take` gave last. */
  giveBack(bytes: Buffer): void {
    this.#piece = bytes;
    this.#offsetBytes -= bytes.length;
  }

  /** Passes over the rest. Returns how many bytes it was. */
  async drain(): Promise<number> {
    const startBytes = this.#offsetBytes;
    while ((await this.next()).length > 0);
    return this.#offsetBytes - startBytes;
  }
}
