// Files that are not whole, not valid or not what was announced: refused, and not one write leaves.

import { gzipSync } from 'node:zlib';

import { expect, it } from 'vitest';

import { openWorkspace } from './command-line.ts';
import { WANTED, TEXT, LINES, GOOD, lines, startService, sync } from './file-world.ts';
import { csv, HEADER } from './world.ts';

function damagedSecondMember(): Buffer {
  const second = gzipSync(lines(...LINES.slice(10)));
  second[1] = 0; // its magic number: Node ends there as if the file did
  return Buffer.concat([gzipSync(lines(...LINES.slice(0, 10))), second]);
}

function damagedBody(): Buffer {
  const whole = gzipSync(TEXT);
  whole[whole.length - 6] = (whole[whole.length - 6] ?? 0) ^ 0xff; // its checksum
  return whole;
}

interface BadFile {
  readonly what: string;
  readonly name?: string;
  readonly content: string | Uint8Array;
  /** Part of what is said about it. */
  readonly said: string;
  readonly flags?: readonly string[];
}

const BAD_FILES: readonly BadFile[] = [
  { what: 'without a byte', content: '', said: '' },
  { what: 'of blank lines', content: '\n\n\n', said: '' },
  { what: 'with a header alone', content: lines(HEADER), said: '--allow-empty' },
  { what: 'cut within a quoted cell', content: TEXT.slice(0, TEXT.lastIndexOf('"')), said: '' },
  { what: 'cut within a row', content: TEXT.slice(0, -40), said: ':20' },
  { what: 'without the last line end', content: TEXT.trimEnd(), said: '--allow-missing-final-newline' },
  {
    what: 'without the last line end, by CRLF',
    content: csv(WANTED, { lineEnd: '\r\n' }).trimEnd(),
    said: 'line end',
  },
  { what: 'with a bad threshold', content: lines(...LINES, GOOD.replace(',3,', ',n/a,')), said: 'threshold' },
  {
    what: 'with a bad contact',
    content: lines(...LINES, GOOD.replace('a@example.com', 'nobody')),
    said: 'contact',
  },
  {
    what: 'with a bad UUID',
    content: lines(...LINES, GOOD.replace('6f1c', 'xxxx')),
    said: 'tracking_metric_id',
  },
  { what: 'with a name that is `..`', content: lines(...LINES, GOOD.replace('"n1"', '..')), said: 'name' },
  { what: 'with an empty name', content: lines(...LINES, GOOD.replace('"n1"', '')), said: 'name' },
  {
    what: 'with a control character in a name',
    content: lines(...LINES, GOOD.replace('n1', 'n\t1')),
    said: 'name',
  },
  {
    what: 'with a name of 1025 bytes',
    content: lines(...LINES, GOOD.replace('n1', 'x'.repeat(1025))),
    said: '1025',
  },
  {
    what: 'with a cell too few',
    content: lines(...LINES, GOOD.slice(0, -4)),
    said: 'expected 8 cells, got 7',
  },
  { what: 'with a cell too many', content: lines(...LINES, `${GOOD},`), said: 'expected 8 cells, got 9' },
  {
    what: 'with text after a quoted cell',
    content: lines(...LINES, GOOD.replace('"n1"', '"n1"x')),
    said: ':21',
  },
  {
    what: 'with two rows of a name that differ',
    content: lines(...LINES, GOOD, GOOD.replace(',3,', ',4,')),
    said: 'n1',
  },
  { what: 'with a misspelt column', content: TEXT.replace('threshold', 'treshold'), said: 'treshold' },
  {
    what: 'without a column',
    content: csv(WANTED, {
      columns: [
        'name',
        'threshold',
        'metric_name',
        'comparison_method',
        'alarm_state',
        'contact',
        'metric_math',
      ],
    }),
    said: 'tracking_metric_id',
  },
  { what: 'with a column twice', content: TEXT.replace('metric_math', 'contact'), said: 'contact' },
  {
    what: 'with a column too many',
    content: TEXT.replace('metric_math', 'metric_math,extra'),
    said: 'extra',
  },
  { what: 'of other separators', content: TEXT.replaceAll(',', ';'), said: '' },
  { what: 'cut in its gzip member', name: 'a.csv.gz', content: gzipSync(TEXT).subarray(0, -20), said: '' },
  {
    what: 'cut between the bytes of its gzip trailer',
    name: 'a.csv.gz',
    content: gzipSync(TEXT).subarray(0, -1),
    said: '',
  },
  {
    what: 'with garbage after its gzip member',
    name: 'a.csv.gz',
    content: Buffer.concat([gzipSync(TEXT), Buffer.from('garbage')]),
    said: '',
  },
  { what: 'with a damaged second gzip member', name: 'a.csv.gz', content: damagedSecondMember(), said: '' },
  { what: 'with a wrong gzip checksum', name: 'a.csv.gz', content: damagedBody(), said: '' },
  { what: 'that is no gzip', name: 'a.csv.gz', content: TEXT, said: '' },
  {
    what: 'with a byte that is not UTF-8',
    content: Buffer.from(TEXT.replace('user', 'us\u00FFer'), 'latin1'),
    said: 'UTF-8',
  },
  { what: 'in UTF-16 LE', content: Buffer.from(`\uFEFF${TEXT}`, 'utf16le'), said: 'UTF-16' },
  { what: 'in UTF-16 BE', content: Buffer.from(`\uFEFF${TEXT}`, 'utf16le').swap16(), said: 'UTF-16' },
  { what: 'of other rows than announced', content: TEXT, said: '20', flags: ['--expect-rows', '20'] },
  {
    what: 'of another digest than announced',
    content: TEXT,
    said: '',
    flags: ['--expect-sha256', '0'.repeat(64)],
  },
];

it.each(BAD_FILES)(
  'refuses a file $what with 3 and writes nothing',
  async ({ name, content, said, flags }) => {
    const workspace = openWorkspace();
    const service = await startService();
    const file = workspace.write(name ?? 'alarms.csv', content);

    const finished = await sync(workspace, service, file, ['--max-delete', '100%', ...(flags ?? [])]);

    expect(finished.stderr).toMatch(/Error: .* \[ALARMSYNC_SOURCE_\w+\]/u);
    expect(finished.stderr).toContain(said);
    expect(finished.exitCode).toBe(3);
    expect(service.writes).toEqual([]);
  },
);

it('names a file that is not there with 1', async () => {
  const workspace = openWorkspace();
  const service = await startService();

  const finished = await sync(workspace, service, 'missing.csv', []);

  expect(finished.exitCode).toBe(1);
  expect(finished.stderr).toContain('missing.csv');
  expect(service.writes).toEqual([]);
});
