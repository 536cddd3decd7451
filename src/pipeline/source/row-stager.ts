// Records of the file -> staged desired rows and staged row faults, counted and published.

import { paramsText } from '../../alarm/params-text.ts';
import { decodeRow } from '../../alarm/row.ts';
import type { BadRow, DesiredRow, DesiredStaging } from '../../store/desired-staging.ts';
import type { FitDefinition } from '../../services/alarm-service.ts';
import { publish } from '../../telemetry/names.ts';
import { readRecords, type CsvRecord } from './csv-records.ts';
import { brokenHeaderError, decodeHeader, type Header } from './header.ts';
import { PlainRows } from './plain-rows.ts';
import type { BrokenRecord, RecordRun } from './record-splitter.ts';
import { shown } from './shown.ts';

const ROWS_PER_PROGRESS = 5000;

/** How many unknown metric-math words the warning lists. */
const MAX_LISTED_COUNT = 5;

/** Where a fault is put that is the whole record's. */
const WHOLE_ROW = '(row)';

/** Names are parts of their run's text, and keep it in memory as long as they wait to be inserted. */
const LARGE_RUN_BYTES = 256 * 1024;

export class RowStager {
  readonly #staging: DesiredStaging;
  readonly #path: string;
  readonly #ignoreColumns: readonly string[];
  /** Undefined where the service holds every good row as it is. */
  readonly #fit: FitDefinition | undefined;
  #header: Header | undefined;
  #plainRows: PlainRows | undefined;
  #rowCount = 0;
  #badRowCount = 0;
  #unusableNameCount = 0;
  #publishedRowCount = 0;
  #unknownMathRowCount = 0;
  readonly #unknownMath: Set<string> = new Set();
  #rows: DesiredRow[] = [];
  #badRows: BadRow[] = [];

  constructor(
    staging: DesiredStaging,
    path: string,
    ignoreColumns: readonly string[],
    fit: FitDefinition | undefined,
  ) {
    this.#staging = staging;
    this.#path = path;
    this.#ignoreColumns = ignoreColumns;
    this.#fit = fit;
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

  /** Stages what these records hold; the first record of all is the header. */
  take(runs: readonly RecordRun[]): void {
    for (const run of runs) {
      if (run.kind === 'broken') this.#takeBroken(run);
      else for (const record of readRecords(run, this.#plainRows)) this.#take(record);
    }
    if (this.#rows.length > 0) this.#staging.append(this.#rows);
    if (runs.some(isLarge)) this.#staging.flush();
    if (this.#badRows.length > 0) this.#staging.addFaults(this.#badRows);
    this.#rows = [];
    this.#badRows = [];
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

  #take(record: CsvRecord | DesiredRow): void {
    if ('body' in record) {
      this.#rowCount += 1;
      this.#rows.push(record);
    } else if (this.#header === undefined) {
      this.#header = decodeHeader(this.#path, record.line, record.cells, this.#ignoreColumns);
      if (this.#fit === undefined) this.#plainRows = new PlainRows(this.#header.columns);
    } else {
      this.#takeCells(this.#header, record);
    }
  }

  #takeCells(header: Header, record: CsvRecord): void {
    this.#rowCount += 1;
    const decoded = decodeRow(header.columns, record.cells);
    if ('faults' in decoded) {
      this.#addBadRow({ line: record.line, name: decoded.name, cells: record.cells, faults: decoded.faults });
      return;
    }
    const { unknownMetricMath } = decoded;
    const fitted = this.#fit?.(decoded.definition) ?? decoded;
    if ('faults' in fitted) {
      const { name } = decoded.definition;
      this.#addBadRow({ line: record.line, name, cells: record.cells, faults: fitted.faults });
      return;
    }
    const { definition } = fitted;
    this.#rows.push({ name: definition.name, line: record.line, body: paramsText(definition.params) });
    if (unknownMetricMath === undefined) return;
    this.#unknownMathRowCount += 1;
    if (this.#unknownMath.size < MAX_LISTED_COUNT) this.#unknownMath.add(unknownMetricMath);
  }

  #takeBroken(record: BrokenRecord): void {
    if (this.#header === undefined) {
      throw brokenHeaderError(this.#path, record.line, record.reason);
    }
    this.#rowCount += 1;
    const column = record.cellIndex === undefined ? undefined : this.#header.columns[record.cellIndex];
    const swallowed =
      record.endLine > record.line
        ? `; what stands on lines ${record.line + 1} to ${record.endLine} was taken as part of it`
        : '';
    const fault = { column: column ?? WHOLE_ROW, reason: record.reason + swallowed };
    this.#addBadRow({ line: record.line, name: undefined, cells: [record.text], faults: [fault] });
  }

  #addBadRow(row: BadRow): void {
    this.#badRowCount += 1;
    if (row.name === undefined) this.#unusableNameCount += 1;
    for (const fault of row.faults) publish('invalid_row', { line: row.line, ...fault });
    this.#badRows.push(row);
  }

  #publishProgress(): void {
    this.#publishedRowCount = this.#rowCount;
    publish('progress', { phase: 'source', done: this.#rowCount });
  }
}

function isLarge(run: RecordRun): boolean {
  return run.kind === 'whole' && run.bytes.length > LARGE_RUN_BYTES;
}
