// The input file -> a file for each target, in one reading: every row goes to the target that takes it.
//
// Fifty targets that each read the whole file would read it fifty times. So it is read once here, and each target reads
// its own part, which is a CSV file like any other: the pace of a reading hardly depends on how many targets there are.

import { globTest } from '../../alarm/glob.ts';
import { AlarmSyncError } from '../../alarm/errors.ts';
import { decodeRow } from '../../alarm/row.ts';
import { publish } from '../../telemetry/names.ts';
import { readCells, type CsvRecord } from './csv-records.ts';
import { FileEvidence, type FileProof } from './file-evidence.ts';
import { emptyFileError, type Header } from './header.ts';
import { PartWriter } from './part-writer.ts';
import { decompress, headerOf, proveRowCount, splitRecords, type SourceExpectation } from './reading.ts';
import { RecordSplitter, type BrokenRecord, type WholeRecords } from './record-splitter.ts';
import { shown } from './shown.ts';

const LINE_FEED = 0x0a;

const ROWS_PER_PROGRESS = 5000;

/** Where a fault is put that is about whose a row is. */
const WHICH_TARGET = '(target)';

/** Who takes which rows. */
export interface Dealing {
  /** The column whose cell names the target; null where the scopes say it. */
  readonly column: string | null;
  /** All that there are. A scope is a GLOB over names; null where the column says it. */
  readonly targets: readonly { readonly name: string; readonly scope: string | null }[];
  /** What a row does that no target takes. */
  readonly onUnclaimed: 'fail' | 'skip';
}

/** Where the rows of one target go. Rows of targets without one are passed over. */
export interface Part {
  readonly target: string;
  readonly file: string;
}

/** What was proved about the file, and what is every target's to know. */
export interface DealtFile extends FileProof {
  /** Records that could be any target's: when there is one, nothing may be deleted anywhere. */
  readonly unusableNameCount: number;
  /** True when the last record lacks the line end that all others have: what was cut could be any target's. */
  readonly endsWithoutLineEnd: boolean;
}

export interface DealSettings {
  readonly path: string;
  /** The column that names the target is passed over without being among them. */
  readonly ignoreColumns: readonly string[];
  readonly expect: SourceExpectation;
}

/**
 * Reads the whole file once, streaming, and writes the parts. Publishes `progress` and `invalid_row`.
 * @throws {ALARMSYNC_SOURCE_TARGETS} when a row is no target's, several targets', or names one that there is not.
 * @throws {ALARMSYNC_SOURCE_UNREADABLE} {ALARMSYNC_SOURCE_ENCODING} {ALARMSYNC_SOURCE_HEADER} {ALARMSYNC_SOURCE_UNSEALED} as readSource.
 */
export async function dealRows(
  parts: readonly Part[],
  dealing: Dealing,
  { path, ignoreColumns, expect }: DealSettings,
  signal: AbortSignal,
): Promise<DealtFile> {
  await using evidence = await FileEvidence.open(path);
  const splitter = new RecordSplitter();
  await using dealer = await Dealer.open(parts, dealing, path);
  for await (const runs of splitRecords(path, decompress(path, evidence.bytes()), splitter)) {
    signal.throwIfAborted();
    for (const run of runs) {
      if (!dealer.hasHeader) dealer.start(headerOf(path, run, [...ignoreColumns, ...columnsOf(dealing)]));
      if (run.kind === 'whole') dealer.deal(run);
      else dealer.passOver(run);
    }
    await dealer.flushFull();
  }
  if (!dealer.hasHeader) throw emptyFileError(path);
  await dealer.finish();
  const proof = await evidence.prove(expect.sha256, signal);
  proveRowCount(path, dealer.rowCount, expect.rowCount);
  const endsWithoutLineEnd = dealer.rowCount > 0 && splitter.lacksLineEnd;
  return { ...proof, unusableNameCount: dealer.unusableNameCount, endsWithoutLineEnd };
}

function columnsOf({ column }: Dealing): readonly string[] {
  return column === null ? [] : [column];
}

/** Which target takes a row: its place among the targets, or why there is none. */
type Taker = number | { readonly reason: string } | 'nobody';

class Dealer implements AsyncDisposable {
  readonly #dealing: Dealing;
  readonly #path: string;
  /** In the order of the targets; undefined for one whose rows are passed over. */
  readonly #writers: readonly (PartWriter | undefined)[];
  readonly #takes: readonly ((name: string) => boolean)[];
  readonly #placeOf: ReadonlyMap<string, number>;
  #header: Header | undefined;
  #nameIndex = -1;
  #columnIndex = -1;
  #hasDealtHeader = false;
  #rowCount = 0;
  #publishedRowCount = 0;
  #unusableNameCount = 0;
  #faultCount = 0;
  #firstFault = '';

  private constructor(writers: readonly (PartWriter | undefined)[], dealing: Dealing, path: string) {
    this.#writers = writers;
    this.#dealing = dealing;
    this.#path = path;
    this.#takes = dealing.targets.map(({ scope }) => globTest(scope ?? '*'));
    this.#placeOf = new Map(dealing.targets.map(({ name }, place) => [name, place]));
  }

  static async open(parts: readonly Part[], dealing: Dealing, path: string): Promise<Dealer> {
    const fileOf = new Map(parts.map(({ target, file }) => [target, file]));
    const writers: (PartWriter | undefined)[] = [];
    for (const { name } of dealing.targets) {
      const file = fileOf.get(name);
      writers.push(file === undefined ? undefined : await PartWriter.create(file));
    }
    return new Dealer(writers, dealing, path);
  }

