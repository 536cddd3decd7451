// Bytes of the input -> the same bytes without a byte order mark, proved to be UTF-8.

import { isAscii, isUtf8 } from 'node:buffer';

import { AlarmSyncError } from '../../alarm/errors.ts';

const LF = 0x0a;
const BYTE_ORDER_MARK: Buffer = Buffer.from([0xef, 0xbb, 0xbf]);

/** How far the first line is searched for the NUL bytes of UTF-16. */
const PEEK_BYTES = 256;

/** Passes pieces on as it proves them, none ending inside a character. */
export class Utf8Check {
  readonly #path: string;
  /** The first bytes of a character whose others have not come yet: 3 at most; at the start, of a mark. */
  #carry: Buffer = Buffer.alloc(0);
  #isStarted = false;
  /** Bytes before #carry, the mark included, and the line they end on. */
  #offsetBytes = 0;
  #line = 1;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws {ALARMSYNC_SOURCE_ENCODING} naming line and byte. */
  push(piece: Buffer): Buffer {
    const bytes = this.#carry.length === 0 ? piece : Buffer.concat([this.#carry, piece]);
    if (this.#isStarted) return this.#pass(bytes);
    if (bytes.length < 4) {
      this.#carry = bytes;
      return Buffer.alloc(0);
    }
    return this.#start(bytes);
  }

  /** @throws {ALARMSYNC_SOURCE_ENCODING} when the input ends inside a character. */
  end(): Buffer {
    const last = this.#isStarted ? this.#carry : this.#start(this.#carry);
    if (this.#isStarted && this.#carry.length > 0) this.#fail(this.#carry);
    return last;
  }

  #start(bytes: Buffer): Buffer {
    this.#isStarted = true;
    const [first, second] = bytes;
    if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) this.#failUtf16();
    if (first === 0x1f && second === 0x8b) {
      throw new AlarmSyncError(
        'ALARMSYNC_SOURCE_ENCODING',
        `${this.#path}:1: expected UTF-8 text, got gzip data`,
        { hint: 'give the file a name that ends in .gz, or decompress it first' },
      );
    }
    const lineEnd = bytes.indexOf(LF);
    const firstLine = bytes.subarray(0, Math.min(PEEK_BYTES, lineEnd < 0 ? PEEK_BYTES : lineEnd + 1));
    if (firstLine.includes(0)) this.#failUtf16();
    const hasMark = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
    if (!hasMark) return this.#pass(bytes);
    this.#offsetBytes = BYTE_ORDER_MARK.length;
    return this.#pass(bytes.subarray(BYTE_ORDER_MARK.length));
  }

  #pass(bytes: Buffer): Buffer {
    const end = bytes.length - openBytes(bytes);
    const whole = bytes.subarray(0, end);
    // Most text is ASCII, which is seen faster.
    if (!isAscii(whole) && !isUtf8(whole)) this.#fail(whole);
    this.#carry = bytes.subarray(end);
    this.#offsetBytes += end;
    this.#line += countLineEnds(whole);
    return whole;
  }

  #fail(bytes: Buffer): never {
    const at = firstInvalidByte(bytes);
    const line = this.#line + countLineEnds(bytes.subarray(0, at));
    const value = (bytes[at] ?? 0).toString(16).padStart(2, '0');
    throw new AlarmSyncError(
      'ALARMSYNC_SOURCE_ENCODING',
      `${this.#path}:${line}: expected UTF-8, got the byte 0x${value} at byte ${this.#offsetBytes + at} of the text`,
      { hint: 'convert the file to UTF-8, for example: iconv -f WINDOWS-1252 -t UTF-8' },
    );
  }

  #failUtf16(): never {
    throw new AlarmSyncError(
      'ALARMSYNC_SOURCE_ENCODING',
      `${this.#path}:1: expected UTF-8, got what looks like UTF-16`,
      { hint: 'convert the file to UTF-8, for example: iconv -f UTF-16 -t UTF-8' },
    );
  }
}

/** How many bytes at the end belong to a character that is not whole. 0-3. */
function openBytes(bytes: Buffer): number {
  for (let count = 1; count <= 3 && count <= bytes.length; count += 1) {
    const byte = bytes[bytes.length - count] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return sequenceLength(byte) > count ? count : 0;
  }
  return 0;
}

function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  return lead >= 0xe0 ? 3 : 2;
}

function countLineEnds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count += 1;
  return count;
}

/** Where the first byte stands that no UTF-8 text has there. Walks bytes that are known to be invalid. */
function firstInvalidByte(bytes: Buffer): number {
  // The longest valid prefix, by halving: a prefix is judged without the character it may cut.
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const prefix = bytes.subarray(0, middle);
    if (isUtf8(prefix.subarray(0, middle - openBytes(prefix)))) low = middle;
    else high = middle - 1;
  }
  return low - openBytes(bytes.subarray(0, low));
}
