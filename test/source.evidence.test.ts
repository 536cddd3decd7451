// Evidence: a file is sealed only when its end was proved and it did not change meanwhile.

import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  openSync,
  renameSync,
  statSync,
  truncateSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { Readable } from 'node:stream';
import { readFileSync } from 'node:fs';

import { afterAll, describe, expect, it } from 'vitest';

import { readHeader, readSource, spool } from '../src/pipeline/source/source.ts';
import { DesiredStaging } from '../src/store/desired-staging.ts';
import { atFirstProgress, HEADER, read, row, Workspace } from './source.run.ts';

const workspace = new Workspace();
afterAll(() => {
  workspace[Symbol.dispose]();
});

const never = new AbortController().signal;
const MANY = `${HEADER}\n${Array.from({ length: 20_000 }, (_, index) => row(`alarm-${index}`)).join('\n')}\n`;

/** Whole seconds, so that the time can be put back exactly. */
const MODIFIED_SECONDS = 1_700_000_000;

function overwrite(file: string, position: number, text: string): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, text, position);
  closeSync(descriptor);
  utimesSync(file, MODIFIED_SECONDS, MODIFIED_SECONDS);
}

describe('a file that changes while it is read', () => {
  it.each([
    ['grows', 'its size went from', (file: string) => appendFileSync(file, `${row('late')}\n`)],
    ['is cut', 'its size went from', (file: string) => truncateSync(file, 900_000)],
    [
      'is rewritten in place where it was read already, its time put back',
      'a second reading gave other bytes',
      (file: string) => overwrite(file, HEADER.length + 1, 'ALARM'),
    ],
    [
      'is rewritten in place where it was not read yet, its time put back',
      'it was written to',
      (file: string) => overwrite(file, MANY.length - 4, 'avg'),
    ],
    [
      'is replaced by another',
      'another file took its place',
      (file: string) => renameSync(workspace.write('other.csv', MANY), file),
    ],
  ])('is not sealed when it %s', async (what, message, change) => {
    const file = workspace.write(`changed ${what}.csv`.replaceAll(/[ ,]/gu, '-'), MANY);
    utimesSync(file, MODIFIED_SECONDS, MODIFIED_SECONDS);
    using _ = atFirstProgress(() => change(file));
    const { error, seal } = await read(file);
    expect(error?.code).toBe('ALARMSYNC_SOURCE_UNSEALED');
    if (what === 'grows')
      expect(error?.message).toMatch(/a second reading gave other bytes|its size went from/u);
    else expect(error?.message).toContain(message);
    expect(seal).toBeUndefined();
  });

  it('is sealed when it does not', async () => {
    const { seal, snapshot } = await read(workspace.write('same.csv', MANY));
    expect(seal).toEqual(snapshot);
    expect(seal).toEqual({
      digest: createHash('sha256').update(MANY).digest('hex'),
      byteCount: Buffer.byteLength(MANY),
      rowCount: 20_000,
      badRowCount: 0,
      unusableNameCount: 0,
      desiredCount: 20_000,
      endsWithoutLineEnd: false,
      columns: HEADER.split(','),
      managedMembers: HEADER.split(',').slice(1),
    });
  });
});

