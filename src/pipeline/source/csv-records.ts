// Runs of well-quoted records -> their cells.
//
// csv-parse is the parser of record. A reader may take records that it knows; of the others, one on one line needs little of it: its cells stand between separators, and a
// quoted one loses its quotes and has the doubled ones undone, which takes 0.4 s a million records where csv-parse takes 4.5 s. A record that goes over several lines is
// csv-parse's own. That both make the same of a record is tested on odd and random files.

import { isAscii } from 'node:buffer';

import { parse } from 'csv-parse/sync';

import { AlarmSyncError } from '../../alarm/errors.ts';
import type { WholeRecords } from './record-splitter.ts';

/** One record: where it starts, and its cells with quoting undone. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** The cells of each record. @throws {ALARMSYNC_UNEXPECTED} as readRecords. */
export function readCells(run: WholeRecords): readonly CsvRecord[] {
  return readRecords<never>(run);
}

/** What takes records that it knows by themselves. */
interface RowReader<Row> {
  /** The record that starts there; undefined when it is not for this reader. */
  read(text: string, at: number, line: number): Row | undefined;
  /** Where the record ends that was read last. */
  readonly endAt: number;
}

/**
 * What the reader makes of each record, or else its cells; in their order.
 * @throws {ALARMSYNC_UNEXPECTED} when csv-parse sees other records than the splitter: no row may be lost between the two.
 */
export function readRecords<Row>(run: WholeRecords, reader?: RowReader<Row>): readonly (CsvRecord | Row)[] {
  const encoding = isAscii(run.bytes) ? 'latin1' : 'utf8';
  const text = run.bytes.toString(encoding);
  const records: (CsvRecord | Row)[] = [];
  /** Places in `records` that csv-parse fills. */
  const longIndexes: number[] = [];
  let longText = '';
  let at = 0;
  let lineAt = run.firstLine;
  const skipTo = (line: number): void => {
    for (; lineAt < line && at < text.length; lineAt += 1) at = lineEndOf(text, at);
  };
  for (const [index, line] of run.lines.entries()) {
    skipTo(line); // over blank lines
    const start = at;
    const nextLine = run.lines[index + 1];
    // Of the others nearly all go over several lines: looking at them first took a tenth of the reading of a million.
    if (nextLine === undefined || nextLine === line + 1 || isBlankAt(text, lineEndOf(text, at))) {
      const row = reader?.read(text, at, line);
      if (reader !== undefined && row !== undefined) {
        records.push(row);
        at = reader.endAt;
        lineAt += 1;
        continue;
      }
      skipTo(line + 1);
      const cells = cellsOfLine(text.slice(start, at));
      if (cells !== undefined) {
        records.push({ line, cells });
        continue;
      }
    }
    skipTo(nextLine ?? Infinity);
    longIndexes.push(records.length);
    records.push({ line, cells: [] });
    longText += text.slice(start, at);
  }
  if (longIndexes.length > 0) fillLong(records, longIndexes, run.lines, parseRecords(longText, encoding));
  return records;
}

/** Where the line that starts at `at` ends, its line end included. */
function lineEndOf(text: string, at: number): number {
  const lineFeed = text.indexOf('\n', at);
  return lineFeed < 0 ? text.length : lineFeed + 1;
}

/** True when the line that starts at `at` is blank: in a target's part of a file nearly every record is followed by one. */
function isBlankAt(text: string, at: number): boolean {
  return text[at] === '\n' || (text[at] === '\r' && text[at + 1] === '\n');
}

function fillLong(
  records: unknown[],
  indexes: readonly number[],
  lines: readonly number[],
  parsed: readonly (readonly string[])[],
): void {
  for (const [number, index] of indexes.entries()) {
    records[index] = { line: lines[index], cells: parsed[number] };
  }
  if (parsed.length === indexes.length) return;
  throw new AlarmSyncError(
    'ALARMSYNC_UNEXPECTED',
    `expected ${indexes.length} records over several lines, csv-parse found ${parsed.length}`,
  );
}

/** The cells of the record that starts with that line and ends with it; undefined when it goes on in the next. */
function cellsOfLine(line: string): readonly string[] | undefined {
  // A last line has no line end of its own: a CR there belongs to the cell.
  const text = line.endsWith('\n') ? line.slice(0, line.endsWith('\r\n') ? -2 : -1) : line;
  return text.includes('"') ? quotedCells(text) : text.split(',');
}

function quotedCells(text: string): readonly string[] | undefined {
  const cells: string[] = [];
  for (let at = 0; ;) {
    if (text[at] === '"') {
      const end = closingQuoteOf(text, at);
      if (end < 0) return undefined;
      cells.push(text.slice(at + 1, end).replaceAll('""', '"'));
      if (end + 1 === text.length) return cells;
      if (text[end + 1] !== ',') return undefined;
      at = end + 2;
    } else {
      const end = text.indexOf(',', at);
      if (end < 0) return [...cells, text.slice(at)];
      cells.push(text.slice(at, end));
      at = end + 1;
    }
  }
}

/** Where the quote stands that closes the cell opened at `at`; -1 when there is none in this line. */
function closingQuoteOf(text: string, at: number): number {
  let end = text.indexOf('"', at + 1);
  while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  return end;
}

/** Measured on the whole reading of a million records of two lines: 9.5 s with UTF-8, 8.6 s with what is ASCII as latin1. Looking for two line ends costs csv-parse a twentieth more. */
function parseRecords(text: string, encoding: 'latin1' | 'utf8'): readonly string[][] {
  return parse(Buffer.from(text, encoding), {
    bom: false,
    encoding,
    record_delimiter: text.includes('\r') ? ['\n', '\r\n'] : '\n',
    relax_column_count: true,
    skip_empty_lines: true,
  });
}
