// Damaged and hostile files -> a named fault or every row: nothing is lost without a word.

import { gunzipSync, gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { expect, it } from 'vitest';

import { csv, HEADER, row, type Row } from '../e2e/world.ts';
import { read, Workspace, type Reading } from '../source.run.ts';

/** Reads that content from a file of its own. */
async function readBytes(content: string | Uint8Array, name = 'alarms.csv'): Promise<Reading> {
  using workspace = new Workspace();
  return await read(workspace.write(name, content));
}

/** Either the file is refused with a code of the source, or each of its records is a row or a named fault. */
function expectAccounted({ error, snapshot, rows, badRows, seal, diagnostics }: Reading): void {
  if (error !== undefined) {
    expect(error.code).toMatch(/^ALARMSYNC_SOURCE_/u);
    expect(seal).toBeUndefined();
    return;
  }
  expect(snapshot?.badRowCount).toBe(badRows.length);
  expect(snapshot?.desiredCount).toBe(rows.length);
  const accountedCount = rows.length + badRows.length;
  // Rows of one name and meaning, and rows that share a bad row's name, are left out: that is said.
  if (diagnostics.length === 0) expect(snapshot?.rowCount).toBe(accountedCount);
  else expect(snapshot?.rowCount).toBeGreaterThanOrEqual(accountedCount);
}

const soup = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '"',
        ',',
        '\n',
        '\r\n',
        '\r',
        '\\',
        ';',
        '[',
        ']',
        '\u0000',
        '\uFEFF',
        '\u2028',
        ' ',
        '""',
        HEADER,
      ),
      fc.constantFrom('a', '3', 'gt', 'active', '6f1c1d4e-0c7e-4d0a-9a57-3f4b8b6f2a11', 'ldap:x', 'sum'),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 120 },
  )
  .map((parts) => parts.join(''));

it.each([
  { title: 'random bytes', content: fc.uint8Array({ maxLength: 300 }) },
  {
    title: 'a header and random bytes',
    content: fc
      .uint8Array({ maxLength: 300 })
      .map((bytes) => Buffer.concat([Buffer.from(`${HEADER}\n`), bytes])),
  },
  { title: 'CSV in disorder', content: soup },
  { title: 'a header and CSV in disorder', content: soup.map((text) => `${HEADER}\n${text}`) },
])('$title: a code of the source, or every record accounted for', async ({ content }) => {
  await fc.assert(
    fc.asyncProperty(content, async (bytes: string | Uint8Array) => {
      expectAccounted(await readBytes(bytes));
    }),
    { numRuns: 150 },
  );
});

const CELLS = [
  'cpu',
  'a,b',
  'say "x"',
  'two\nlines',
  'crlf\r\ninside',
  '\u{1F525}',
  ' outer ',
  "it's",
  '#',
  '\\"',
];

/** Known records: names that differ, cells that need quotes. Over 64 KiB long where `isLong`, so that they come in several pieces. */
const records = fc
  .record({
    cells: fc.array(fc.constantFrom(...CELLS), { minLength: 3, maxLength: 12 }),
    isLong: fc.boolean(),
  })
  .map(({ cells, isLong }): readonly Row[] => {
    const padding = isLong ? 'x'.repeat(Math.ceil(64_000 / cells.length)) : '';
    return cells.map((cell, index) =>
      row(`alarm ${index}`, { metric_name: `${cell}${padding}`.slice(0, 1000), contact: contacts(padding) }),
    );
  });

function contacts(padding: string): readonly string[] {
  return padding === '' ? ['a@example.com'] : ['a@example.com', `ticket:${padding}`];
}

const mutation = fc.record({
  /** Which record, and where in it, before its line's end at the latest (what follows that is the next record): shares of their number and length. */
  record: fc.double({ min: 0, max: 0.999, noNaN: true }),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  removedCount: fc.integer({ min: 0, max: 40 }),
  inserted: fc.oneof(
    fc.constantFrom(
      '',
      '"',
      '""',
      ',',
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      '"\n',
      '",',
      ',"',
      '\\',
      '\u0000',
      '\uFFFD',
      '\uFEFF',
    ),
    fc.string({ maxLength: 4 }),
  ),
});

