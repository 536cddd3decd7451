// The reading of records against csv-parse, the parser of record: whatever the file, both make the same cells of it.

import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readCells } from '../src/pipeline/source/csv-records.ts';
import { RecordSplitter, type RecordRun } from '../src/pipeline/source/record-splitter.ts';

/** What csv-parse makes of each run of well-quoted records, and what we make of it. */
function readBoth(text: string, pieceBytes: number): { readonly ours: unknown; readonly theirs: unknown }[] {
  const bytes = Buffer.from(text);
  const splitter = new RecordSplitter();
  const runs: RecordRun[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes)
    runs.push(...splitter.push(bytes.subarray(at, at + pieceBytes)));
  runs.push(...(splitter.end() ?? []));
  return runs.flatMap((run) => {
    if (run.kind !== 'whole') return [];
    const theirs = parse(run.bytes, {
      bom: false,
      record_delimiter: ['\n', '\r\n'],
      relax_column_count: true,
      skip_empty_lines: true,
    });
    return [{ ours: readCells(run).map(({ cells }) => cells), theirs }];
  });
}

const TORTURE = [
  'a,b,c\n',
  'a,b,c',
  'a,b,c\r',
  'a,b,c\r\n',
  'a,b,c\r\r\n',
  ',\n',
  ',',
  ' \n',
  '\r\n\n\r\na\n',
  '""\n',
  '""',
  '"",""\n',
  '"","",\n',
  ',"",\r\n',
  '"\n",\r',
  '"a\n",b\r\nc,"d\n"\r\n',
  '"a""b"\n',
  '""""\n',
  '"""",""""""\n',
  '"a,b",c\n',
  'a,"b\nc",d\n',
  'a,"b\r\nc",d\r\n',
  'a,"b\rc",d\n',
  'a\rb,c\n',
  '"\n"\n"\n\n"\n',
  '"a\n\nb"\n\n\nc\n',
  'a,"b"\n\n"c\n",d\n\n',
  'é,"😀""ß"\r\nx\n',
  '\u2028,"\u2029"\n\u0085\n',
  '\0,"\0"\n',
  `${'x'.repeat(70_000)},"${'y""'.repeat(30_000)}"\n`,
];

describe('records are read as csv-parse reads them', () => {
  it.each(TORTURE.map((text) => [JSON.stringify(text.slice(0, 40)), text]))('%s', (_, text) => {
    const runs = readBoth(text, text.length);
    expect(runs.length).toBeGreaterThan(0);
    for (const { ours, theirs } of runs) expect(ours).toEqual(theirs);
  });

  it('any text, in pieces of any length', () => {
    let recordCount = 0;
    const soup = fc.string({
      unit: fc.constantFrom('a', 'é', '😀', ',', ',', '"', '"', '""', '\n', '\n', '\r', '\r\n', ' '),
      maxLength: 60,
    });
    fc.assert(
      fc.property(soup, fc.integer({ min: 1, max: 40 }), (text, pieceBytes) => {
        for (const { ours, theirs } of readBoth(text, pieceBytes)) {
          recordCount += Array.isArray(theirs) ? theirs.length : 0;
          expect(ours).toEqual(theirs);
        }
      }),
      { numRuns: 20_000 },
    );
    expect(recordCount).toBeGreaterThan(10_000);
  });
});
