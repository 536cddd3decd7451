// The input file -> a sealed staging of desired rows, or the reason why its end is not proved.

import { pipeline } from 'node:stream/promises';

import type { Member } from '../../alarm/alarm.ts';
import type { CompareState } from '../../alarm/meaning.ts';
import type { DesiredSeal, DesiredStaging } from '../../store/desired-staging.ts';
import type { FitDefinition } from '../../services/alarm-service.ts';
import { publish } from '../../telemetry/names.ts';
import { decodeRuns, type Decoded, type RowHelper } from './decoding.ts';
import { settleDuplicates } from './duplicates.ts';
import { FileEvidence } from './file-evidence.ts';
import { emptyFileError } from './header.ts';
import { decompress, headerOf, proveRowCount, splitRecords, type SourceExpectation } from './reading.ts';
import { RecordSplitter, type RecordRun } from './record-splitter.ts';
import { RowStager } from './row-stager.ts';

export { dealRows, type Dealing, type DealtFile } from './deal.ts';
export { generateCsv } from './generate.ts';
export { spool } from './spool.ts';

/** How the file is read. Nothing here has a default. */
export interface SourceSettings {
  /** A regular file; one whose name ends in `.gz` is decompressed while it streams. */
  readonly path: string;
  /** Columns that are passed over. */
  readonly ignoreColumns: readonly string[];
  /** Members that are read but not managed: rows that differ in these alone mean the same. */
  readonly ignoreFields: readonly string[];
  readonly onDuplicate: 'fail' | 'first' | 'last';
  readonly compareState: CompareState;
  /** What the file is known to be. */
  readonly expect: SourceExpectation;
  /** The part of the file that is one target's, to be read in its place; what is said names the file. */
  readonly part?: string;
}

/** What was proved about the file. Bad rows do not fail the reading: whoever plans looks at their counts. */
export type SourceSnapshot = DesiredSeal;

/**
 * Reads the whole file into the staging, streaming, and seals it.
 * Publishes `progress`, `invalid_row` and `diagnostic`.
 * @param fit makes rows what the service will give back, and those that it cannot hold bad ones
 * @param helper decodes some of the rows where many take long
 * @throws {ALARMSYNC_SOURCE_UNREADABLE} the file is missing or cannot be read.
 * @throws {ALARMSYNC_SOURCE_ENCODING} it is not UTF-8.
 * @throws {ALARMSYNC_SOURCE_HEADER} a column is missing, repeated or unknown.
 * @throws {ALARMSYNC_SOURCE_UNSEALED} its end is not proved: cut, damaged, changed while read, or not as expected.
 * @throws {ALARMSYNC_SOURCE_DUPLICATES} rows of one name mean different things, and none is to be preferred.
 */
export async function readSource(
  staging: DesiredStaging,
  settings: SourceSettings,
  signal: AbortSignal,
  fit?: FitDefinition,
  helper?: RowHelper,
): Promise<SourceSnapshot> {
  signal.throwIfAborted();
  const { path, part = path } = settings;
  await using evidence = await FileEvidence.open(part);
  const splitter = new RecordSplitter();
  const stager = new RowStager(staging, path);
  const decoding = { path, ignoreColumns: settings.ignoreColumns, fit, helper };
  try {
    await pipeline(
      evidence.bytes(),
      (bytes: AsyncIterable<Buffer>) => decompress(part, bytes),
      (bytes: AsyncIterable<Buffer>) => splitRecords(path, bytes, splitter),
      (batches: AsyncIterable<readonly RecordRun[]>) => decodeRuns(batches, decoding),
      async (batches: AsyncIterable<readonly Decoded[]>) => {
        for await (const decoded of batches) {
          signal.throwIfAborted();
          stager.take(decoded);
        }
      },
      { signal },
    );
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
  const { header, counts } = stager;
  if (header === undefined) throw emptyFileError(path);
  stager.finish();

  const proof = await evidence.prove(settings.expect.sha256, signal);
  proveRowCount(path, counts.rowCount, settings.expect.rowCount);
  const managedMembers = header.members.filter((member) => !settings.ignoreFields.includes(member));
  const isRepeated = !staging.buildIndex();
  signal.throwIfAborted();
  if (isRepeated) settleDuplicates(staging, { ...settings, managedMembers }, signal);
  dropProtected(staging, path);
  const snapshot: SourceSnapshot = {
    ...proof,
    ...counts,
    desiredCount: staging.count(),
    endsWithoutLineEnd: counts.rowCount > 0 && splitter.lacksLineEnd,
    columns: header.cells,
    managedMembers,
  };
  signal.throwIfAborted();
  staging.seal(snapshot);
  return snapshot;
}

/**
 * The members whose columns the file has, read from its first record alone.
 * @throws {ALARMSYNC_SOURCE_UNREADABLE} {ALARMSYNC_SOURCE_ENCODING} {ALARMSYNC_SOURCE_HEADER} {ALARMSYNC_SOURCE_UNSEALED} as readSource.
 */
export async function readHeader(
  path: string,
  ignoreColumns: readonly string[],
  signal: AbortSignal,
): Promise<readonly Member[]> {
  await using evidence = await FileEvidence.open(path);
  for await (const runs of splitRecords(path, decompress(path, evidence.bytes()), new RecordSplitter())) {
    signal.throwIfAborted();
    const [first] = runs;
    if (first !== undefined) return headerOf(path, first, ignoreColumns).members;
  }
  throw emptyFileError(path);
}

/** A bad row protects its name wholly: a good row of that name must not reach the service either. */
function dropProtected(staging: DesiredStaging, path: string): void {
  const droppedCount = staging.dropProtected();
  if (droppedCount === 0) return;
  publish('diagnostic', {
    code: 'ALARMSYNC_SOURCE_INVALID_ROWS',
    message: `${path}: ${droppedCount} good rows are left out, since bad rows carry the same names`,
    hint: 'correct the bad rows, or delete them',
  });
}