  get hasHeader(): boolean {
    return this.#header !== undefined;
  }

  /** Records below the header. */
  get rowCount(): number {
    return this.#rowCount;
  }

  get unusableNameCount(): number {
    return this.#unusableNameCount;
  }

  /** @throws {ALARMSYNC_SOURCE_HEADER} when the column is missing, or there twice. */
  start(header: Header): void {
    const { column } = this.#dealing;
    this.#header = header;
    this.#nameIndex = header.columns.indexOf('name');
    if (column === null) return;
    this.#columnIndex = header.cells.indexOf(column);
    const count = header.cells.filter((cell) => cell === column).length;
    if (count === 1) return;
    throw new AlarmSyncError(
      'ALARMSYNC_SOURCE_HEADER',
      `${this.#path}:1: expected the column ${shown(column)} once, which names the target of each row, got it ${count} times`,
      { hint: 'name the column with --target-column, or give each target a scope instead' },
    );
  }

  deal(run: WholeRecords): void {
    const records = readCells(run);
    let at = 0;
    let lineAt = run.firstLine;
    const skipTo = (line: number): void => {
      for (; lineAt < line; lineAt += 1) {
        const lineFeed = run.bytes.indexOf(LINE_FEED, at);
        if (lineFeed < 0) return;
        at = lineFeed + 1;
      }
    };
    for (const [index, record] of records.entries()) {
      skipTo(record.line); // over blank lines
      const start = at;
      const next = records[index + 1];
      if (next === undefined) at = run.bytes.length;
      else skipTo(next.line);
      this.#dealRecord(record, run.bytes.subarray(start, at));
    }
  }

  /** A record without cells says neither its name nor its target. */
  passOver({ line, reason }: BrokenRecord): void {
    this.#countRow();
    this.#unusableNameCount += 1;
    publish('invalid_row', { line, column: '(row)', reason });
  }

  async flushFull(): Promise<void> {
    for (const writer of this.#writers) if (writer?.isFull === true) await writer.flush();
  }

  /** @throws {ALARMSYNC_SOURCE_TARGETS} when there was a row that is not exactly one target's. */
  async finish(): Promise<void> {
    this.#publishProgress();
    if (this.#faultCount > 0) {
      const rows = this.#faultCount === 1 ? 'a row' : `${this.#faultCount} rows`;
      throw new AlarmSyncError(
        'ALARMSYNC_SOURCE_TARGETS',
        `expected one target for each row of ${this.#path}, got ${rows} where that is not so; the first: ${this.#firstFault}`,
        {
          hint:
            this.#dealing.column === null
              ? 'mend the scopes of the targets; rows of no target are passed over with --on-unclaimed skip'
              : `mend the cells of ${shown(this.#dealing.column)}; rows where it is empty are passed over with --on-unclaimed skip`,
        },
      );
    }
    for (const writer of this.#writers) await writer?.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const writer of this.#writers) await writer?.[Symbol.asyncDispose]();
  }

  #dealRecord(record: CsvRecord, bytes: Buffer): void {
    if (!this.#hasDealtHeader) {
      this.#hasDealtHeader = true;
      for (const writer of this.#writers) writer?.add(bytes, record.line);
      return;
    }
    this.#countRow();
    const { line, cells } = record;
    if (cells.length !== this.#header?.columns.length) {
      this.#passOverMiscounted(record);
      return;
    }
    const taker = this.#takerOf(cells);
    if (typeof taker === 'number') this.#writers[taker]?.add(bytes, line);
    else if (taker !== 'nobody') this.#noteFault(line, cells, taker.reason);
    else if (this.#dealing.onUnclaimed === 'fail')
      this.#noteFault(line, cells, 'expected a target that takes the row, got none');
  }

  /** Which of its cells are name and target is anybody's guess. */
  #passOverMiscounted({ line, cells }: CsvRecord): void {
    this.#unusableNameCount += 1;
    const decoded = decodeRow(this.#header?.columns ?? [], cells);
    if ('faults' in decoded) for (const fault of decoded.faults) publish('invalid_row', { line, ...fault });
  }

  #takerOf(cells: readonly string[]): Taker {
    const { targets, column } = this.#dealing;
    if (column !== null) {
      const cell = cells[this.#columnIndex] ?? '';
      if (cell === '') return 'nobody';
      const reason = `expected the name of a target in ${shown(column)}, got ${shown(cell)}; there are ${targets.map(({ name }) => name).join(', ')}`;
      return this.#placeOf.get(cell) ?? { reason };
    }
    const name = cells[this.#nameIndex] ?? '';
    const takers = [...this.#takes.keys()].filter((place) => this.#takes[place]?.(name) === true);
    const [first] = takers;
    if (first === undefined) return 'nobody';
    if (takers.length === 1) return first;
    const names = takers.map((place) => targets[place]?.name ?? '').join(' and ');
    return { reason: `expected one target that takes the row, got ${names}` };
  }

  #noteFault(line: number, cells: readonly string[], reason: string): void {
    const told = `${shown(cells[this.#nameIndex] ?? '')}: ${reason}`;
    if (this.#faultCount === 0) this.#firstFault = `${this.#path}:${line}, ${told}`;
    this.#faultCount += 1;
    publish('invalid_row', { line, column: WHICH_TARGET, reason: told });
  }

  #countRow(): void {
    this.#rowCount += 1;
    if (this.#rowCount - this.#publishedRowCount >= ROWS_PER_PROGRESS) this.#publishProgress();
  }

  #publishProgress(): void {
    this.#publishedRowCount = this.#rowCount;
    publish('progress', { phase: 'source', done: this.#rowCount });
  }
}
