// Records: which there are, where they start, and that none is lost.

import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

import { HEADER, read, row, serialise, split, UUID, Workspace, type Found } from './source.run.ts';

const workspace = new Workspace();
afterAll(() => {
  workspace[Symbol.dispose]();
});

describe('record lines', () => {
  it('names each record by the line on which it starts, with BOM, CRLF, quoted line breaks and blank lines', async () => {
    const file = workspace.write(
      'lines.csv',
      [
        `\uFEFF${HEADER},message_alert`, // 1
        `${row('a')},plain`, // 2
        '', // 3
        `${row('b')},"two\r\nlines"`, // 4, 5
        `${row('c')},"a\rlone\nmix\r\n"`, // 6, 7, 8
        '', // 9
        '', // 10
        `${row('d')},""`, // 11
        `${row('e', 'x')},`, // 12
        `"f",1,cpu,gt,active,${UUID},"[""a@b.c"",\r\n""ldap:ops""]",sum,`, // 13, 14
        row('g'), // 15, one cell short
      ].join('\r\n'),
    );
    const { snapshot, rows, badRows, invalidRows } = await read(file);
    expect(rows.map(({ name, line }) => [name, line])).toEqual([
      ['a', 2],
      ['b', 4],
      ['c', 6],
      ['d', 11],
      ['f', 13],
    ]);
    expect(JSON.parse(rows[1]?.body ?? '')).toMatchObject({ message_alert: 'two\r\nlines' });
    expect(JSON.parse(rows[2]?.body ?? '')).toMatchObject({ message_alert: 'a\rlone\nmix\r\n' });
    expect(badRows.map(({ line, name, faults }) => [line, name, faults[0]?.column])).toEqual([
      [12, 'e', 'threshold'],
      [15, undefined, '(row)'],
    ]);
    expect(invalidRows.map(({ line }) => line)).toEqual([12, 15]);
    expect(snapshot).toMatchObject({
      rowCount: 7,
      badRowCount: 2,
      unusableNameCount: 1,
      desiredCount: 5,
      endsWithoutLineEnd: true,
    });
  });

  it('reads LF and CRLF mixed, whichever the header has', async () => {
    const file = workspace.write('mixed.csv', `${HEADER}\r\n${row('a')}\n${row('b')}\r\n\r\n\n${row('c')}\n`);
    const { rows, snapshot } = await read(file);
    expect(rows.map(({ name, line }) => [name, line])).toEqual([
      ['a', 2],
      ['b', 3],
      ['c', 6],
    ]);
    expect(rows.every(({ body }) => body.endsWith('"metric_math":"sum"}'))).toBe(true);
    expect(snapshot?.endsWithoutLineEnd).toBe(false);
  });

  it('stages params in the fixed order of members whatever the order of the columns', async () => {
    const file = workspace.write(
      'order.csv',
      `metric_math,"contact",name,tracking_metric_id,threshold,alarm_state,comparison_method,metric_name\nsum,,n,${UUID},3.0,in_alarm,GT,cpu\n`,
    );
    const { rows } = await read(file);
    expect(rows).toEqual([
      {
        name: 'n',
        line: 2,
        body: `{"threshold":"3.0","metric_name":"cpu","comparison_method":"GT","alarm_state":"in_alarm","tracking_metric_id":"${UUID}","contact":[],"metric_math":"sum"}`,
      },
    ]);
  });

  it('counts no row in a file that is its header alone', async () => {
    const { seal } = await read(workspace.write('header.csv', HEADER));
    expect(seal).toMatchObject({ rowCount: 0, desiredCount: 0, endsWithoutLineEnd: false });
  });

  it('gives random tables back cell by cell, each record at its line, in pieces of any length', () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', 'é', '😀', ' ', ',', '"', '\n', '\r', '\r\n', '\0', ';'),
    });
    const lineEnd = fc.constantFrom('\n', '\r\n');
    const record = fc.record({
      cells: fc.array(fc.record({ text: cell, quoted: fc.boolean() }), { minLength: 2, maxLength: 5 }),
      lineEnd,
      blank: fc.array(lineEnd, { maxLength: 2 }),
    });
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        (records, lengths, endsWithLineEnd) => {
          let text = '';
          const expected: Found[] = [];
          for (const { cells, lineEnd: end, blank } of records) {
            text += blank.join('');
            expected.push({ line: text.split('\n').length, cells: cells.map((one) => one.text) });
            text += cells.map(({ text: one, quoted }) => serialise(one, quoted)).join(',') + end;
          }
          if (!endsWithLineEnd) text = text.replace(/\r?\n$/u, '');
          expect(split(text, lengths)).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('stages or faults every record of a random file, at its line', async () => {
    let number = 0;
    const threshold = fc.constantFrom('1', '2.5', 'nope', '', '"1\n"', '"3"');
    const message = fc.string({ unit: fc.constantFrom('x', '"', ',', '\n', '\r\n', '😀') });
    const record = fc.record({
      threshold,
      message,
      blanks: fc.nat(2),
      extra: fc.constantFrom('', '', ',more'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 20 }), async (records) => {
        let text = `${HEADER},message_alert\n`;
        const lines = new Map<number, boolean>();
        for (const [index, each] of records.entries()) {
          text += '\n'.repeat(each.blanks);
          const isGood = each.extra === '' && /^"?\d[.\d]*"?$/u.test(each.threshold);
          lines.set(text.split('\n').length, isGood);
          text += `${row(`n${index}`, each.threshold)},${serialise(each.message, true)}${each.extra}\n`;
        }
        number += 1;
        const { snapshot, rows, badRows } = await read(workspace.write(`random-${number}.csv`, text));
        expect(rows.map(({ line }) => line)).toEqual([...lines.keys()].filter((line) => lines.get(line)));
        expect(badRows.map(({ line }) => line)).toEqual([...lines.keys()].filter((line) => !lines.get(line)));
        expect(snapshot?.rowCount).toBe(records.length);
      }),
      { numRuns: 40 },
    );
  });
});

describe('one file', () => {
  it('warns once of metric math that is not known here', async () => {
    const text = `${HEADER}\n${row('a').replace(/sum$/u, 'wobble')}\n${row('b').replace(/sum$/u, 'wobble')}\n${row('c')}\n`;
    const { diagnostics, rows } = await read(workspace.write('math.csv', text));
    expect(rows).toHaveLength(3);
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]?.message).toContain('metric_math of 2 rows');
    expect(diagnostics[0]?.message).toContain('"wobble"');
  });

  it('publishes progress while it reads and at the end', async () => {
    const text = `${HEADER}\n${Array.from({ length: 12_000 }, (_, index) => row(`n${index}`)).join('\n')}\n`;
    const { progress } = await read(workspace.write('progress.csv', text));
    expect(progress.length).toBeGreaterThan(2);
    expect(progress.at(-1)).toEqual({ phase: 'source', done: 12_000 });
  });

  it('keeps hostile cells as they are', async () => {
    const names = [
      'a/b%2F c',
      ' both ends ',
      '👩‍👩‍👧',
      '\u202Ertl',
      '<script>',
      '=1+1',
      "'; DROP TABLE desired; --",
    ];
    const text = `${HEADER}\n${names.map((name) => row(`"${name}"`)).join('\n')}\n`;
    const { rows } = await read(workspace.write('hostile.csv', text));
    expect(rows.map(({ name }) => name)).toEqual(names);
  });
});
