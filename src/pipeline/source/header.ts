// The first record of the file -> which column each cell stands in, or every reason why it is no header.

import { KNOWN_MEMBERS, REQUIRED_MEMBERS, type Member } from '../../alarm/alarm.ts';
import { AlarmSyncError } from '../../alarm/errors.ts';
import { printable, shown } from './shown.ts';

const REQUIRED_COLUMNS: readonly string[] = ['name', ...REQUIRED_MEMBERS];
const KNOWN_COLUMNS: readonly string[] = ['name', ...KNOWN_MEMBERS];

/** A misspelling is this close to the column it means, in letters changed, added or left out. */
const MAX_MISSPELT_LETTERS = 3;

export interface Header {
  /** The cells as they stand in the file. */
  readonly cells: readonly string[];
  /** `columns[i]` names the column of a row's i-th cell; undefined for one that is passed over. */
  readonly columns: readonly (string | undefined)[];
  /** The columns but the name, in the fixed order of members. */
  readonly members: readonly Member[];
}

/**
 * Decodes the header cells.
 * @throws {ALARMSYNC_SOURCE_HEADER} naming every missing, repeated and unknown column.
 */
export function decodeHeader(
  path: string,
  line: number,
  cells: readonly string[],
  ignoreColumns: readonly string[],
): Header {
  const columns = cells.map((cell) => (ignoreColumns.includes(cell) ? undefined : cell));
  const present = columns.filter((column) => column !== undefined);
  const missing = REQUIRED_COLUMNS.filter((column) => !present.includes(column));
  const repeated = [...new Set(present.filter((column, index) => present.indexOf(column) !== index))];
  const unknown = [...new Set(present.filter((column) => !KNOWN_COLUMNS.includes(column)))];

  const faults = [
    listed('missing', missing),
    listed(
      'repeated',
      repeated.filter((column) => !unknown.includes(column)),
    ),
    listed('unknown', unknown),
  ].filter((fault) => fault !== '');
  if (faults.length > 0) {
    throw new AlarmSyncError(
      'ALARMSYNC_SOURCE_HEADER',
      `${path}:${line}: expected each of the columns ${REQUIRED_COLUMNS.join(',')} once, and optional ones, got ${faults.join('; ')}`,
      { hint: hintFor(cells, missing, repeated, unknown, ignoreColumns) },
    );
  }
  return { cells, columns, members: KNOWN_MEMBERS.filter((member) => present.includes(member)) };
}

/** The error for a file that has not even a header. */
export function emptyFileError(path: string): AlarmSyncError {
  return new AlarmSyncError(
    'ALARMSYNC_SOURCE_HEADER',
    `${path}:1: expected the header ${REQUIRED_COLUMNS.join(',')}, got an empty file`,
    { hint: 'check how the file was made; a file of no alarms still has its header' },
  );
}

/** The error for a header that cannot be split into cells. */
export function brokenHeaderError(path: string, line: number, reason: string): AlarmSyncError {
  return new AlarmSyncError('ALARMSYNC_SOURCE_HEADER', `${path}:${line}: expected a header: ${reason}`, {
    hint: 'the first record names the columns, separated by commas',
  });
}

function listed(what: string, columns: readonly string[]): string {
  return columns.length === 0 ? '' : `${what}: ${columns.map(shown).join(', ')}`;
}

function hintFor(
  cells: readonly string[],
  missing: readonly string[],
  repeated: readonly string[],
  unknown: readonly string[],
  ignoreColumns: readonly string[],
): string {
  if (cells.length === 1 && /[;\t|]/u.test(cells[0] ?? '')) return 'separate the columns with commas';
  const ignored = missing.filter((column) => ignoreColumns.includes(column));
  if (ignored.length > 0) return `leave ${ignored.join(', ')} out of --ignore-columns: every file needs it`;
  const meant = unknown.flatMap((column) => {
    const nearest = nearestColumn(column);
    return nearest === undefined ? [] : [`${shown(column)} may be meant as ${nearest}`];
  });
  const foreign = unknown.filter((column) => nearestColumn(column) === undefined && !column.includes(','));
  if (foreign.length > 0)
    meant.push(`to pass over columns: --ignore-columns ${foreign.map(printable).join(',')}`);
  if (meant.length > 0) return meant.join('; ');
  if (repeated.length > 0) return 'keep one of the repeated columns';
  return 'add the missing columns to the header and to every row';
}

/** The known column that is most like this one, when one is near enough. */
function nearestColumn(column: string): string | undefined {
  const plain = column
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/gu, '_');
  const [nearest] = KNOWN_COLUMNS.map((known) => ({ known, distance: editDistance(plain, known) })).toSorted(
    (left, right) => left.distance - right.distance,
  );
  if (nearest === undefined) return undefined;
  const limit = Math.min(MAX_MISSPELT_LETTERS, Math.floor(nearest.known.length / 3));
  return nearest.distance <= limit ? nearest.known : undefined;
}

function editDistance(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > MAX_MISSPELT_LETTERS) return Infinity;
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const substituted = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(substituted, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? Infinity;
}
