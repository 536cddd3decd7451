// A record as most files write it, or its cells -> its staged row, read and checked by one pattern.
//
// A row that the pattern takes is a good one, and is staged as `decodeRow` and `paramsText` would have it staged; that is tested on
// odd and random rows. Any other row is theirs: one with a fault, with an optional cell, with anything to escape or to warn of.
// Measured on a million rows: the whole reading of a file takes 4.0 s, where cells, checks and text one after the other took 7.3 s; that of
// a file whose cells csv-parse finds takes 9.6 s so, 10.2 s cell by cell.

import {
  ALARM_STATES,
  COMPARISON_METHODS,
  MAX_NAME_BYTES,
  type Member,
  type REQUIRED_MEMBERS,
} from '../../alarm/alarm.ts';
import { plainParamsText } from '../../alarm/params-text.ts';
import { METRIC_MATH_PATTERN, UUID_PATTERN } from '../../alarm/row.ts';
import type { DesiredRow } from '../../store/desired-staging.ts';

/** ASCII without separator, quote and backslash. */
const PLAIN = String.raw`[ !#-+\--\[\]-~]`;
const CONTACT = String.raw`(?:[\w.+-]+@[\w.-]+|(?:ldap|posix|ticket):[\w.+-]+)`;
const CONTACT_LIST = `${CONTACT}(?:;${CONTACT})*`;
const BLANKS = String.raw`[ \t\r\n]*`;
/** None, some split by semicolons, or a quoted JSON array. */
const CONTACTS = `(?:${CONTACT_LIST}|"\\[""${CONTACT}""(?:,""${CONTACT}"")*\\]")?`;
/** The same where the cell's quoting is undone. */
const CONTACTS_OF_CELL = `(?:${CONTACT_LIST}|\\[${BLANKS}"${CONTACT}"(?:${BLANKS},${BLANKS}"${CONTACT}")*${BLANKS}\\])?`;

/**
 * What a cell of each required column may be, but for the lengths of names, which `hasFittingLengths` looks at: a pattern that counts
 * what it repeats takes longer. Measured on plain records: 0.86 us each with `{3,1024}` and `{1,1024}`, 0.72 us with `+`.
 */
const CELLS: Readonly<Record<'name' | (typeof REQUIRED_MEMBERS)[number], string>> = {
  name: `${PLAIN}+`,
  threshold: String.raw`[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,4})?`,
  metric_name: `${PLAIN}+`,
  comparison_method: `(?:${COMPARISON_METHODS.map(inAnyCase).join('|')})`,
  alarm_state: `(?:${ALARM_STATES.join('|')})`,
  tracking_metric_id: UUID_PATTERN,
  contact: CONTACTS,
  metric_math: METRIC_MATH_PATTERN,
};

const NAME_CELL = new RegExp(`^${CELLS.name}$`, 'u');
const CONTACT_CELL = new RegExp(`^${CONTACTS_OF_CELL}$`, 'u');
/** A text of `plainParamsText`, of which the contacts were looked at already. */
const CHECKED_TEXT = new RegExp(
  `^${plainParamsText(CELLS.threshold, CELLS.metric_name, CELLS.comparison_method, CELLS.alarm_state, CELLS.tracking_metric_id, String.raw`[^\x07]*`, CELLS.metric_math)}$`,
  'u',
);

/** Where each of them stands in a row; from 0. */
type Places = Readonly<Record<keyof typeof CELLS, number>>;

/** Reads rows of one file. */
export class PlainRows {
  readonly #columnCount: number;
  readonly #placeOf: Places;
  readonly #optionalPlaces: readonly number[];
  readonly #pattern: RegExp;

