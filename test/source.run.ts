// What the source tests share: temporary files, one reading, and what it published.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import Database from 'better-sqlite3';

import { asAlarmSyncError, type AlarmSyncError } from '../src/alarm/errors.ts';
import { readCells } from '../src/pipeline/source/csv-records.ts';
import type { RowHelper } from '../src/pipeline/source/decoding.ts';
import { RecordSplitter } from '../src/pipeline/source/record-splitter.ts';
import { readSource, type SourceSettings, type SourceSnapshot } from '../src/pipeline/source/source.ts';
import { DesiredSnapshot, DesiredStaging, type BadRow } from '../src/store/desired-staging.ts';
import { channelName, type TelemetryMessages, type TelemetryName } from '../src/telemetry/names.ts';

export const HEADER =
  'name,threshold,metric_name,comparison_method,alarm_state,tracking_metric_id,contact,metric_math';
export const UUID = '00000000-0000-4000-8000-000000000000';

/** A valid row of that name. */
export function row(name: string, threshold = '1', contact = 'a@example.com'): string {
  return `${name},${threshold},cpu,gt,active,${UUID},${contact},sum`;
}

/** A directory of its own for each test file's cases; removed when disposed. */
export class Workspace implements Disposable {
  readonly directory: string = mkdtempSync(path.join(tmpdir(), 'alarmsync-source-'));

  path(name: string): string {
    return path.join(this.directory, name);
  }

  write(name: string, content: string | Uint8Array): string {
    const file = this.path(name);
    writeFileSync(file, content);
    return file;
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export interface Reading {
  readonly snapshot: SourceSnapshot | undefined;
  readonly error: AlarmSyncError | undefined;
  readonly rows: readonly { readonly name: string; readonly line: number; readonly body: string }[];
  readonly badRows: readonly BadRow[];
  /** What a later process finds. */
  readonly seal: SourceSnapshot | undefined;
  readonly invalidRows: readonly TelemetryMessages['invalid_row'][];
  readonly diagnostics: readonly TelemetryMessages['diagnostic'][];
  readonly progress: readonly TelemetryMessages['progress'][];
}

/** Reads the file into a staging of its own and gives everything that came of it. */
export async function read(
  file: string,
  settings: Partial<SourceSettings> = {},
  signal: AbortSignal = new AbortController().signal,
  helper?: RowHelper,
): Promise<Reading> {
  const stagingFile = `${file}.staging.db`;
  using invalidRows = collect('invalid_row');
  using diagnostics = collect('diagnostic');
  using progress = collect('progress');
  let snapshot: SourceSnapshot | undefined;
  let error: AlarmSyncError | undefined;
  {
    using staging = new DesiredStaging(stagingFile);
    try {
      snapshot = await readSource(
        staging,
        {
          path: file,
          ignoreColumns: [],
          ignoreFields: [],
          onDuplicate: 'fail',
          compareState: 'meaning',
          expect: {},
          ...settings,
        },
        signal,
        undefined,
        helper,
      );
    } catch (thrown) {
      error = asAlarmSyncError(thrown);
    }
  }
  using found = new DesiredSnapshot(stagingFile);
  return {
    snapshot,
    error,
    rows: stagedRows(stagingFile),
    badRows: [...found.badRows()],
    seal: found.readSeal(),
    invalidRows: invalidRows.messages,
    diagnostics: diagnostics.messages,
    progress: progress.messages,
  };
}

function stagedRows(file: string): Reading['rows'] {
  const database = new Database(file, { readonly: true });
  try {
    return database
      .prepare<[], { name: string; line: number; body: string }>(
        'SELECT name, line, body FROM desired ORDER BY rowid',
      )
      .all();
  } finally {
    database.close();
  }
}

function collect<Name extends TelemetryName>(
  name: Name,
): Disposable & { readonly messages: TelemetryMessages[Name][] } {
  const messages: TelemetryMessages[Name][] = [];
  const listener = (message: unknown): void => {
    messages.push(message as TelemetryMessages[Name]);
  };
  subscribe(channelName(name), listener);
  return {
    messages,
    [Symbol.dispose]: () => {
      unsubscribe(channelName(name), listener);
    },
  };
}

/** Calls back at the first progress message: then the file is read in part. Returns how to stop. */
export function atFirstProgress(callback: () => void): Disposable {
  let isDone = false;
  const listener = (): void => {
    if (isDone) return;
    isDone = true;
    callback();
  };
  subscribe(channelName('progress'), listener);
  return {
    [Symbol.dispose]: () => {
      unsubscribe(channelName('progress'), listener);
    },
  };
}

export type Found =
  | { line: number; cells: readonly string[] }
  | { line: number; endLine: number; cellIndex: number | undefined; reason: string; text: string };

/** The records of a text that comes in pieces of these lengths, the last length repeated. */
export function split(text: string, lengths: readonly number[] = [Infinity]): Found[] | 'open' {
  const bytes = Buffer.from(text);
  const splitter = new RecordSplitter();
  const found: Found[] = [];
  const keep = (runs: ReturnType<RecordSplitter['push']>): void => {
    for (const run of runs) {
      if (run.kind === 'whole') found.push(...readCells(run));
      else {
        const { kind: _, ...broken } = run;
        found.push(broken);
      }
    }
  };
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const length = lengths[Math.min(index, lengths.length - 1)] ?? 1;
    keep(splitter.push(bytes.subarray(at, at + length)));
    at += length;
  }
  const last = splitter.end();
  if (last === undefined) return 'open';
  keep(last);
  return found;
}

/** A cell as CSV writes it. */
export function serialise(text: string, quoted: boolean): string {
  return quoted || /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
