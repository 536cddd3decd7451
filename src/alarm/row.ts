// The cells of one row -> an alarm definition, or every reason why it is none.

import {
  ALARM_STATES,
  COMPARISON_METHODS,
  KNOWN_MEMBERS,
  MAX_NAME_BYTES,
  nameFault,
  type AlarmDefinition,
  type Member,
} from './alarm.ts';
import { decodeContactCell } from './contact.ts';
import { compareDecimals, decimalDigitCount } from './decimal.ts';
import type { JsonValue } from './json.ts';

/** One reason why a row cannot be used. `column` is `(row)` when the fault is that of the whole record. */
export interface RowFault {
  readonly column: string;
  readonly reason: string;
}

export type DecodedRow =
  | { readonly definition: AlarmDefinition; readonly unknownMetricMath?: string }
  /** `name` is set when the row has a usable one: then that name is protected. */
  | { readonly name: string | undefined; readonly faults: readonly RowFault[] };

const MAX_THRESHOLD_DIGITS = 100;
/** Decimals that need no counting of digits: nearly all. */
const PLAIN_DECIMAL = /^[+-]?\d{1,20}(?:\.\d{0,20})?$/;
const HEX = '[0-9a-fA-F]';
/**
 * A UUID of any version and case, as the inside of a pattern. Each digit is spelt out: counting them takes 0.1 us more of a record
 * that is read in 0.7 us.
 */
export const UUID_PATTERN: string = [8, 4, 4, 4, 12].map((digitCount) => HEX.repeat(digitCount)).join('-');
const UUID = new RegExp(`^${UUID_PATTERN}$`, 'u');
/** As they are usually spelt: a look here saves two patterns. */
const COMMON_METRIC_MATH: ReadonlySet<string> = new Set([
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'median',
  'mode',
]);
/** Words that are known here, in lower case, as the inside of a pattern. */
export const METRIC_MATH_PATTERN: string = String.raw`(?:sum|avg|min|max|count|median|mode|p\d{1,2}(?:\.\d+)?|p100)`;
const KNOWN_METRIC_MATH = new RegExp(`^${METRIC_MATH_PATTERN}$`, 'u');

/** Where a file keeps what: compiled once from its columns. */
interface RowLayout {
  /** The cell of each column by its name. */
  readonly indexOf: ReadonlyMap<string, number>;
  readonly nameIndex: number;
  /** The members that have a column, in their fixed order. */
  readonly members: readonly { readonly member: Member; readonly index: number }[];
}

/** The columns of a file are one array for all its rows. */
const layouts = new WeakMap<readonly (string | undefined)[], RowLayout>();

/**
 * Decodes one record. `columns[i]` names the column of `cells[i]`, or is undefined for one passed over.
 * Shape: members in their fixed order, cells verbatim; an empty optional cell leaves its member out.
 */
export function decodeRow(columns: readonly (string | undefined)[], cells: readonly string[]): DecodedRow {
  if (cells.length !== columns.length) {
    const reason = `expected ${columns.length} cells, got ${cells.length}`;
    return { name: undefined, faults: [{ column: '(row)', reason }] };
  }
  let layout = layouts.get(columns);
  if (layout === undefined) {
    layout = layoutOf(columns);
    layouts.set(columns, layout);
  }
  return decodeCells({ layout, cells });
}

function layoutOf(columns: readonly (string | undefined)[]): RowLayout {
  const indexOf = new Map<string, number>();
  columns.forEach((column, index) => {
    if (column !== undefined) indexOf.set(column, index);
  });
  const members = KNOWN_MEMBERS.flatMap((member) => {
    const index = indexOf.get(member);
    return index === undefined ? [] : [{ member, index }];
  });
  return { indexOf, nameIndex: indexOf.get('name') ?? -1, members };
}

interface Row {
  readonly layout: RowLayout;
  readonly cells: readonly string[];
}

function decodeCells(row: Row): DecodedRow {
  const { layout, cells } = row;
  const name = cells[layout.nameIndex] ?? '';
  const wrongName = nameFault(name);
  const faults: RowFault[] = wrongName === undefined ? [] : [{ column: 'name', reason: wrongName }];
  const params: Record<string, JsonValue> = {};
  for (const { member, index } of layout.members) {
    const cell = cells[index] ?? '';
    const reason = member === 'contact' ? putContacts(params, cell) : cellFault(member, cell, row);
    if (reason !== undefined) faults.push({ column: member, reason });
    else if (member !== 'contact' && cell !== '') params[member] = cell;
  }
  if (faults.length > 0) return { name: wrongName === undefined ? name : undefined, faults };
  const definition = { name, params };
  const word = unknownMetricMath(cellOf(row, 'metric_math'));
  return word === undefined ? { definition } : { definition, unknownMetricMath: word };
}

