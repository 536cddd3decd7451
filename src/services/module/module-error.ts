// What somebody's adapter throws -> the error of our own code table.

import { AlarmSyncError } from '../../alarm/errors.ts';
import { errorOfStatus } from '../http-error.ts';

const MAX_SHOWN_CHARACTER_COUNT = 200;

/** Defects of the code itself; a failed `fetch` is a TypeError as well, but has a cause. */
const DEFECTS = [TypeError, ReferenceError, RangeError, SyntaxError];

/**
 * An error with a `status` is the answer of that HTTP status, with `retryAfterMs` where the service asked for a wait; a defect of the adapter
 * ends the run. Of anything else nobody knows whether the service acted: a lost connection.
 * @param where the call, as `create of module:/path/adapter.js`
 */
export function errorOfAdapter(thrown: unknown, where: string): AlarmSyncError {
  if (thrown instanceof AlarmSyncError) return thrown;
  const status = wholeNumberIn(thrown, 'status');
  if (status !== undefined && status >= 100 && status <= 999)
    return errorOfStatus(status, where, wholeNumberIn(thrown, 'retryAfterMs'));
  const message = `expected an answer, got ${shown(thrown)}: ${where}`;
  if (isDefect(thrown)) return new AlarmSyncError('ALARMSYNC_UNEXPECTED', message, { cause: thrown });
  return new AlarmSyncError('ALARMSYNC_SERVICE_CONNECTION', message, {
    failureClass: 'connection',
    cause: thrown,
    hint: 'an adapter that knows the status throws an error with a number "status"',
  });
}

function isDefect(thrown: unknown): boolean {
  return (
    DEFECTS.some((defect) => thrown instanceof defect) && !(thrown instanceof Error && 'cause' in thrown)
  );
}

function wholeNumberIn(thrown: unknown, member: string): number | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const value: unknown = Reflect.get(thrown, member);
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function shown(thrown: unknown): string {
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return text.length > MAX_SHOWN_CHARACTER_COUNT ? `${text.slice(0, MAX_SHOWN_CHARACTER_COUNT)}…` : text;
}
