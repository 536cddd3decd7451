// Header and encoding: every column is named, and what is no UTF-8 is an error, not mojibake.

import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

import { readHeader } from '../src/pipeline/source/source.ts';
import { Utf8Check } from '../src/pipeline/source/utf8-check.ts';
import { HEADER, read, row, Workspace } from './source.run.ts';

const workspace = new Workspace();
afterAll(() => {
  workspace[Symbol.dispose]();
});

const never = new AbortController().signal;
let fileNumber = 0;
function write(content: string | Uint8Array): string {
  fileNumber += 1;
  return workspace.write(`header-${fileNumber}.csv`, content);
}

describe('header', () => {
  it('names every missing, repeated and unknown column at once, and what may be meant', async () => {
    const { error, seal } = await read(
      write('name,treshold,metric_name,metric_name,comparison_method,note\n'),
    );
    expect(error?.code).toBe('ALARMSYNC_SOURCE_HEADER');
    expect(error?.message).toContain(
      'missing: "threshold", "alarm_state", "tracking_metric_id", "contact", "metric_math"; repeated: "metric_name"; unknown: "treshold", "note"',
    );
    expect(error?.hint).toBe(
      '"treshold" may be meant as threshold; to pass over columns: --ignore-columns note',
    );
    expect(seal).toBeUndefined();
  });

  it('passes over ignored columns, and counts a required one among them as missing', async () => {
    const file = write(`note,${HEADER},note\nx,${row('a')},"y\nz"\n`);
    const { rows, snapshot } = await read(file, { ignoreColumns: ['note'] });
    expect(rows.map(({ name }) => name)).toEqual(['a']);
    expect(snapshot?.columns).toEqual(['note', ...HEADER.split(','), 'note']);
    expect(snapshot?.managedMembers).toEqual(HEADER.split(',').slice(1));
    const { error } = await read(file, { ignoreColumns: ['note', 'contact'] });
    expect(error?.message).toContain('missing: "contact"');
    expect(error?.hint).toContain('leave contact out of --ignore-columns');
  });

  it.each([
    ['nothing', ''],
    ['a byte order mark', '\uFEFF'],
    ['blank lines', '\n\r\n\n'],
  ])('expects a header in a file of %s', async (_, content) => {
    const { error, seal } = await read(write(content));
    expect(error?.code).toBe('ALARMSYNC_SOURCE_HEADER');
    expect(error?.message).toContain(`expected the header ${HEADER}, got an empty file`);
    expect(seal).toBeUndefined();
  });

  it('tells of another separator', async () => {
    const { error } = await read(write(HEADER.replaceAll(',', ';')));
    expect(error?.hint).toBe('separate the columns with commas');
  });

  it('names a quoting fault in the header', async () => {
    const { error } = await read(write(`\n"name"x,${HEADER}\n"a",\n`));
    expect(error?.code).toBe('ALARMSYNC_SOURCE_HEADER');
    expect(error?.message).toContain(':2: expected a header: expected a separator');
  });

  it('escapes what would act on a terminal', async () => {
    const { error } = await read(write(`${HEADER},\u001B[31m\u202Ered\n`));
    expect(error?.message).toContain('"\\u{1b}[31m\\u{202e}red"');
    expect(`${error?.message}${error?.hint}`).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('is read alone, optional columns in the fixed order of members', async () => {
    const file = write(`query_scope,"no_data_minutes",extra,${HEADER}\r\nthe rest is "not" read`);
    await expect(readHeader(file, ['extra'], never)).resolves.toEqual([
      ...HEADER.split(',').slice(1),
      'no_data_minutes',
      'query_scope',
    ]);
    await expect(readHeader(write('\n\n'), [], never)).rejects.toMatchObject({
      code: 'ALARMSYNC_SOURCE_HEADER',
    });
  });

  it('leaves ignored fields out of what is managed, and reads them all the same', async () => {
    const { snapshot, rows } = await read(write(`${HEADER}\n${row('a')}\n`), { ignoreFields: ['contact'] });
    expect(snapshot?.managedMembers).not.toContain('contact');
    expect(rows[0]?.body).toContain('a@example.com');
  });
});

describe('encoding', () => {
  it('names line and byte of what is no UTF-8', async () => {
    const text = Buffer.from(`${HEADER}\n${row('a')}\n${row('b')}\n${row('caf\u00E9')}\n`, 'latin1');
    const { error, seal } = await read(write(text));
    expect(error?.code).toBe('ALARMSYNC_SOURCE_ENCODING');
    expect(error?.message).toContain(`:4: expected UTF-8, got the byte 0xe9 at byte ${text.indexOf(0xe9)} `);
    expect(seal).toBeUndefined();
  });

  it('does not accept a file that ends inside a character', async () => {
    const text = Buffer.from(`${HEADER}\n${row('a')},é`);
    const { error } = await read(write(text.subarray(0, -1)));
    expect(error?.message).toContain(':2: expected UTF-8, got the byte 0xc3');
  });

  it.each(['utf16le with a mark', 'utf16be with a mark', 'utf16le without', 'utf16be without'])(
    'names UTF-16: %s',
    async (kind) => {
      const text = Buffer.from(`${kind.endsWith('mark') ? '\uFEFF' : ''}${HEADER}\n`, 'utf16le');
      const { error } = await read(write(kind.startsWith('utf16be') ? text.swap16() : text));
      expect(error?.code).toBe('ALARMSYNC_SOURCE_ENCODING');
      expect(error?.message).toContain('UTF-16');
    },
  );

  it('passes every UTF-8 text on as it is, without its mark, in pieces of any length', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', 'é', '€', '😀', '\uFEFF'), minLength: 4 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 9 }), (content, pieceBytes) => {
        const bytes = Buffer.from(`\uFEFF${content}`);
        const check = new Utf8Check('x');
        const parts: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += pieceBytes)
          parts.push(check.push(bytes.subarray(at, at + pieceBytes)));
        expect(Buffer.concat([...parts, check.end()]).toString()).toBe(content);
        for (const part of parts) expect(part.toString()).not.toContain('\uFFFD');
      }),
    );
  });

  it('finds one wrong byte at its line and place, in pieces of any length', () => {
    const prefix = fc.string({ unit: fc.constantFrom('a', '\n', 'é', '€', '😀'), minLength: 4 });
    const wrong = fc.constantFrom(
      [0xff],
      [0x80],
      [0xc3, 0x41],
      [0xed, 0xa0, 0x80],
      [0xf5],
      [0xe2, 0x82, 0x41],
      [0xc0, 0x80],
    );
    fc.assert(
      fc.property(prefix, wrong, fc.integer({ min: 1, max: 40 }), (before, bad, pieceBytes) => {
        const start = Buffer.from(before);
        const bytes = Buffer.concat([start, Buffer.from(bad), Buffer.from('after\n')]);
        const check = new Utf8Check('x');
        expect(() => {
          for (let at = 0; at < bytes.length; at += pieceBytes)
            check.push(bytes.subarray(at, at + pieceBytes));
          check.end();
        }).toThrow(
          `x:${before.split('\n').length}: expected UTF-8, got the byte 0x${bad[0].toString(16)} at byte ${start.length} `,
        );
      }),
    );
  });
});
