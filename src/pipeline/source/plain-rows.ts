// A record as most files write it -> its staged row, read and checked by one pattern.
//
// A row that the pattern takes is a good one, and is staged as `decodeRow` and `paramsText` would have it staged; that is tested on
// odd and random rows. Any other row is theirs: one with a fault, with an optional cell, with anything to escape or to warn of.
// Measured on a million rows: the whole reading of a file takes 4.0 s, where cells, checks and text one after the other took 7.3 s.

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
/** None, some split by semicolons, or a quoted JSON array. */
const CONTACTS = `(?:${CONTACT}(?:;${CONTACT})*|"\\[""${CONTACT}""(?:,""${CONTACT}"")*\\]")?`;

/** What a cell of each required column may be. Three characters of a name keep `.` and `..` out. */
const CELLS: Readonly<Record<'name' | (typeof REQUIRED_MEMBERS)[number], string>> = {
  name: `${PLAIN}{3,${MAX_NAME_BYTES}}`,
  threshold: String.raw`[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,4})?`,
  metric_name: `${PLAIN}{1,${MAX_NAME_BYTES}}`,
  comparison_method: `(?:${COMPARISON_METHODS.map(inAnyCase).join('|')})`,
  alarm_state: `(?:${ALARM_STATES.join('|')})`,
  tracking_metric_id: UUID_PATTERN,
  contact: CONTACTS,
  metric_math: METRIC_MATH_PATTERN,
};

/** Reads rows of one file out of its text. */
export class PlainRows {
  readonly #pattern: RegExp;
  /** The group of the pattern in which each column's cell stands. */
  readonly #groupOf: Readonly<Record<keyof typeof CELLS, number>>;

  /** @param columns as of a header: each required one once, undefined for one that is passed over */
  constructor(columns: readonly (string | undefined)[]) {
    this.#pattern = new RegExp(`${columns.map((column) => `(${cellPattern(column)})`).join(',')}\r?\n`, 'uy');
    const groupOf = (column: 'name' | Member): number => columns.indexOf(column) + 1;
    this.#groupOf = {
      name: groupOf('name'),
      threshold: groupOf('threshold'),
      metric_name: groupOf('metric_name'),
      comparison_method: groupOf('comparison_method'),
      alarm_state: groupOf('alarm_state'),
      tracking_metric_id: groupOf('tracking_metric_id'),
      contact: groupOf('contact'),
      metric_math: groupOf('metric_math'),
    };
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
    const groupOf = this.#groupOf;
    const body = plainParamsText(
      found[groupOf.threshold] ?? '',
      found[groupOf.metric_name] ?? '',
      found[groupOf.comparison_method] ?? '',
      found[groupOf.alarm_state] ?? '',
      found[groupOf.tracking_metric_id] ?? '',
      contactsText(found[groupOf.contact] ?? ''),
      found[groupOf.metric_math] ?? '',
    );
    return { name: found[groupOf.name] ?? '', line, body };
  }
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
  if (cell === '') return '';
  if (cell.startsWith('"')) return cell.slice(2, -2).replaceAll('""', '"');
  return cell.includes(';') ? `"${cell.replaceAll(';', '","')}"` : `"${cell}"`;
}
