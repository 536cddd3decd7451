// Broken and bad rows: each is named by line, column and reason, and none takes another with it unseen.

import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

import { MAX_RECORD_BYTES } from '../src/pipeline/source/record-splitter.ts';
import { HEADER, read, row, split, UUID, Workspace } from './source.run.ts';

const workspace = new Workspace();
afterAll(() => {
  workspace[Symbol.dispose]();
});

describe('broken records', () => {
  it('splits any text the same way whatever the pieces, passing over blank lines alone', () => {
    const hostile = fc.string({ unit: fc.constantFrom('a', '"', '"', ',', '\n', '\r', '\0'), maxLength: 60 });
    fc.assert(
      fc.property(hostile, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (text, lengths) => {
        const whole = split(text);
        expect(split(text, lengths)).toEqual(whole);
        if (whole === 'open') return;
        const lines = text.split('\n');
        const covered = new Set<number>();
        for (const found of whole) {
          const endLine =
            'endLine' in found ? found.endLine : found.line + found.cells.join('').split('\n').length - 1;
          for (let line = found.line; line <= endLine; line += 1) {
            expect(covered.has(line)).toBe(false);
            covered.add(line);
          }
        }
        lines.forEach((line, index) => {
          const isBlank = line === '' || (line === '\r' && index < lines.length - 1);
          if (!covered.has(index + 1)) expect(isBlank).toBe(true);
        });
      }),
      { numRuns: 3000 },
    );
  });

  it('names line and column of a quote that closes too early, and the lines taken with it', async () => {
    const file = workspace.write(
      'closing.csv',
      `${HEADER}\n${row('a')}\n"b" x,1,cpu,gt,active,${UUID},,sum\n${row('lost')}\n${row('"c"')}\n${row('d')}\n`,
    );
    const { rows, badRows, snapshot } = await read(file);
    expect(rows.map(({ name }) => name)).toEqual(['a', 'd']);
    expect(badRows).toEqual([
      {
        line: 3,
        name: undefined,
        cells: [`"b" x,1,cpu,gt,active,${UUID},,sum\n${row('lost')}\n${row('"c"')}`],
        faults: [
          {
            column: 'name',
            reason:
              'expected a separator or a line end after the closing quote; what stands on lines 4 to 5 was taken as part of it',
          },
        ],
      },
    ]);
    expect(snapshot).toMatchObject({ rowCount: 3, badRowCount: 1, unusableNameCount: 1 });
  });

  it('names a quote inside an unquoted cell, and goes on with the next line', async () => {
    const file = workspace.write('opening.csv', `${HEADER}\n${row('a', '1"2')}\r\n${row('b')}\r\n`);
    const { rows, invalidRows, badRows } = await read(file);
    expect(invalidRows).toEqual([
      {
        line: 2,
        column: 'threshold',
        reason: 'expected no quote inside a cell that does not start with one',
      },
    ]);
    expect(badRows[0]?.cells).toEqual([row('a', '1"2')]);
    expect(rows.map(({ name, line }) => [name, line])).toEqual([['b', 3]]);
  });

  it('does not seal a file that ends inside a quoted cell', async () => {
    const file = workspace.write('open.csv', `${HEADER}\n${row('a')}\n"b,1\n${row('c')}\n`);
    const { error, seal } = await read(file);
    expect(error?.code).toBe('ALARMSYNC_SOURCE_UNSEALED');
    expect(error?.message).toContain(`${file}:3:`);
    expect(seal).toBeUndefined();
  });

  it('takes a record of 1 MiB and faults a longer one, keeping its beginning', async () => {
    const [start, end] = [`${row('big')},`, 'z'];
    const fill =
      'é'.repeat((MAX_RECORD_BYTES - start.length - end.length) / 2) +
      'x'.repeat((MAX_RECORD_BYTES - start.length - end.length) % 2);
    const atLimit = `${start}${fill}${end}`;
    expect(Buffer.byteLength(atLimit)).toBe(MAX_RECORD_BYTES);
    const text = `${HEADER},message_alert\r\n${atLimit}\r\n${atLimit.replace('big', 'bigger')}\r\n${row('c')},\r\n`;
    const { rows, badRows } = await read(workspace.write('big.csv', text));
    expect(rows.map(({ name, line }) => [name, line])).toEqual([
      ['big', 2],
      ['c', 4],
    ]);
    expect(badRows).toHaveLength(1);
    expect(badRows[0]).toMatchObject({ line: 3, name: undefined, faults: [{ column: '(row)' }] });
    expect(badRows[0]?.faults[0]?.reason).toBe(
      `expected a record of at most ${MAX_RECORD_BYTES} bytes, got ${MAX_RECORD_BYTES + 3}`,
    );
    expect(badRows[0]?.cells[0]).toMatch(/^bigger,1,cpu.{30000,34000}…$/u);
  });

  it('judges the length of a record the same way whatever the pieces', () => {
    for (const excess of [0, 1]) {
      const text = `${'a'.repeat(MAX_RECORD_BYTES + excess)}\r\nb\r\n`;
      for (const length of [Infinity, MAX_RECORD_BYTES + excess + 1, MAX_RECORD_BYTES - 1, 100_000]) {
        const found = split(text, [length]);
        expect(found).toHaveLength(2);
        expect(found[0]).toHaveProperty(excess === 0 ? 'cells' : 'reason');
        expect(found[1]).toEqual({ line: 2, cells: ['b'] });
      }
    }
  });

  it('faults one long record for all its lines, and reads on after it, whatever the pieces', () => {
    const lineCount = MAX_RECORD_BYTES / 8;
    const text = `"${'ten bytes\n'.repeat(lineCount)}"\nb\n`;
    for (const length of [Infinity, MAX_RECORD_BYTES + 5, 100_000]) {
      const [first, ...others] = split(text, [length]);
      expect(first).toMatchObject({ line: 1, endLine: lineCount + 1, cellIndex: undefined });
      expect(others).toEqual([{ line: lineCount + 2, cells: ['b'] }]);
    }
  });

  it('protects a name wholly that a bad row carries beside a good one', async () => {
    const { rows, snapshot, diagnostics } = await read(
      workspace.write('protect.csv', `${HEADER}\n${row('a')}\n${row('a', 'x')}\n${row('b')}\n`),
    );
    expect(rows.map(({ name }) => name)).toEqual(['b']);
    expect(snapshot).toMatchObject({ rowCount: 3, badRowCount: 1, desiredCount: 1 });
    expect(diagnostics.map(({ code }) => code)).toEqual(['ALARMSYNC_SOURCE_INVALID_ROWS']);
  });

  it('publishes every reason of a row and stages it once', async () => {
    const { invalidRows, badRows } = await read(
      workspace.write('reasons.csv', `${HEADER}\n..,x,cpu,over,active,${UUID},,sum\n`),
    );
    expect(invalidRows.map(({ line, column }) => [line, column])).toEqual([
      [2, 'name'],
      [2, 'threshold'],
      [2, 'comparison_method'],
    ]);
    expect(badRows).toHaveLength(1);
    expect(badRows[0]?.cells).toEqual(['..', 'x', 'cpu', 'over', 'active', UUID, '', 'sum']);
    expect(badRows[0]?.faults).toHaveLength(3);
  });
});
