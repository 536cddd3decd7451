// Runs of well-quoted records -> their cells.
//
// csv-parse is the parser of record. A record on one line needs little of it: its cells stand between separators, and a
// quoted one loses its quotes and has the doubled ones undone, which takes 0.4 s a million records where csv-parse takes 4.5 s. A record that goes over several lines is
// csv-parse's own. That both make the same of a record is tested on odd and random files.

import { parse } from 'csv-parse/sync';

import { AlarmSyncError } from '../../alarm/errors.ts';
import type { WholeRecords } from './record-splitter.ts';

/** One record: where it starts, and its cells with quoting undone. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Reads the cells of each record.
 * @throws {ALARMSYNC_UNEXPECTED} when csv-parse sees other records than the splitter: no row may be lost between the two.
 */
export function readCells(run: WholeRecords): readonly CsvRecord[] {
  const textLines = run.bytes.toString().split('\n');
  const records: CsvRecord[] = [];
  /** Places in `records` that csv-parse fills. */
  const longIndexes: number[] = [];
  let longText = '';
  for (const [index, line] of run.lines.entries()) {
    const start = line - run.firstLine;
    const cells = cellsOfLine(textLines, start);
    records.push({ line, cells: cells ?? [] });
    if (cells !== undefined) continue;
    const end = (run.lines[index + 1] ?? run.firstLine + textLines.length) - run.firstLine;
    longIndexes.push(index);
    // What follows the last line end, if anything, has none of its own: a CR there belongs to the cell.
    longText += textLines.slice(start, end).join('\n') + (end < textLines.length ? '\n' : '');
  }
  if (longIndexes.length > 0) fillLong(records, longIndexes, longText);
  return records;
}

function fillLong(records: CsvRecord[], indexes: readonly number[], text: string): void {
  const parsed = parseRecords(text);
  for (const [number, index] of indexes.entries()) {
    const cells = parsed[number];
    const record = records[index];
    if (record !== undefined && cells !== undefined) records[index] = { line: record.line, cells };
  }
  if (parsed.length === indexes.length) return;
  throw new AlarmSyncError(
    'ALARMSYNC_UNEXPECTED',
    `expected ${indexes.length} records over several lines, csv-parse found ${parsed.length}`,
  );
}

/** The cells of the record that starts with that line and ends with it; undefined when it goes on in the next. */
function cellsOfLine(textLines: readonly string[], index: number): readonly string[] | undefined {
  const line = textLines[index] ?? '';
  const isEnded = index < textLines.length - 1;
  const text = isEnded && line.endsWith('\r') ? line.slice(0, -1) : line;
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

function parseRecords(text: string): readonly string[][] {
  return parse(text, {
    bom: false,
    record_delimiter: ['\n', '\r\n'],
    relax_column_count: true,
    skip_empty_lines: true,
  });
}