  /** @param columns as of a header: each required one once, undefined for one that is passed over */
  constructor(columns: readonly (string | undefined)[]) {
    this.#columnCount = columns.length;
    const placeOf = (column: 'name' | Member): number => columns.indexOf(column);
    this.#placeOf = {
      name: placeOf('name'),
      threshold: placeOf('threshold'),
      metric_name: placeOf('metric_name'),
      comparison_method: placeOf('comparison_method'),
      alarm_state: placeOf('alarm_state'),
      tracking_metric_id: placeOf('tracking_metric_id'),
      contact: placeOf('contact'),
      metric_math: placeOf('metric_math'),
    };
    this.#optionalPlaces = columns.flatMap((column, place) =>
      column === undefined || isRequired(column) ? [] : [place],
    );
    this.#pattern = new RegExp(`${columns.map((column) => `(${cellPattern(column)})`).join(',')}\r?\n`, 'uy');
  }

  /** Where the row ends that `read` gave last, its line end included. */
  get endAt(): number {
    return this.#pattern.lastIndex;
  }

  /** The row that starts at `at`, on that line of the file; undefined when it is not one of these. */
  read(text: string, at: number, line: number): DesiredRow | undefined {
    this.#pattern.lastIndex = at;
    const found = this.#pattern.exec(text);
    if (found === null) return undefined;
    const placeOf = this.#placeOf;
    const name = found[placeOf.name + 1] ?? '';
    const metricName = found[placeOf.metric_name + 1] ?? '';
    if (!hasFittingLengths(name, metricName)) return undefined;
    const body = plainParamsText(
      found[placeOf.threshold + 1] ?? '',
      metricName,
      found[placeOf.comparison_method + 1] ?? '',
      found[placeOf.alarm_state + 1] ?? '',
      found[placeOf.tracking_metric_id + 1] ?? '',
      contactsText(found[placeOf.contact + 1] ?? ''),
      found[placeOf.metric_math + 1] ?? '',
    );
    return { name, line, body };
  }

  /** The row that has these cells, their quoting undone; undefined when it is not one of these. */
  readCells(cells: readonly string[], line: number): DesiredRow | undefined {
    if (cells.length !== this.#columnCount) return undefined;
    if (this.#optionalPlaces.some((place) => cells[place] !== '')) return undefined;
    const placeOf = this.#placeOf;
    const name = cellOf(cells, placeOf.name);
    const metricName = cellOf(cells, placeOf.metric_name);
    const contact = cellOf(cells, placeOf.contact);
    if (!hasFittingLengths(name, metricName)) return undefined;
    if (!NAME_CELL.test(name) || !CONTACT_CELL.test(contact)) return undefined;
    const body = plainParamsText(
      cellOf(cells, placeOf.threshold),
      metricName,
      cellOf(cells, placeOf.comparison_method),
      cellOf(cells, placeOf.alarm_state),
      cellOf(cells, placeOf.tracking_metric_id),
      contactsTextOfCell(contact),
      cellOf(cells, placeOf.metric_math),
    );
    return CHECKED_TEXT.test(body) ? { name, line, body } : undefined;
  }
}

function cellOf(cells: readonly string[], place: number): string {
  return cells[place] ?? '';
}

/** Of ASCII, so that characters are bytes. Three of a name keep `.` and `..` out. */
function hasFittingLengths(name: string, metricName: string): boolean {
  return name.length >= 3 && name.length <= MAX_NAME_BYTES && metricName.length <= MAX_NAME_BYTES;
}

function inAnyCase(word: string): string {
  return word.replaceAll(/[a-z]/gu, (letter) => `[${letter}${letter.toUpperCase()}]`);
}

/** An optional cell that is not empty is not for this pattern. */
function cellPattern(column: string | undefined): string {
  if (column === undefined) return `${PLAIN}*`;
  return isRequired(column) ? CELLS[column] : '';
}

function isRequired(column: string): column is keyof typeof CELLS {
  return Object.hasOwn(CELLS, column);
}

/** The inside of the JSON array that the cell stands for. */
function contactsText(cell: string): string {
  return cell.startsWith('"') ? cell.slice(2, -2).replaceAll('""', '"') : listText(cell);
}

function contactsTextOfCell(cell: string): string {
  // No contact that the pattern takes holds a bracket or a blank.
  return cell.startsWith('[') ? cell.replaceAll(/[[\] \t\r\n]+/gu, '') : listText(cell);
}

function listText(cell: string): string {
  if (cell === '') return '';
  return cell.includes(';') ? `"${cell.replaceAll(';', '","')}"` : `"${cell}"`;
}
