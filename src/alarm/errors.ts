// Every error the product raises on purpose: one class; its codes stand in error-codes.ts.

import { ERROR_CODES, type Disposition, type ErrorCode } from './error-codes.ts';

export { ERROR_CODES, type Disposition, type ErrorCode } from './error-codes.ts';

/** Closed set used in events, the ledger and exports. */
export type FailureClass =
  | 'http_4xx_403'
  | 'http_4xx_404'
  | 'http_4xx_409'
  | 'http_4xx_429'
  | 'http_4xx_other'
  | 'http_5xx'
  | 'timeout'
  | 'connection'
  | 'malformed'
  | 'other';

export interface ErrorDetails {
  readonly cause?: unknown;
  /** What to do next, when known; shown on a line of its own. */
  readonly hint?: string;
  /** How long the service asked everyone to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** HTTP status of the answer, where there was one. */
  readonly status?: number;
  readonly failureClass?: FailureClass;
}

/**
 * The one error class. The message says what was expected, what came, and where.
 * It never holds a response body or a secret.
 */
export class AlarmSyncError extends Error {
  override readonly name = 'AlarmSyncError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;
  readonly failureClass: FailureClass;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.retryAfterMs = details.retryAfterMs;
    this.status = details.status;
    this.failureClass = details.failureClass ?? 'other';
  }

  get disposition(): Disposition {
    return ERROR_CODES[this.code].disposition;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exitCode;
  }
}

/** What SQLite and the file system say when nothing more can be written. */
const FULL_CODES: ReadonlySet<unknown> = new Set([
  'SQLITE_FULL',
  'SQLITE_IOERR_WRITE',
  'SQLITE_IOERR_FSYNC',
  'SQLITE_IOERR_SHMSIZE',
  'SQLITE_IOERR_SHMOPEN',
  'ENOSPC',
  'EDQUOT',
  'EFBIG',
]);

const BUSY_CODES: ReadonlySet<unknown> = new Set([
  'SQLITE_BUSY',
  'SQLITE_BUSY_RECOVERY',
  'SQLITE_BUSY_SNAPSHOT',
]);

const UNWRITABLE_CODES: ReadonlySet<unknown> = new Set([
  'EACCES',
  'EISDIR',
  'ENOENT',
  'ENOTDIR',
  'EPERM',
  'EROFS',
  'SQLITE_CANTOPEN',
  'SQLITE_READONLY',
  'SQLITE_READONLY_CANTINIT',
  'SQLITE_READONLY_DBMOVED',
  'SQLITE_READONLY_DIRECTORY',
]);

const DAMAGED_CODES: ReadonlySet<unknown> = new Set(['SQLITE_CORRUPT', 'SQLITE_NOTADB']);

/** Anything thrown, as an AlarmSyncError: ours pass through, others become ALARMSYNC_UNEXPECTED with their cause. */
export function asAlarmSyncError(thrown: unknown): AlarmSyncError {
  if (thrown instanceof AlarmSyncError) return thrown;
  // What was thrown first matters; that closing failed as well follows from it.
  if (thrown instanceof Error && 'suppressed' in thrown) return asAlarmSyncError(thrown.suppressed);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  if (FULL_CODES.has(code)) {
    return new AlarmSyncError('ALARMSYNC_STORE_FULL', `the disk is full: ${message}`, {
      cause: thrown,
      hint: 'free some space, then run: alarmsync resume',
    });
  }
  if (BUSY_CODES.has(code)) {
    return new AlarmSyncError(
      'ALARMSYNC_STORE_BUSY',
      `a file of this run is held by another program: ${message}`,
      {
        cause: thrown,
        hint: 'close what reads it, then run: alarmsync resume',
      },
    );
  }
  if (UNWRITABLE_CODES.has(code)) {
    return new AlarmSyncError('ALARMSYNC_STORE_UNWRITABLE', `cannot write: ${message}`, {
      cause: thrown,
      hint: 'check that the place exists and may be written; --state-dir names another one for runs',
    });
  }
  if (DAMAGED_CODES.has(code)) {
    return new AlarmSyncError('ALARMSYNC_PLAN_UNREADABLE', `expected a sound SQLite file: ${message}`, {
      cause: thrown,
      hint: 'take the file from a backup, or plan anew',
    });
  }
  return new AlarmSyncError('ALARMSYNC_UNEXPECTED', message, { cause: thrown });
}