it('a mutation of one record loses no other one without a fault that says so', async () => {
  await fc.assert(
    fc.asyncProperty(records, mutation, fc.boolean(), async (known, change, hasCarriageReturns) => {
      const lineEnd = hasCarriageReturns ? '\r\n' : '\n';
      const lines = known.map((item) => csv([item], { lineEnd }).slice(HEADER.length + lineEnd.length));
      const changedIndex = Math.floor(change.record * known.length);
      const original = lines[changedIndex] ?? '';
      const position = Math.floor(change.at * original.length);
      lines[changedIndex] =
        original.slice(0, position) + change.inserted + original.slice(position + change.removedCount);

      const reading = await readBytes([HEADER, lineEnd, ...lines].join(''));

      expectAccounted(reading);
      if (reading.error !== undefined) return;
      const found = new Map(reading.rows.map(({ name, body }) => [name, JSON.parse(body).metric_name]));
      const hasUnnamedFault = reading.badRows.some(({ name }) => name === undefined);
      const badNames = new Set(reading.badRows.map(({ name }) => name));
      known.forEach(({ name, metric_name }, index) => {
        if (index === changedIndex || hasUnnamedFault || badNames.has(name)) return;
        expect(found.get(name), JSON.stringify({ name, lines })).toBe(metric_name);
      });
    }),
    { numRuns: 300 },
  );
});

it('a file cut anywhere is refused, or gives every record before the cut and says that its end lacks', async () => {
  await fc.assert(
    fc.asyncProperty(records, fc.double({ min: 0, max: 1, noNaN: true }), async (known, share) => {
      const whole = csv(known);
      const cut = Buffer.from(whole).subarray(0, Math.floor(Buffer.byteLength(whole) * share));

      const reading = await readBytes(cut);

      expectAccounted(reading);
      if (reading.error !== undefined) return;
      const isComplete = (_: Row, index: number): boolean =>
        Buffer.byteLength(csv(known.slice(0, index + 1))) <= cut.length;
      const found = new Map(reading.rows.map(({ name, body }) => [name, JSON.parse(body).metric_name]));
      for (const { name, metric_name } of known.filter(isComplete)) expect(found.get(name)).toBe(metric_name);
      const lacksLineEnd = reading.snapshot?.rowCount !== 0 && cut.at(-1) !== 0x0a;
      expect(reading.snapshot?.endsWithoutLineEnd).toBe(lacksLineEnd);
    }),
    { numRuns: 150 },
  );
});

it('a gzip file with one byte changed, cut or added is refused, or gives the rows of the whole one', async () => {
  await fc.assert(
    fc.asyncProperty(
      records,
      fc.constantFrom('change', 'cut', 'add'),
      // Often in the ten bytes of the first member's header, some of which carry no content.
      fc.oneof(fc.double({ min: 0, max: 0.9999, noNaN: true }), fc.constantFrom(0, 3, 4, 6, 8, 9)),
      fc.integer({ min: 1, max: 255 }),
      async (known, kind, share, difference) => {
        const half = Math.floor(known.length / 2);
        const text = csv(known);
        const middle = text.indexOf(`alarm ${half}`);
        const whole = Buffer.concat([gzipSync(text.slice(0, middle)), gzipSync(text.slice(middle))]);
        const at = share < 1 ? Math.floor(share * whole.length) : share;
        const damaged = damage(whole, kind, at, difference);

        const reading = await readBytes(damaged, 'alarms.csv.gz');

        expectAccounted(reading);
        if (reading.error !== undefined) return;
        // Bytes of a member's header that carry no content may change.
        expect(gunzipSync(damaged).toString()).toBe(text);
        expect(reading.rows.map(({ name }) => name)).toEqual(known.map(({ name }) => name));
      },
    ),
    { numRuns: 200 },
  );
});

function damage(whole: Buffer, kind: 'change' | 'cut' | 'add', at: number, difference: number): Buffer {
  if (kind === 'cut') return whole.subarray(0, at);
  if (kind === 'add')
    return Buffer.concat([whole.subarray(0, at), Buffer.of(difference), whole.subarray(at)]);
  const damaged = Buffer.from(whole);
  damaged[at] = (damaged[at] ?? 0) ^ difference;
  return damaged;
}
