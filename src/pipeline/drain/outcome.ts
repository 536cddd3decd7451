// What one step with the service showed, and what an error of the service says about it.

import { asAlarmSyncError, type AlarmSyncError } from '../../alarm/errors.ts';

/**
 * What a step with the service says about an operation:
 *
 *   done      acknowledged, or seen to be as wanted
 *   conflict  the alarm is not as it was planned: left alone
 *   refused   a definite and lasting no: parked
 *   again     a definite no that may pass: nothing happened, try again
 *   unknown   no one can tell whether the service acted: look it up before anything is sent again
 */
export type Outcome =
  | {
      readonly kind: 'done';
      /** Set when it was so already, and nothing that was sent now made it so. */
      readonly found?: 'as_wanted' | 'absent';
      /** What the write really replaced and sent, where that is not what was planned. */
      readonly replacedParams?: string;
      readonly sentParams?: string;
    }
  | { readonly kind: 'conflict'; readonly message: string }
  | { readonly kind: 'refused'; readonly error: AlarmSyncError }
  | { readonly kind: 'again'; readonly error: AlarmSyncError }
  | { readonly kind: 'unknown'; readonly error: AlarmSyncError };

/** What `ALARMSYNC_SERVICE_REFUSED` stands for when nothing was done; another status, such as a redirect, proves nothing. */
const DEFINITE_STATUSES: ReadonlySet<number> = new Set([400, 405, 410, 413, 422]);

/**
 * Classifies what a write threw. Definite refusals are those that the contract names; anything else leaves the
 * outcome unknown, 500 and 503 included. Errors that end the run are thrown again.
 */
export function outcomeOfWriteError(thrown: unknown): Outcome {
  const error = serviceError(thrown);
  switch (error.code) {
    case 'ALARMSYNC_SERVICE_REFUSED':
      return { kind: DEFINITE_STATUSES.has(error.status ?? 0) ? 'refused' : 'unknown', error };
    case 'ALARMSYNC_SERVICE_FORBIDDEN':
    case 'ALARMSYNC_SERVICE_MISSING':
    case 'ALARMSYNC_SERVICE_EXISTS':
      return { kind: 'refused', error };
    case 'ALARMSYNC_SERVICE_CHANGED':
    case 'ALARMSYNC_SERVICE_THROTTLED':
      return { kind: 'again', error };
    default:
      return { kind: 'unknown', error };
  }
}

/** Classifies what a read threw: a read changes nothing, so its failure is never unknown. */
export function outcomeOfReadError(thrown: unknown): Outcome {
  const error = serviceError(thrown);
  return error.disposition === 'retry' ? { kind: 'again', error } : { kind: 'refused', error };
}

/** True for an error that says nothing about the operation but only about the moment. */
export function isThrottle(error: AlarmSyncError): boolean {
  return error.code === 'ALARMSYNC_SERVICE_THROTTLED';
}

function serviceError(thrown: unknown): AlarmSyncError {
  const error = asAlarmSyncError(thrown);
  if (error.disposition === 'stop') throw error;
  return error;
}
