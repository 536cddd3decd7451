// Gzip: every member is proved whole, and nothing stands behind the last one.

import { crc32, gzipSync } from 'node:zlib';

import { afterAll, describe, expect, it } from 'vitest';

import { gunzipMembers } from '../src/pipeline/source/gzip-members.ts';
import { readHeader } from '../src/pipeline/source/source.ts';
import { HEADER, read, row, Workspace } from './source.run.ts';

const workspace = new Workspace();
afterAll(() => {
  workspace[Symbol.dispose]();
});

const FIRST = gzipSync(`${HEADER}\n${row('a')}\n`);
const SECOND = gzipSync(`${row('b')}\n${row('c')}\n`);
const BOTH = Buffer.concat([FIRST, SECOND]);

async function gunzip(bytes: Buffer, pieceBytes = 7): Promise<string> {
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  const parts: Buffer[] = [];
  for await (const part of gunzipMembers('x.gz', pieces())) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** A member with every optional header field. */
function memberWithAllFields(text: string): Buffer {
  const plain = gzipSync(text);
  const head = Buffer.concat([
    plain.subarray(0, 3),
    Buffer.from([2 + 4 + 8 + 16]),
    plain.subarray(4, 10),
    Buffer.from([3, 0, 1, 2, 3]),
    Buffer.from('name\0comment\0'),
  ]);
  const checksum = Buffer.alloc(2);
  checksum.writeUInt16LE(crc32(head) & 0xffff);
  return Buffer.concat([head, checksum, plain.subarray(10)]);
}

describe('whole gzip files', () => {
  it('reads every member, in pieces of any length', async () => {
    for (const pieceBytes of [1, 2, 7, 64, BOTH.length]) {
      await expect(gunzip(BOTH, pieceBytes)).resolves.toBe(
        `${HEADER}\n${row('a')}\n${row('b')}\n${row('c')}\n`,
      );
    }
  });

  it('reads a member with every optional header field', async () => {
    await expect(
      gunzip(Buffer.concat([memberWithAllFields('one,'), memberWithAllFields('two')])),
    ).resolves.toBe('one,two');
  });

  it('stages the rows of a compressed file, its digest that of the bytes on disk', async () => {
    const { rows, snapshot } = await read(workspace.write('both.csv.GZ', BOTH));
    expect(rows.map(({ name, line }) => [name, line])).toEqual([
      ['a', 2],
      ['b', 3],
      ['c', 4],
    ]);
    expect(snapshot?.byteCount).toBe(BOTH.length);
  });

  it('reads the header of a large file without the rest of it', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) =>
      row(`n${index}-${Math.imul(index, 0x9e3779b1)}`),
    );
    const whole = gzipSync(`${HEADER}\n${rows.join('\n')}`, { level: 0 });
    const file = workspace.write('head.csv.gz', whole.subarray(0, -10));
    const members = await readHeader(file, [], new AbortController().signal);
    expect(members).toEqual(HEADER.split(',').slice(1));
    expect((await read(file)).error?.code).toBe('ALARMSYNC_SOURCE_UNSEALED');
  });

  it('decompresses a gigabyte of one record without holding it', async () => {
    const header = gzipSync(`${HEADER}\n`);
    const zeros = gzipSync(Buffer.alloc(64 * 1024 * 1024, 'a'));
    const file = workspace.write(
      'bomb.csv.gz',
      Buffer.concat([header, ...Array.from({ length: 16 }, () => zeros)]),
    );
    const { snapshot, badRows } = await read(file);
    expect(snapshot).toMatchObject({ rowCount: 1, badRowCount: 1, unusableNameCount: 1 });
    expect(badRows[0]?.faults[0]?.reason).toContain(`got ${1024 * 1024 * 1024}`);
  });
});

describe('damaged gzip files', () => {
  it('does not seal a file of two members wherever it is cut, but between them', async () => {
    const sealed: number[] = [];
    for (let length = 0; length < BOTH.length; length += 1) {
      const cut = gunzip(BOTH.subarray(0, length), 1 + (length % 50));
      await cut.then(
        () => sealed.push(length),
        (error: unknown) => {
          expect(error).toMatchObject({ code: 'ALARMSYNC_SOURCE_UNSEALED' });
        },
      );
    }
    expect(sealed).toEqual([FIRST.length]);
  });

  it('does not seal a file with one bit turned, unless the bit means nothing', async () => {
    const text = await gunzip(BOTH);
    let sealedCount = 0;
    for (let at = 0; at < BOTH.length; at += 1) {
      const damaged = Buffer.from(BOTH);
      damaged[at] = (damaged[at] ?? 0) ^ 0x20;
      const outcome = await gunzip(damaged).catch((error: unknown) => error);
      if (typeof outcome === 'string') {
        sealedCount += 1;
        expect(outcome, `byte ${at}`).toBe(text);
      } else {
        expect(outcome, `byte ${at}`).toMatchObject({ code: 'ALARMSYNC_SOURCE_UNSEALED' });
      }
    }
    // In each member: six bytes of time, level and system, and the bits that fill up the last byte of its data.
    expect(sealedCount).toBeLessThanOrEqual(14);
  });

  it.each([
    ['one zero', Buffer.alloc(1)],
    ['a block of zeros', Buffer.alloc(512)],
    ['text', Buffer.from('trailing text')],
    ['half a header', FIRST.subarray(0, 5)],
  ])('names how many bytes follow the last member: %s', async (what, following) => {
    const file = workspace.write(
      `follow-${what.replaceAll(' ', '')}.csv.gz`,
      Buffer.concat([BOTH, following]),
    );
    const { error, seal } = await read(file);
    expect(error?.code).toBe('ALARMSYNC_SOURCE_UNSEALED');
    expect(error?.message).toContain(`got ${following.length} more bytes from byte ${BOTH.length} on`);
    expect(seal).toBeUndefined();
  });

  it('does not seal an empty file, or one that is not gzip', async () => {
    await expect(gunzip(Buffer.alloc(0))).rejects.toThrow('got 0 bytes that do not start a gzip member');
    await expect(gunzip(Buffer.from(HEADER))).rejects.toThrow('that do not start a gzip member');
  });

  it('says so when a file of any other name is gzip', async () => {
    const { error } = await read(workspace.write('plain.csv', BOTH));
    expect(error?.code).toBe('ALARMSYNC_SOURCE_ENCODING');
    expect(error?.hint).toContain('.gz');
  });
});
