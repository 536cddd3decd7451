// Bytes of the input file -> runs of records, whoever reads them.

import { AlarmSyncError } from '../../alarm/errors.ts';
import { readCells } from './csv-records.ts';
import { gunzipMembers } from './gzip-members.ts';
import { brokenHeaderError, decodeHeader, type Header } from './header.ts';
import type { RecordRun, RecordSplitter } from './record-splitter.ts';
import { Utf8Check } from './utf8-check.ts';

/** What the file is known to be. */
export interface SourceExpectation {
  /** Records below the header, good and bad. */
  readonly rowCount?: number;
  /** Of the bytes as on disk; hexadecimal, of any case. */
  readonly sha256?: string;
}

/** The header that the run begins with. @throws {ALARMSYNC_SOURCE_HEADER} as decodeHeader. */
export function headerOf(path: string, run: RecordRun, ignoreColumns: readonly string[]): Header {
  if (run.kind === 'broken') throw brokenHeaderError(path, run.line, run.reason);
  const [record] = readCells(run);
  return decodeHeader(path, record?.line ?? 1, record?.cells ?? [], ignoreColumns);
}

/** The bytes of the text, where the name says that they are compressed. */
export function decompress(path: string, bytes: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  return path.toLowerCase().endsWith('.gz') ? gunzipMembers(path, bytes) : bytes;
}

/** The records of the text. @throws {ALARMSYNC_SOURCE_ENCODING} {ALARMSYNC_SOURCE_UNSEALED} as readSource. */
export async function* splitRecords(
  path: string,
  source: AsyncIterable<Buffer>,
  splitter: RecordSplitter,
): AsyncGenerator<readonly RecordRun[]> {
  const utf8 = new Utf8Check(path);
  for await (const piece of source) yield splitter.push(utf8.push(piece));
  yield splitter.push(utf8.end());
  const last = splitter.end();
  if (last === undefined) {
    throw new AlarmSyncError(
      'ALARMSYNC_SOURCE_UNSEALED',
      `${path}:${splitter.recordLine}: expected every quoted cell to be closed, got the end of the file inside one`,
      { hint: 'the file was cut, or a quote in that record is not doubled' },
    );
  }
  yield last;
}

/** @throws {ALARMSYNC_SOURCE_UNSEALED} when it is not the number that is expected. */
export function proveRowCount(path: string, rowCount: number, expected: number | undefined): void {
  if (expected === undefined || expected === rowCount) return;
  throw new AlarmSyncError(
    'ALARMSYNC_SOURCE_UNSEALED',
    `${path}: expected ${expected} rows below the header, got ${rowCount}`,
    { hint: 'make or copy the file again, or correct --expect-rows' },
  );
}
