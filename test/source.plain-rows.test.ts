// Rows taken by one pattern against the same rows read cell by cell: what the pattern takes is staged alike.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { KNOWN_MEMBERS, REQUIRED_MEMBERS } from '../src/alarm/alarm.ts';
import { paramsText } from '../src/alarm/params-text.ts';
import { decodeRow } from '../src/alarm/row.ts';
import { readCells } from '../src/pipeline/source/csv-records.ts';
import { PlainRows } from '../src/pipeline/source/plain-rows.ts';

const LINE = 7;

/** Cells as they stand in a file: some plain, some that only the reading cell by cell may judge. */
const CELLS: Readonly<Record<string, readonly string[]>> = {
  name: [
    'abc',
    'a/b c',
    'disk.full-7',
    ' x ',
    "it's",
    'ab',
    '.',
    '..',
    '',
    'é-é',
    'a\\b',
    '"a,b"',
    'x'.repeat(1024),
    'x'.repeat(1025),
  ],
  threshold: [
    '3',
    '+4.50',
    '-.5',
    '32e1',
    '1E-9',
    '5.',
    '',
    '.',
    '+',
    '1e',
    '1e99999',
    '٣',
    ' 3',
    '9'.repeat(30),
  ],
  metric_name: ['cpu.user', 'm', '', 'a\\b', '"a""b"', 'ü', ' ', 'x'.repeat(1024), 'x'.repeat(1025)],
  comparison_method: ['gt', 'GTE', 'Lte', 'nEq', 'eq', ' gt ', '', 'ne', 'gtt', 'ｇt'],
  alarm_state: ['active', 'inactive', 'in_alarm', 'Active', '', 'active '],
  tracking_metric_id: [
    '64600445-bb14-49d1-a46a-c431cec3be30',
    '64600445-BB14-49D1-A46A-C431CEC3BE30',
    '64600445bb1449d1a46ac431cec3be30',
    '64600445-bb14-49d1-a46a-c431cec3be3g',
    '',
  ],
  contact: [
    '',
    'a@b.example',
    'a@b.example;ldap:ops;ticket:OPS-1',
    '"[""a@b.example""]"',
    '"[""a@b.example"",""posix:x""]"',
    '"[]"',
    '"[""a@b.example"", ""posix:x""]"',
    'a@b.example; ldap:ops',
    'a@b.example;;',
    'ldap:',
    'ldap:\\',
    'a@b@c',
    'nobody',
    '"a@b.example"',
    '"[""a@b.example"",""nobody""]"',
    '[]',
  ],
  metric_math: ['sum', 'p99', 'p99.9', 'p100', 'median', 'SUM', ' avg', 'p999', 'odd', '', 'm%'],
};

const OPTIONAL_CELLS = ['', '1', '5m', 'text', '"quoted, text"'];

const columnOrder = fc
  .shuffledSubarray([...KNOWN_MEMBERS.filter((member) => !isRequired(member)), undefined])
  .chain((others) =>
    fc.shuffledSubarray(['name', ...REQUIRED_MEMBERS, ...others], { minLength: 8 + others.length }),
  );

function isRequired(member: string): boolean {
  return REQUIRED_MEMBERS.some((required) => required === member);
}

/** Mostly the first cells, which are plain: a row of chance cells alone would hardly ever be taken. */
function cellOf(column: string | undefined): fc.Arbitrary<string> {
  const cells = CELLS[column ?? ''] ?? OPTIONAL_CELLS;
  return fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...cells.slice(0, 2)) },
    fc.constantFrom(...cells),
  );
}

const row = columnOrder.chain((columns) =>
  fc.record({
    columns: fc.constant(columns),
    cells: fc.tuple(...columns.map(cellOf)),
    lineEnd: fc.constantFrom('\n', '\r\n', '\r', ''),
    before: fc.constantFrom('', 'a,b\n'),
  }),
);

/** Contacts whose quoting is undone, with what may go wrong where blanks and brackets are passed over. */
const UNQUOTED_CONTACTS = [
  'a@b.example',
  '["a@b.example"]',
  '[\n"a@b.example", "ldap:x" ]',
  '["a@b.example",\r\n\t"posix:x"]',
  '[["a@b.example"]]',
  '["a@ b.example"]',
  '["ldap:x y"]',
  '["ldap:x"\f]',
  '["ldap:x",]',
  '["ldap:[x]"]',
  '[]',
  '["a@b.example"',
  '["ldap:x\u0007"]',
];

