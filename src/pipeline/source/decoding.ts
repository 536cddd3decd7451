// Runs of records -> the header and decoded rows, in the order of the file; slow rows on two cores.
//
// Where a file has many records over several lines, or with optional cells, a helper in a thread of its own decodes batches of them beside
// this one. Measured on the reading of a million rows over two lines: 8.6 s in one thread, 5.0 s with a helper.

import type { FitDefinition } from '../../services/alarm-service.ts';
import { readCells } from './csv-records.ts';
import { brokenHeaderError, decodeHeader, type Header } from './header.ts';
import type { BrokenRecord, RecordRun } from './record-splitter.ts';
import { RowDecoder, type DecodedRows } from './row-decoder.ts';

/** So many take 0.1 s to decode, and a thread takes 67 ms to start (59 to 73 ms): below this it could save nothing. */
const SLOW_ROWS_BEFORE_HELP = 20_000;

/** One that it works on, and one that is there when it is done. */
const MAX_HELPED_BATCH_COUNT = 2;

/** Batches that wait for an earlier one, decoded: what bounds the memory when the helper is slow. */
const MAX_WAITING_BATCH_COUNT = 8;

/** What the records of one run came to. */
export type Decoded = DecodedRows | BrokenRecord | { readonly kind: 'header'; readonly header: Header };

/** Decodes runs elsewhere, at the same time. */
export interface RowHelper {
  /** What the runs come to that stand below a header of these columns. Rejects with whatever ends the reading. */
  decode(columns: Header['columns'], runs: readonly RecordRun[]): Promise<readonly Decoded[]>;
}

export interface DecodingSettings {
  readonly path: string;
  readonly ignoreColumns: readonly string[];
  /** Undefined where the service holds every good row as it is. */
  readonly fit: FitDefinition | undefined;
  /** Undefined where everything is to be decoded in this thread. */
  readonly helper: RowHelper | undefined;
}

/** @throws {ALARMSYNC_SOURCE_HEADER} {ALARMSYNC_UNEXPECTED} as decodeHeader and readRecords. */
export async function* decodeRuns(
  batches: AsyncIterable<readonly RecordRun[]>,
  settings: DecodingSettings,
): AsyncGenerator<readonly Decoded[]> {
  const decoding = new Decoding(settings);
  for await (const runs of batches) {
    if (runs.length > 0) decoding.add(runs);
    while (decoding.isFirstDecoded || decoding.isFull) yield await decoding.takeFirst();
  }
  while (!decoding.isEmpty) yield await decoding.takeFirst();
}

/** What the runs come to that stand below the header. */
export function decodeBelowHeader(decoder: RowDecoder, runs: readonly RecordRun[]): readonly Decoded[] {
  return runs.map((run) => (run.kind === 'whole' ? decoder.decode(run) : run));
}

/** Runs that are being decoded, or are. */
class Batch {
  readonly decoded: readonly Decoded[] | Promise<readonly Decoded[]>;
  isDecoded: boolean;

  constructor(decoded: readonly Decoded[] | Promise<readonly Decoded[]>) {
    this.decoded = decoded;
    this.isDecoded = !(decoded instanceof Promise);
    if (decoded instanceof Promise) void this.#watch(decoded);
  }

  async #watch(decoding: Promise<unknown>): Promise<void> {
    try {
      await decoding;
    } catch {
      // It is thrown where the batch is taken.
    }
    this.isDecoded = true;
  }
}

/** Batches in the order of the file, from their runs until they are taken. */
class Decoding {
  readonly #settings: DecodingSettings;
  #header: Header | undefined;
  #decoder: RowDecoder | undefined;
  #slowCount = 0;
  readonly #batches: Batch[] = [];

  constructor(settings: DecodingSettings) {
    this.#settings = settings;
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  get isFull(): boolean {
    return this.#batches.length > MAX_WAITING_BATCH_COUNT;
  }

  get isFirstDecoded(): boolean {
    return this.#batches[0]?.isDecoded === true;
  }

  add(runs: readonly RecordRun[]): void {
    this.#batches.push(new Batch(this.#decodeElsewhere(runs) ?? this.#decode(runs)));
  }

  async takeFirst(): Promise<readonly Decoded[]> {
    return (await this.#batches.shift()?.decoded) ?? [];
  }

  /** Undefined when it is not worth it, or when the helper has enough to do. */
  #decodeElsewhere(runs: readonly RecordRun[]): Promise<readonly Decoded[]> | undefined {
    if (this.#header === undefined || this.#slowCount < SLOW_ROWS_BEFORE_HELP) return undefined;
    const helpedCount = this.#batches.filter(({ isDecoded }) => !isDecoded).length;
    if (helpedCount >= MAX_HELPED_BATCH_COUNT) return undefined;
    return this.#settings.helper?.decode(this.#header.columns, runs);
  }

  #decode(runs: readonly RecordRun[]): readonly Decoded[] {
    if (this.#decoder === undefined) return this.#decodeFirst(runs);
    const decoded = decodeBelowHeader(this.#decoder, runs);
    for (const part of decoded) if (part.kind === 'rows') this.#slowCount += part.slowCount;
    return decoded;
  }

  /** The first record of all is the header. */
  #decodeFirst([first, ...others]: readonly RecordRun[]): readonly Decoded[] {
    const { path, ignoreColumns, fit } = this.#settings;
    if (first === undefined) return [];
    if (first.kind === 'broken') throw brokenHeaderError(path, first.line, first.reason);
    const [record] = readCells(first);
    this.#header = decodeHeader(path, record?.line ?? 1, record?.cells ?? [], ignoreColumns);
    this.#decoder = new RowDecoder(this.#header.columns, fit);
    return [
      { kind: 'header', header: this.#header },
      this.#decoder.decode(first, 1),
      ...decodeBelowHeader(this.#decoder, others),
    ];
  }
}