describe('what the file is known to be', () => {
  const text = `${HEADER}\n${row('a')}\n${row('b', 'x')}\n\n`;

  it('seals a file with as many rows as expected, bad ones counted', async () => {
    const { snapshot } = await read(workspace.write('rows.csv', text), { expect: { rowCount: 2 } });
    expect(snapshot?.rowCount).toBe(2);
  });

  it.each([1, 3, 0])('does not seal a file of 2 rows where %d are expected', async (rowCount) => {
    const { error, seal } = await read(workspace.write('rows.csv', text), { expect: { rowCount } });
    expect(error?.code).toBe('ALARMSYNC_SOURCE_UNSEALED');
    expect(error?.message).toContain(`expected ${rowCount} rows below the header, got 2`);
    expect(seal).toBeUndefined();
  });

  it('seals a file of the expected digest in either case, and no other', async () => {
    const file = workspace.write('digest.csv', text);
    const sha256 = createHash('sha256').update(text).digest('hex');
    expect((await read(file, { expect: { sha256: sha256.toUpperCase() } })).seal?.digest).toBe(sha256);
    const { error, seal } = await read(file, { expect: { sha256: sha256.replace(/^./u, 'g') } });
    expect(error?.code).toBe('ALARMSYNC_SOURCE_UNSEALED');
    expect(error?.message).toContain(sha256);
    expect(seal).toBeUndefined();
  });

  it.each([
    ['LF, LF, none', `${HEADER}\n${row('a')}\n${row('b')}`, true],
    ['CRLF, none', `${HEADER}\r\n${row('a')}`, true],
    ['CRLF, LF', `${HEADER}\r\n${row('a')}\n`, false],
    ['blank lines at the end', `${HEADER}\n${row('a')}\n\n\r\n`, false],
    ['CRLF, and a CR alone', `${HEADER}\r\n${row('a')}\r`, true],
    ['none, header alone', HEADER, false],
  ])('says whether the last record lacks its line end: %s', async (what, content, lacks) => {
    const { snapshot } = await read(workspace.write(`end-${what.replaceAll(/\W/gu, '')}.csv`, content));
    expect(snapshot?.endsWithoutLineEnd).toBe(lacks);
  });
});

describe('what cannot be read', () => {
  it('names a file that is missing', async () => {
    using staging = new DesiredStaging(workspace.path('missing.db'));
    const settings = {
      path: workspace.path('missing.csv'),
      ignoreColumns: [],
      ignoreFields: [],
      onDuplicate: 'fail',
      compareState: 'meaning',
      expect: {},
    } as const;
    await expect(readSource(staging, settings, never)).rejects.toMatchObject({
      code: 'ALARMSYNC_SOURCE_UNREADABLE',
      message: expect.stringContaining('missing.csv') as unknown,
    });
  });

  it.each([
    ['a directory', () => workspace.directory],
    ['a pipe or device', () => '/dev/null'],
  ])('refuses %s', async (what, path) => {
    await expect(readHeader(path(), [], never)).rejects.toMatchObject({
      code: 'ALARMSYNC_SOURCE_UNREADABLE',
      message: `${path()}: expected a regular file, got ${what}`,
    });
  });

  it('stops in the middle when aborted, with the reason given, and leaves no seal', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped by the test');
    using _ = atFirstProgress(() => {
      controller.abort(reason);
    });
    const { error, seal, rows } = await read(workspace.write('abort.csv', MANY), {}, controller.signal);
    expect(error?.cause).toBe(reason);
    expect(seal).toBeUndefined();
    expect(rows.length).toBeLessThan(20_000);
  });
});

describe('standard input', () => {
  it('is spooled to a file that only its owner can read', async () => {
    const file = workspace.path('spool/input.csv');
    await spool(Readable.from([Buffer.from(HEADER), Buffer.from('\n')]), file, never);
    expect(readFileSync(file, 'utf8')).toBe(`${HEADER}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await spool(Readable.from([Buffer.from('again')]), file, never);
    expect(readFileSync(file, 'utf8')).toBe('again');
  });

  it('leaves nothing when it fails or is aborted', async () => {
    const file = workspace.path('spool/failed.csv');
    const failing = new Readable({
      read() {
        this.push('half');
        this.destroy(new Error('the other end went away'));
      },
    });
    await expect(spool(failing, file, never)).rejects.toThrow('the other end went away');
    expect(() => statSync(file)).toThrow('ENOENT');

    const controller = new AbortController();
    const endless = new Readable({
      read() {
        this.push('x');
        controller.abort(new Error('enough'));
      },
    });
    await expect(spool(endless, file, controller.signal)).rejects.toThrow('enough');
    expect(() => statSync(file)).toThrow('ENOENT');
  });
});