const unquotedRow = columnOrder.chain((columns) =>
  fc.record({
    columns: fc.constant(columns),
    cells: fc
      .tuple(
        ...columns.map((column) =>
          column === 'contact' ? fc.constantFrom(...UNQUOTED_CONTACTS) : unquotedCellOf(column),
        ),
      )
      .chain((cells) => fc.constantFrom(cells, cells, cells, cells.slice(1), [...cells, ''])),
  }),
);

/** As in a file, with a control character now and then that the texts of rows use between their parts. */
function unquotedCellOf(column: string | undefined): fc.Arbitrary<string> {
  const marked = fc
    .tuple(cellOf(column), fc.constantFrom('\u0001', '\u0003', '\u0008', '\0'))
    .map((parts) => parts.join(''));
  return fc.oneof({ weight: 30, arbitrary: cellOf(column) }, marked);
}

/** The row is a good one, and what its cells come to one by one. */
function expectStagedAlike(
  taken: unknown,
  columns: readonly (string | undefined)[],
  cells: readonly string[],
): void {
  const decoded = decodeRow(columns, cells);
  expect(decoded).toHaveProperty('definition');
  expect(decoded).not.toHaveProperty('unknownMetricMath');
  if (!('definition' in decoded)) return;
  const { name, params } = decoded.definition;
  expect(taken).toEqual({ name, line: LINE, body: paramsText(params) });
}

describe('a row that the pattern takes', () => {
  it('is a good one, staged as its cells would have been', () => {
    let takenCount = 0;
    fc.assert(
      fc.property(row, ({ columns, cells, lineEnd, before }) => {
        const text = `${before}${cells.join(',')}${lineEnd}`;
        const rows = new PlainRows(columns);
        const taken = rows.read(text, before.length, LINE);
        if (taken === undefined) return;
        takenCount += 1;
        expect(rows.endAt).toBe(text.length);
        const record = Buffer.from(text.slice(before.length));
        const [read] = readCells({ kind: 'whole', bytes: record, firstLine: LINE, lines: [LINE] });
        expectStagedAlike(taken, columns, read?.cells ?? []);
      }),
      { numRuns: 20_000 },
    );
    expect(takenCount).toBeGreaterThan(1000);
  });

  it('is a good one too where its quoting is undone already', () => {
    let takenCount = 0;
    fc.assert(
      fc.property(unquotedRow, ({ columns, cells }) => {
        const taken = new PlainRows(columns).readCells(cells, LINE);
        if (taken === undefined) return;
        takenCount += 1;
        expectStagedAlike(taken, columns, cells);
      }),
      { numRuns: 20_000 },
    );
    expect(takenCount).toBeGreaterThan(300);
  });

  it('takes a list of contacts over several lines', () => {
    const rows = new PlainRows(['name', ...REQUIRED_MEMBERS]);
    const id = '64600445-bb14-49d1-a46a-c431cec3be30';
    const cells = ['abc', '3', 'cpu', 'gt', 'active', id, '[\n"a@b.example",\r\n\t"ldap:x" ]', 'sum'];
    expect(rows.readCells(cells, LINE)?.body).toContain('"a@b.example","ldap:x"');
    expect(rows.readCells(cells.slice(1), LINE)).toBeUndefined();
  });

  it('ends with its line', () => {
    const rows = new PlainRows(['name', ...REQUIRED_MEMBERS]);
    const id = '64600445-bb14-49d1-a46a-c431cec3be30';
    const line = `abc,3,cpu,gt,active,${id},a@b.example,sum\r\n`;
    expect(rows.read(line + line, 0, LINE)?.name).toBe('abc');
    expect(rows.endAt).toBe(line.length);
    expect(rows.read(line + line, rows.endAt, LINE)?.name).toBe('abc');
    expect(rows.endAt).toBe(2 * line.length);
    expect(rows.read(line.trimEnd(), 0, LINE)).toBeUndefined();
    expect(rows.read(`abc,3,cpu,gt,active,${id},a@b.example,sum,more\n`, 0, LINE)).toBeUndefined();
  });
});
