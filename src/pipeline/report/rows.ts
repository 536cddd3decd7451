// Alarms and rejected rows -> rows of the input file's format, ready to be mended or synced again.

import {
  KNOWN_MEMBERS,
  OPTIONAL_MEMBERS,
  REQUIRED_MEMBERS,
  type AlarmDefinition,
} from '../../alarm/alarm.ts';
import { decodeContactCell, isStringArray } from '../../alarm/contact.ts';
import { isJsonObject, parseJson, type JsonValue } from '../../alarm/json.ts';
import { meaningText, memberOf } from '../../alarm/meaning.ts';
import { decodeRow } from '../../alarm/row.ts';
import type { BadRow } from '../../store/desired-staging.ts';
import type { Operation } from '../../store/operation.ts';
import { csvLine } from './csv.ts';
import { memberText } from './operations.ts';

/** The bad rows as they stood, with every reason in a column `_error`. */
export function* rejectsCsv(columns: readonly string[], rows: Iterable<BadRow>): Generator<string> {
  yield csvLine([...columns, '_error']);
  for (const row of rows) {
    const reasons = row.faults.map(({ column, reason }) => `${column}: ${reason}`);
    yield csvLine([...row.cells, reasons.join('; ')]);
  }
}

/** The rows of creates and updates that failed, with what failed in a column `_error`. */
export function* failedRowsCsv(
  operations: Iterable<Operation>,
  managedMembers: readonly string[],
): Generator<string> {
  const members = KNOWN_MEMBERS.filter((member) => managedMembers.includes(member));
  yield csvLine(['name', ...members, '_error']);
  for (const operation of operations) {
    const params = parseJson(operation.afterParams ?? 'null');
    if (!isJsonObject(params)) continue;
    const cells = members.map((member) => cellOf(member, memberOf(params, member)));
    yield csvLine([operation.name, ...cells, operation.failureMessage ?? operation.state]);
  }
}

/** The columns of an export: the required ones, and those optional ones that some alarm has. */
export function exportColumns(presentMembers: ReadonlySet<string>): readonly string[] {
  return ['name', ...REQUIRED_MEMBERS, ...OPTIONAL_MEMBERS.filter((member) => presentMembers.has(member))];
}

/**
 * An alarm of the service as a row of the input file, `in_alarm` written as `active`.
 * `isFaithful` is false when the row does not say what the alarm says: then it is a bad row, or means something else.
 */
export function exportRow(
  alarm: AlarmDefinition,
  columns: readonly string[],
): { readonly line: string; readonly isFaithful: boolean } {
  const members = columns.slice(1);
  const cells = members.map((member) => exportCell(member, alarm));
  const decoded = decodeRow(columns, [alarm.name, ...cells]);
  const isFaithful =
    'definition' in decoded &&
    meaningText(decoded.definition.params, members, 'meaning') ===
      meaningText(alarm.params, members, 'meaning');
  return { line: csvLine([alarm.name, ...cells]), isFaithful };
}

function exportCell(member: string, alarm: AlarmDefinition): string {
  const value = memberOf(alarm.params, member);
  if (member === 'alarm_state' && value === 'in_alarm') return 'active';
  return cellOf(member, value);
}

/** A member as the file writes it. */
function cellOf(member: string, value: JsonValue | undefined): string {
  const text = memberText(value);
  if (member !== 'contact' || !isStringArray(value)) return text;
  // A contact may hold a semicolon or begin with a bracket: then only the JSON form says what is meant.
  const decoded = decodeContactCell(text);
  const isPlain = 'contacts' in decoded && JSON.stringify(decoded.contacts) === JSON.stringify(value);
  return isPlain ? text : JSON.stringify(value);
}
