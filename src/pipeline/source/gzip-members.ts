// Bytes of a .gz file -> the bytes compressed in it, every member proved whole and nothing behind the last one.
//
// Node's own createGunzip is not used: it ends cleanly, rows lost, when a later member's header is cut or damaged,
// and passes over what follows the last member.

import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib';

import { AlarmSyncError } from '../../alarm/errors.ts';
import { ByteReader, decodePieces } from './byte-reader.ts';

const FIXED_HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
/** Longest name or comment in a member's header. The format sets no limit; a path has 4096 bytes at most. */
const MAX_TEXT_BYTES = 64 * 1024;
/** The two magic bytes, and the one method there is. */
const MEMBER_START: Buffer = Buffer.from([0x1f, 0x8b, 8]);

// Flag bits. Source: RFC 1952, section 2.3.1.
const HAS_HEADER_CRC = 2;
const HAS_EXTRA = 4;
const HAS_NAME = 8;
const HAS_COMMENT = 16;
const RESERVED = 0xe0;

/**
 * Decompresses every member, streaming: memory stays flat whatever the ratio.
 * @throws {ALARMSYNC_SOURCE_UNSEALED} for a member that is cut or damaged, and for anything behind the last one.
 */
export async function* gunzipMembers(path: string, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  let memberCount = 0;
  for (;;) {
    const startBytes = reader.offsetBytes;
    if (!(await readHeader(reader))) {
      const followingBytes = reader.offsetBytes - startBytes + (await reader.drain());
      if (memberCount > 0 && followingBytes === 0) return;
      throw damaged(
        memberCount === 0
          ? `${path}: expected gzip data, got ${followingBytes} bytes that do not start a gzip member`
          : `${path}: expected the end of the file after the last good gzip member, got ${followingBytes} more bytes from byte ${startBytes} on`,
      );
    }
    memberCount += 1;
    yield* readMember(path, reader, memberCount);
  }
}

/** Reads a member's header whole. Returns false when there is none, or a damaged one. */
async function readHeader(reader: ByteReader): Promise<boolean> {
  const fixed = await reader.take(FIXED_HEADER_BYTES);
  if (fixed.length < FIXED_HEADER_BYTES || !fixed.subarray(0, 3).equals(MEMBER_START)) return false;
  const flags = fixed[3] ?? 0;
  if ((flags & RESERVED) !== 0) return false;
  let checksum = crc32(fixed);
  const take: TakeBytes = async (count) => {
    const bytes = await reader.take(count);
    checksum = crc32(bytes, checksum);
    return bytes;
  };
  if ((flags & HAS_EXTRA) !== 0 && !(await passExtra(take))) return false;
  for (const flag of [HAS_NAME, HAS_COMMENT]) {
    if ((flags & flag) !== 0 && !(await passText(take))) return false;
  }
  if ((flags & HAS_HEADER_CRC) === 0) return true;
  const stated = await reader.take(2);
  return stated.length === 2 && stated.readUInt16LE() === (checksum & 0xffff);
}

type TakeBytes = (count: number) => Promise<Buffer>;

async function passExtra(take: TakeBytes): Promise<boolean> {
  const stated = await take(2);
  if (stated.length < 2) return false;
  const lengthBytes = stated.readUInt16LE();
  return (await take(lengthBytes)).length === lengthBytes;
}

/** A text that ends with a NUL. */
async function passText(take: TakeBytes): Promise<boolean> {
  for (let lengthBytes = 0; lengthBytes < MAX_TEXT_BYTES; lengthBytes += 1) {
    const [byte] = await take(1);
    if (byte === undefined) return false;
    if (byte === 0) return true;
  }
  return false;
}

async function* readMember(path: string, reader: ByteReader, memberNumber: number): AsyncGenerator<Buffer> {
  const where = `${path}: expected gzip member ${memberNumber} to be whole`;
  let checksum = 0;
  let lengthBytes = 0;
  const inflate = createInflateRaw();
  const feeding = feed(inflate, reader);
  try {
    for await (const piece of decodePieces(inflate)) {
      checksum = crc32(piece, checksum);
      lengthBytes += piece.length;
      yield piece;
    }
  } catch (error) {
    if (!isZlibError(error)) throw error;
    const what = error.code === 'Z_BUF_ERROR' ? 'it is cut' : 'its data are damaged';
    throw damaged(`${where}, ${what} near byte ${reader.offsetBytes}`, error);
  } finally {
    inflate.destroy();
    await feeding;
  }
  const trailer = await reader.take(TRAILER_BYTES);
  if (trailer.length < TRAILER_BYTES) throw damaged(`${where}, it is cut at byte ${reader.offsetBytes}`);
  if (trailer.readUInt32LE(0) !== checksum || trailer.readUInt32LE(4) !== lengthBytes % 2 ** 32)
    throw damaged(
      `${where}, its checksum or length at byte ${reader.offsetBytes - TRAILER_BYTES} is not that of its data`,
    );
}

/** Writes compressed bytes until the deflate stream ends, and gives the rest back. Never rejects: `inflate` fails instead. */
async function feed(inflate: InflateRaw, reader: ByteReader): Promise<void> {
  let writtenBytes = 0;
  try {
    while (!inflate.readableEnded && !inflate.destroyed) {
      const piece = await reader.next();
      if (piece.length === 0) {
        inflate.end();
        return;
      }
      writtenBytes += piece.length;
      await writePiece(inflate, piece);
      const restBytes = writtenBytes - inflate.bytesWritten;
      if (restBytes > 0) {
        reader.giveBack(piece.subarray(piece.length - restBytes));
        return;
      }
    }
  } catch (error) {
    inflate.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Resolves when the piece was used, or never will be. */
function writePiece(inflate: InflateRaw, piece: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      inflate.off('close', settle);
      resolve();
    };
    inflate.once('close', settle);
    inflate.write(piece, settle);
  });
}

function isZlibError(error: unknown): error is Error & { readonly code: string } {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')
  );
}

function damaged(message: string, cause?: unknown): AlarmSyncError {
  return new AlarmSyncError('ALARMSYNC_SOURCE_UNSEALED', message, {
    cause,
    hint: 'copy or make the file again; `gzip -t` tells whether it is whole',
  });
}
