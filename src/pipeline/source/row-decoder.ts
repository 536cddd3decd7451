// Records of the file -> rows as they are staged, and the bad ones with every reason.

import { paramsText } from '../../alarm/params-text.ts';
import { decodeRow } from '../../alarm/row.ts';
import type { FitDefinition } from '../../services/alarm-service.ts';
import type { BadRow, DesiredRow } from '../../store/desired-staging.ts';
import { readRecords } from './csv-records.ts';
import { PlainRows } from './plain-rows.ts';
import type { WholeRecords } from './record-splitter.ts';

/** Names are parts of their run's text, and keep it in memory as long as they wait to be inserted. */
const LARGE_RUN_BYTES = 256 * 1024;

/** What some records came to, each list in the order of the file. */
export interface DecodedRows {
  readonly kind: 'rows';
  readonly rows: readonly DesiredRow[];
  readonly badRows: readonly BadRow[];
  /** The word of each good row whose metric_math is not known here. */
  readonly unknownMetricMath: readonly string[];
  /** Records that were taken apart cell by cell, which takes longer than reading them by one pattern. */
  readonly slowCount: number;
  /** The rows keep much memory as long as they wait to be inserted. */
  readonly isLarge: boolean;
}

/** Decodes the records below one header. Keeps nothing of them. */
export class RowDecoder {
  readonly #columns: readonly (string | undefined)[];
  /** Undefined where the service holds every good row as it is. */
  readonly #fit: FitDefinition | undefined;
  readonly #plainRows: PlainRows | undefined;

  /** @param columns as of a header */
  constructor(columns: readonly (string | undefined)[], fit: FitDefinition | undefined) {
    this.#columns = columns;
    this.#fit = fit;
    if (fit === undefined) this.#plainRows = new PlainRows(columns);
  }

  /**
   * @param skipCount how many records to pass over: 1 where the first is the header
   * @throws {ALARMSYNC_UNEXPECTED} as readRecords.
   */
  decode(run: WholeRecords, skipCount = 0): DecodedRows {
    const rows: DesiredRow[] = [];
    const badRows: BadRow[] = [];
    const unknownMetricMath: string[] = [];
    let slowCount = 0;
    const records = readRecords(run, this.#plainRows);
    for (const record of skipCount === 0 ? records : records.slice(skipCount)) {
      if ('body' in record) {
        rows.push(record);
        continue;
      }
      slowCount += 1;
      const { line, cells } = record;
      const plain = this.#plainRows?.readCells(cells, line);
      if (plain !== undefined) {
        rows.push(plain);
        continue;
      }
      const decoded = decodeRow(this.#columns, cells);
      if ('faults' in decoded) {
        badRows.push({ line, name: decoded.name, cells, faults: decoded.faults });
        continue;
      }
      const fitted = this.#fit?.(decoded.definition) ?? decoded;
      if ('faults' in fitted) {
        badRows.push({ line, name: decoded.definition.name, cells, faults: fitted.faults });
        continue;
      }
      const { name, params } = fitted.definition;
      rows.push({ name, line, body: paramsText(params) });
      if (decoded.unknownMetricMath !== undefined) unknownMetricMath.push(decoded.unknownMetricMath);
    }
    const isLarge = run.bytes.length > LARGE_RUN_BYTES;
    return { kind: 'rows', rows, badRows, unknownMetricMath, slowCount, isLarge };
  }
}
