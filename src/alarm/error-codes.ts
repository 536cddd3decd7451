// The table of error codes: what the engine does about each, the exit code it means, and what it says.

/** What the engine does on meeting an error: try again, set that operation aside, or end the run. */
export type Disposition = 'retry' | 'park' | 'stop';

/**
 * The code table. The README's error table is this one; callers match on `code`, never on the text.
 *
 * `exitCode` is that of the process when the error ends the run: 1 error, 3 refused, 4 stale, 5 resumable, 6 rejected, 7 fatal at the service, 11 locked.
 */
export const ERROR_CODES = {
  ALARMSYNC_CLI_USAGE: {
    disposition: 'stop',
    exitCode: 1,
    meaning: 'The command line, environment or configuration file is wrong.',
  },
  ALARMSYNC_UNEXPECTED: {
    disposition: 'stop',
    exitCode: 1,
    meaning: 'A defect or a failure of the machine; the cause follows.',
  },

  ALARMSYNC_SOURCE_UNREADABLE: {
    disposition: 'stop',
    exitCode: 1,
    meaning: 'The input file is missing or cannot be read.',
  },
  ALARMSYNC_SOURCE_ENCODING: { disposition: 'stop', exitCode: 3, meaning: 'The input is not UTF-8.' },
  ALARMSYNC_SOURCE_HEADER: {
    disposition: 'stop',
    exitCode: 3,
    meaning: 'A column is missing, repeated or unknown.',
  },
  ALARMSYNC_SOURCE_UNSEALED: {
    disposition: 'stop',
    exitCode: 3,
    meaning: 'The end of the file was not proved: cut, damaged, changed while read, or not as expected.',
  },
  ALARMSYNC_SOURCE_INVALID_ROWS: { disposition: 'stop', exitCode: 3, meaning: 'Rows failed validation.' },
  ALARMSYNC_SOURCE_DUPLICATES: {
    disposition: 'stop',
    exitCode: 3,
    meaning: 'A name stands in several rows that mean different things.',
  },
  ALARMSYNC_SOURCE_TARGETS: {
    disposition: 'stop',
    exitCode: 3,
    meaning: "A row is no target's, several targets', or of a target that there is not.",
  },
  ALARMSYNC_SOURCE_EMPTY: {
    disposition: 'stop',
    exitCode: 3,
    meaning: 'The file, or the scope within it, has no row.',
  },

  ALARMSYNC_LISTING_UNSEALED: {
    disposition: 'stop',
    exitCode: 3,
    meaning: 'The listing of the service is not proved complete.',
  },
  ALARMSYNC_LISTING_SHRUNK: {
    disposition: 'stop',
    exitCode: 3,
    meaning: 'The service lists under half of what the last completed run left there.',
  },

  ALARMSYNC_GUARD_REFUSED: {
    disposition: 'stop',
    exitCode: 3,
    meaning: 'The plan changes more than the guard allows.',
  },
  ALARMSYNC_PLAN_UNREADABLE: {
    disposition: 'stop',
    exitCode: 1,
    meaning: 'The plan file is missing, damaged, foreign or of a newer version.',
  },
  ALARMSYNC_PLAN_STALE: {
    disposition: 'stop',
    exitCode: 4,
    meaning: 'The plan was applied already, is too old, or was made for another place.',
  },
  ALARMSYNC_PLAN_CHECKSUM: {
    disposition: 'stop',
    exitCode: 4,
    meaning: 'The checksum given is not that of the plan.',
  },
  ALARMSYNC_RUN_UNKNOWN: {
    disposition: 'stop',
    exitCode: 1,
    meaning: 'There is no such run in the state directory.',
  },
  ALARMSYNC_RUN_UNFINISHED: {
    disposition: 'stop',
    exitCode: 5,
    meaning: 'An earlier run on this service is unfinished.',
  },
  ALARMSYNC_RUN_TOO_MANY_ERRORS: {
    disposition: 'stop',
    exitCode: 5,
    meaning: 'More operations failed than --max-errors allows; the run can be resumed.',
  },

  ALARMSYNC_STORE_LOCKED: {
    disposition: 'stop',
    exitCode: 11,
    meaning: 'Another live run holds the lock of this service.',
  },
  ALARMSYNC_STORE_BUSY: {
    disposition: 'stop',
    exitCode: 5,
    meaning: 'Another program holds a file of the run open; the run can be resumed.',
  },
  ALARMSYNC_STORE_UNWRITABLE: {
    disposition: 'stop',
    exitCode: 1,
    meaning: 'A file or directory cannot be written.',
  },
  ALARMSYNC_STORE_FULL: {
    disposition: 'stop',
    exitCode: 5,
    meaning: 'The disk is full; the run can be resumed.',
  },

  ALARMSYNC_QUEUE_ADDRESS: {
    disposition: 'stop',
    exitCode: 1,
    meaning: 'The address of Redis cannot be used.',
  },
  ALARMSYNC_QUEUE_CONNECTION: {
    disposition: 'stop',
    exitCode: 5,
    meaning: 'Redis cannot be reached, or was away for too long; the run can be resumed.',
  },
  ALARMSYNC_QUEUE_MISMATCH: {
    disposition: 'stop',
    exitCode: 1,
    meaning: 'Coordinator and workers are of different versions or configurations.',
  },
  ALARMSYNC_QUEUE_LOST: {
    disposition: 'retry',
    exitCode: 5,
    meaning: 'A step was lost between coordinator and worker; whether the service acted is unknown.',
  },

  ALARMSYNC_SERVICE_ADDRESS: {
    disposition: 'stop',
    exitCode: 1,
    meaning: 'The service address cannot be used.',
  },
  ALARMSYNC_SERVICE_CREDENTIALS: {
    disposition: 'stop',
    exitCode: 7,
    meaning: 'The service refused the credentials (401, or 403 where everything is).',
  },
  ALARMSYNC_SERVICE_FOREIGN: {
    disposition: 'stop',
    exitCode: 7,
    meaning: 'What answers there is not an alarm service.',
  },
  ALARMSYNC_SERVICE_FORBIDDEN: {
    disposition: 'park',
    exitCode: 6,
    meaning: 'The service refused one operation (403).',
  },
  ALARMSYNC_SERVICE_MISSING: {
    disposition: 'park',
    exitCode: 4,
    meaning: 'The alarm does not exist there (404).',
  },
  ALARMSYNC_SERVICE_EXISTS: {
    disposition: 'park',
    exitCode: 4,
    meaning: 'The alarm exists there already (409).',
  },
  ALARMSYNC_SERVICE_CHANGED: {
    disposition: 'park',
    exitCode: 4,
    meaning: 'The alarm is no longer as it was read (412).',
  },
  ALARMSYNC_SERVICE_REFUSED: {
    disposition: 'park',
    exitCode: 6,
    meaning: 'The service refused one request for good (another 4xx).',
  },
  ALARMSYNC_SERVICE_THROTTLED: {
    disposition: 'retry',
    exitCode: 5,
    meaning: 'The service asked to wait (429, 425).',
  },
  ALARMSYNC_SERVICE_UNAVAILABLE: {
    disposition: 'retry',
    exitCode: 5,
    meaning: 'The service failed (5xx); whether it acted is unknown.',
  },
  ALARMSYNC_SERVICE_TIMEOUT: {
    disposition: 'retry',
    exitCode: 5,
    meaning: 'No answer in time; whether the service acted is unknown.',
  },
  ALARMSYNC_SERVICE_CONNECTION: {
    disposition: 'retry',
    exitCode: 5,
    meaning: 'The connection failed; whether the service acted is unknown.',
  },
  ALARMSYNC_SERVICE_MALFORMED: {
    disposition: 'retry',
    exitCode: 5,
    meaning: 'The answer is not what was agreed; whether the service acted is unknown.',
  },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
