// The tables of a plan file, version 1. Plan files outlive versions: a column is added, never changed or dropped.

/** `PRAGMA application_id` of a plan file: "ALSP" in ASCII. */
export const PLAN_APPLICATION_ID = 0x414c5350;

/** `PRAGMA user_version`; a file with a higher one is refused. */
export const PLAN_VERSION = 1;

/** The tables of one ledger, and what its operations are of. */
export interface LedgerTables {
  readonly subject: 'alarm' | 'downtime';
  readonly operation: string;
  readonly image: string;
  readonly attempt: string;
}

export const ALARM_TABLES: LedgerTables = {
  subject: 'alarm',
  operation: 'operation',
  image: 'image',
  attempt: 'attempt',
};

/** Downtimes have names, images and fates as alarms have, but names of their own. */
export const DOWNTIME_TABLES: LedgerTables = {
  subject: 'downtime',
  operation: 'downtime',
  image: 'downtime_image',
  attempt: 'downtime_attempt',
};

/**
 * The states of an operation, what enters and what leaves:
 *
 *   pending    planned, never sent, or known to have had no effect   -> sent | held
 *   sent       claimed: from here its outcome is unknown             -> done | retryable | failed | conflict | pending
 *   retryable  had no effect, tries are used up; resume tries again  -> pending
 *   done       the service acknowledged it, or was seen to hold it
 *   failed     the service refused it for good (parked)              -> pending, only by --retry-failed
 *   conflict   the alarm is not as it was planned; left alone
 *   held       a delete kept back because something before it failed -> pending, on resume
 *
 * Their checks are alternatives, not `IN (…)`, for which SQLite fills a table with each row it changes: a settlement takes
 * 1.9 microseconds so, 4.1 with `IN`, 1.7 unchecked.
 *
 * Images are kept apart from the states, so that a claim or a settlement rewrites few pages. There is no index by state: it would be
 * changed twice for each operation, and what it finds once a run, a pass over a million states finds in 0.2 s.
 */
export function ledgerSchema({ operation, image, attempt }: LedgerTables): string {
  return `
CREATE TABLE ${operation} (             -- ids in order of sending: creates and updates first, deletes last
  id               INTEGER PRIMARY KEY,
  action           TEXT NOT NULL CHECK (action = 'create' OR action = 'update' OR action = 'delete'),
  name             TEXT NOT NULL,
  state            TEXT NOT NULL DEFAULT 'pending'
                   CHECK (state = 'pending' OR state = 'sent' OR state = 'done' OR state = 'retryable'
                     OR state = 'failed' OR state = 'conflict' OR state = 'held'),
  file_line        INTEGER,
  attempt_count    INTEGER NOT NULL DEFAULT 0,  -- times a write left for the service
  was_ambiguous    INTEGER NOT NULL DEFAULT 0,  -- 1 when its outcome had to be looked up
  sent_at_ms       INTEGER,
  settled_at_ms    INTEGER,
  failure_class    TEXT,
  failure_status   INTEGER,             -- HTTP status, where there was an answer
  failure_message  TEXT
) STRICT;

CREATE TABLE ${image} (                 -- one row an operation: the alarm before and after, as the service's own text
  operation_id     INTEGER PRIMARY KEY REFERENCES ${operation} (id),
  before_params    TEXT,                -- JSON of params as listed; null for a create
  after_params     TEXT,                -- JSON of params as wanted; null for a delete
  handle           TEXT,                -- the service's own id
  etag             TEXT,
  raw              TEXT,                -- the service's own body, where params are not all of it
  replaced_params  TEXT,                -- what the write really replaced, where it was not before_params
  sent_params      TEXT                 -- what was really sent, where it was not after_params
) STRICT;

CREATE TABLE ${attempt} (               -- each try that was not done at once
  id               INTEGER PRIMARY KEY,
  operation_id     INTEGER NOT NULL REFERENCES ${operation} (id),
  step             TEXT NOT NULL CHECK (step IN ('check', 'write', 'lookup')),
  at_ms            INTEGER NOT NULL,
  result           TEXT NOT NULL,       -- refused, unknown, throttled, absent, as_before, as_wanted, changed
  status           INTEGER,
  failure_class    TEXT,
  message          TEXT
) STRICT;
`;
}

export const PLAN_SCHEMA: string = `
CREATE TABLE run (                      -- exactly one row
  id               INTEGER PRIMARY KEY CHECK (id = 1),
  run_id           TEXT NOT NULL,
  kind             TEXT NOT NULL CHECK (kind IN ('sync', 'rollback')),
  rollback_of      TEXT,                -- the run whose changes this one undoes
  phase            TEXT NOT NULL CHECK (phase IN ('planning', 'planned', 'draining', 'finished', 'abandoned')),
  alarmsync_version TEXT NOT NULL,
  created_at_ms    INTEGER NOT NULL,    -- epoch milliseconds, as all times here
  planned_at_ms    INTEGER,
  approved_at_ms   INTEGER,
  started_at_ms    INTEGER,             -- the first claim
  finished_at_ms   INTEGER,
  service_address  TEXT NOT NULL,
  service_account  TEXT NOT NULL,
  source_path      TEXT,
  source_sha256    TEXT,
  source_bytes     INTEGER,
  settings         TEXT NOT NULL,       -- JSON: what shapes the run
  summary          TEXT,                -- JSON: the counts of the plan, its refusals and forecast
  checksum         TEXT,
  exit_code        INTEGER
) STRICT;

${ledgerSchema(ALARM_TABLES)}
${ledgerSchema(DOWNTIME_TABLES)}
CREATE TABLE rejected_row (             -- rows of the file that failed validation and were passed over, one row a reason
  line             INTEGER NOT NULL,
  column_name      TEXT NOT NULL,
  reason           TEXT NOT NULL,
  name             TEXT,                -- null when the row has no usable name
  cells            TEXT                 -- JSON array; on the first reason of each row of the file
) STRICT;
`;

/** Built once the operations stand: one alarm's operation, and one operation's attempts. */
export const PLAN_INDEXES = `
CREATE INDEX IF NOT EXISTS operation_by_name ON operation (name);
CREATE INDEX IF NOT EXISTS attempt_by_operation ON attempt (operation_id);
`;
