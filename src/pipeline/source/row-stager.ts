// What the records of the file came to -> staged desired rows and staged row faults, counted and published.

import type { BadRow, DesiredStaging } from '../../store/desired-staging.ts';
import { publish } from '../../telemetry/names.ts';
import type { Decoded } from './decoding.ts';
import type { Header } from './header.ts';
import type { BrokenRecord } from './record-splitter.ts';
import type { DecodedRows } from './row-decoder.ts';
import { shown } from './shown.ts';

const ROWS_PER_PROGRESS = 5000;

/** How many unknown metric-math words the warning lists. */
const MAX_LISTED_COUNT = 5;

/** Where a fault is put that is the whole record's. */
const WHOLE_ROW = '(row)';

export class RowStager {
  readonly #staging: DesiredStaging;
  readonly #path: string;
  #header: Header | undefined;
  #rowCount = 0;
  #badRowCount = 0;
  #unusableNameCount = 0;
  #publishedRowCount = 0;
  #unknownMathRowCount = 0;
  readonly #unknownMath: Set<string> = new Set();

  constructor(staging: DesiredStaging, path: string) {
    this.#staging = staging;
    this.#path = path;
  }

  /** Undefined until the first record came. */
  get header(): Header | undefined {
    return this.#header;
  }

  /** Records below the header, good and bad; bad ones; bad ones without a usable name. */
  get counts(): {
    readonly rowCount: number;
    readonly badRowCount: number;
    readonly unusableNameCount: number;
  } {
    return {
      rowCount: this.#rowCount,
      badRowCount: this.#badRowCount,
      unusableNameCount: this.#unusableNameCount,
    };
  }

  /** Stages what these records came to. */
  take(batch: readonly Decoded[]): void {
    for (const decoded of batch) {
      if (decoded.kind === 'header') this.#header = decoded.header;
      else if (decoded.kind === 'rows') this.#takeRows(decoded);
      else this.#takeBroken(decoded);
    }
    if (this.#rowCount - this.#publishedRowCount >= ROWS_PER_PROGRESS) this.#publishProgress();
  }

  /** Publishes what is known only when the last record was taken. */
  finish(): void {
    this.#publishProgress();
    if (this.#unknownMathRowCount === 0) return;
    const words = [...this.#unknownMath].map(shown).join(', ');
    publish('diagnostic', {
      code: 'ALARMSYNC_SOURCE_METRIC_MATH',
      message: `${this.#path}: metric_math of ${this.#unknownMathRowCount} rows is a word not known here, such as ${words}`,
      hint: 'it is sent as it stands; a service that cannot map it refuses the alarm',
    });
  }

  #takeRows({ rows, badRows, unknownMetricMath, isLarge }: DecodedRows): void {
    this.#rowCount += rows.length;
    this.#stage(rows, isLarge);
    this.#addBadRows(badRows);
    this.#unknownMathRowCount += unknownMetricMath.length;
    for (const word of unknownMetricMath)
      if (this.#unknownMath.size < MAX_LISTED_COUNT) this.#unknownMath.add(word);
  }

  #stage(rows: DecodedRows['rows'], isLarge: boolean): void {
    const startedMs = performance.now();
    this.#staging.append(rows);
    if (isLarge) this.#staging.flush();
    publish('staged', {
      database: 'desired',
      path: this.#staging.file,
      rowCount: rows.length,
      durationMs: performance.now() - startedMs,
    });
  }

  #takeBroken(record: BrokenRecord): void {
    const column = record.cellIndex === undefined ? undefined : this.#header?.columns[record.cellIndex];
    const swallowed =
      record.endLine > record.line
        ? `; what stands on lines ${record.line + 1} to ${record.endLine} was taken as part of it`
        : '';
    const fault = { column: column ?? WHOLE_ROW, reason: record.reason + swallowed };
    this.#addBadRows([{ line: record.line, name: undefined, cells: [record.text], faults: [fault] }]);
  }

  #addBadRows(badRows: readonly BadRow[]): void {
    if (badRows.length === 0) return;
    for (const { name, line, faults } of badRows) {
      if (name === undefined) this.#unusableNameCount += 1;
      for (const fault of faults) publish('invalid_row', { line, ...fault });
    }
    this.#rowCount += badRows.length;
    this.#badRowCount += badRows.length;
    this.#staging.addFaults(badRows);
  }

  #publishProgress(): void {
    this.#publishedRowCount = this.#rowCount;
    publish('progress', { phase: 'source', done: this.#rowCount });
  }
}
