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
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/iu;
const KNOWN_METRIC_MATH = /^(?:sum|avg|min|max|count|median|mode|p\d{1,2}(?:\.\d+)?|p100)$/u;

/**
 * Decodes one record. `columns[i]` names the column of `cells[i]`, or is undefined for one passed over.
 * Shape: members in their fixed order, cells verbatim; an empty optional cell leaves its member out.
 */
export function decodeRow(columns: readonly (string | undefined)[], cells: readonly string[]): DecodedRow {
  if (cells.length !== columns.length) {
    const reason = `expected ${columns.length} cells, got ${cells.length}`;
    return { name: undefined, faults: [{ column: '(row)', reason }] };
  }
  const row = new Map<string, string>();
  columns.forEach((column, index) => {
    if (column !== undefined) row.set(column, cells[index] ?? '');
  });
  return decodeCells(row);
}

function decodeCells(row: ReadonlyMap<string, string>): DecodedRow {
  const name = row.get('name') ?? '';
  const faults: RowFault[] = [];
  const wrongName = nameFault(name);
  if (wrongName !== undefined) faults.push({ column: 'name', reason: wrongName });

  const params: [string, JsonValue][] = [];
  for (const member of KNOWN_MEMBERS) {
    const cell = row.get(member);
    if (cell === undefined) continue;
    const decoded = decodeCell(member, cell, row);
    if ('reason' in decoded) faults.push({ column: member, reason: decoded.reason });
    else if (decoded.value !== undefined) params.push([member, decoded.value]);
  }
  if (faults.length > 0) return { name: wrongName === undefined ? name : undefined, faults };

  const definition = { name, params: Object.fromEntries(params) };
  const metricMath = row.get('metric_math')?.trim().toLowerCase() ?? '';
  return KNOWN_METRIC_MATH.test(metricMath) ? { definition } : { definition, unknownMetricMath: metricMath };
}

type DecodedCell = { readonly value: JsonValue | undefined } | { readonly reason: string };

function decodeCell(member: Member, cell: string, row: ReadonlyMap<string, string>): DecodedCell {
  switch (member) {
    case 'threshold':
      return accept(cell, decimalFault(cell));
    case 'metric_name':
      return accept(cell, metricNameFault(cell));
    case 'comparison_method':
      return accept(cell, wordFault(cell.trim().toLowerCase(), COMPARISON_METHODS, cell));
    case 'alarm_state':
      return accept(cell, wordFault(cell, ALARM_STATES, cell));
    case 'tracking_metric_id':
      return accept(
        cell,
        UUID.test(cell) ? undefined : `expected a UUID (8-4-4-4-12 hexadecimal), got ${shown(cell)}`,
      );
    case 'contact': {
      const decoded = decodeContactCell(cell);
      return 'reason' in decoded ? decoded : { value: decoded.contacts };
    }
    case 'metric_math':
      return accept(cell, metricMathFault(cell));
    case 'warning_threshold':
      return cell === '' ? { value: undefined } : accept(cell, warningThresholdFault(cell, row));
    case 'no_data_minutes':
      return cell === '' ? { value: undefined } : accept(cell, noDataMinutesFault(cell));
    case 'evaluation_window':
      return cell === '' ? { value: undefined } : accept(cell, evaluationWindowFault(cell));
    case 'message_alert':
    case 'message_warning':
    case 'message_no_data':
    case 'query_scope':
      return { value: cell === '' ? undefined : cell };
  }
}

function accept(cell: string, reason: string | undefined): DecodedCell {
  return reason === undefined ? { value: cell } : { reason };
}

function wordFault(word: string, words: readonly string[], cell: string): string | undefined {
  return words.includes(word) ? undefined : `expected one of ${words.join(', ')}, got ${shown(cell)}`;
}

function decimalFault(cell: string): string | undefined {
  const digits = decimalDigitCount(cell);
  if (digits === undefined) return `expected a decimal number, got ${shown(cell)}`;
  if (digits > MAX_THRESHOLD_DIGITS) return `expected at most ${MAX_THRESHOLD_DIGITS} digits, got ${digits}`;
  return undefined;
}

function metricNameFault(cell: string): string | undefined {
  const bytes = Buffer.byteLength(cell);
  if (bytes === 0) return 'expected a metric name, got an empty cell';
  return bytes > MAX_NAME_BYTES ? `expected at most ${MAX_NAME_BYTES} bytes, got ${bytes}` : undefined;
}

function metricMathFault(cell: string): string | undefined {
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

function warningThresholdFault(cell: string, row: ReadonlyMap<string, string>): string | undefined {
  const fault = decimalFault(cell);
  if (fault !== undefined) return fault;
  const method = row.get('comparison_method')?.trim().toLowerCase() ?? '';
  if (method === 'eq' || method === 'neq')
    return `expected no warning threshold where the comparison is ${method}`;
  const threshold = row.get('threshold') ?? '';
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