function putContacts(params: Record<string, JsonValue>, cell: string): string | undefined {
  const decoded = decodeContactCell(cell);
  if ('reason' in decoded) return decoded.reason;
  params['contact'] = decoded.contacts;
  return undefined;
}

function unknownMetricMath(cell: string): string | undefined {
  if (COMMON_METRIC_MATH.has(cell)) return undefined;
  const word = cell.trim().toLowerCase();
  return KNOWN_METRIC_MATH.test(word) ? undefined : word;
}

function cellOf({ layout, cells }: Row, column: string): string {
  return cells[layout.indexOf.get(column) ?? -1] ?? '';
}

function cellFault(member: Exclude<Member, 'contact'>, cell: string, row: Row): string | undefined {
  switch (member) {
    case 'threshold':
      return decimalFault(cell);
    case 'metric_name':
      return metricNameFault(cell);
    case 'comparison_method':
      return wordFault(cell.trim().toLowerCase(), COMPARISON_METHODS, cell);
    case 'alarm_state':
      return wordFault(cell, ALARM_STATES, cell);
    case 'tracking_metric_id':
      return UUID.test(cell) ? undefined : `expected a UUID (8-4-4-4-12 hexadecimal), got ${shown(cell)}`;
    case 'metric_math':
      return metricMathFault(cell);
    case 'warning_threshold':
      return cell === '' ? undefined : warningThresholdFault(cell, row);
    case 'no_data_minutes':
      return cell === '' ? undefined : noDataMinutesFault(cell);
    case 'evaluation_window':
      return cell === '' ? undefined : evaluationWindowFault(cell);
    case 'message_alert':
    case 'message_warning':
    case 'message_no_data':
    case 'query_scope':
      return undefined;
  }
}

function wordFault(word: string, words: readonly string[], cell: string): string | undefined {
  return words.includes(word) ? undefined : `expected one of ${words.join(', ')}, got ${shown(cell)}`;
}

function decimalFault(cell: string): string | undefined {
  if (PLAIN_DECIMAL.test(cell)) return undefined;
  const digits = decimalDigitCount(cell);
  if (digits === undefined) return `expected a decimal number, got ${shown(cell)}`;
  if (digits > MAX_THRESHOLD_DIGITS) return `expected at most ${MAX_THRESHOLD_DIGITS} digits, got ${digits}`;
  return undefined;
}

function metricNameFault(cell: string): string | undefined {
  // No character takes more than three bytes a UTF-16 unit.
  if (cell !== '' && cell.length * 3 <= MAX_NAME_BYTES) return undefined;
  const bytes = Buffer.byteLength(cell);
  if (bytes === 0) return 'expected a metric name, got an empty cell';
  return bytes > MAX_NAME_BYTES ? `expected at most ${MAX_NAME_BYTES} bytes, got ${bytes}` : undefined;
}

function metricMathFault(cell: string): string | undefined {
  if (COMMON_METRIC_MATH.has(cell)) return undefined;
  if (/^[a-z][a-z0-9._]*$/u.test(cell.trim().toLowerCase())) return undefined;
  return `expected a word such as sum, avg, max or p99, got ${shown(cell)}`;
}

function noDataMinutesFault(cell: string): string | undefined {
  return /^0*[1-9]\d{0,8}$/u.test(cell)
    ? undefined
    : `expected a whole number of minutes from 1, got ${shown(cell)}`;
}

function evaluationWindowFault(cell: string): string | undefined {
  return /^[1-9]\d{0,5}[smhdw]$/u.test(cell)
    ? undefined
    : `expected a duration such as 5m or 1h, got ${shown(cell)}`;
}

function warningThresholdFault(cell: string, row: Row): string | undefined {
  const fault = decimalFault(cell);
  if (fault !== undefined) return fault;
  const method = cellOf(row, 'comparison_method').trim().toLowerCase();
  if (method === 'eq' || method === 'neq')
    return `expected no warning threshold where the comparison is ${method}`;
  const threshold = cellOf(row, 'threshold');
  const order = compareDecimals(cell, threshold);
  if (order === undefined) return undefined; // the threshold's own fault is enough
  const isSafe = method.startsWith('g') ? order < 0 : order > 0;
  if (isSafe) return undefined;
  return `expected a number ${method.startsWith('g') ? 'below' : 'above'} the threshold ${shown(threshold)}, got ${shown(cell)}`;
}

/** A cell as an error shows it: quoted, escaped, and cut to a length that fits a line. */
function shown(cell: string): string {
  return JSON.stringify(cell.length > 60 ? `${cell.slice(0, 60)}…` : cell);
}
