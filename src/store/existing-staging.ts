// Listed alarms -> a throw-away SQLite file that can be joined, with the proof that the listing was whole.

import type Database from 'better-sqlite3';

import type { AlarmDefinition } from '../alarm/alarm.ts';
import { isJsonObject, parseJson, type JsonObject } from '../alarm/json.ts';
import { BODY_OF_TEXT } from './body-of-text.ts';
import { buildNameIndex } from './name-index.ts';
import { RowInserter } from './row-inserter.ts';
import { openOwned, removeDatabase, tuneForLoading } from './sqlite.ts';

/** One listed alarm as staged. */
export interface ExistingRow {
  readonly name: string;
  /** JSON text of params, members in their fixed order; it may be abbreviated. */
  readonly body: string;
  readonly handle: string | null;
  readonly etag: string | null;
  readonly raw: string | null;
  readonly pageNumber: number;
  readonly isAddressable: boolean;
}

/** A name whose rows do not simply repeat one another. */
export interface RepeatedName {
  readonly name: string;
  /** True when one page alone held the name twice, or under two handles: the service really holds it twice. */
  readonly isHeldTwice: boolean;
  readonly rowCount: number;
}

/** How far a listing has come: where it goes on after the pages staged so far. */
export interface ListingCheckpoint {
  /** Null once the last page was staged. */
  readonly cursor: string | null;
  /** The number of the next page. */
  readonly pageNumber: number;
  /** What the last page that stated a total said. */
  readonly total: number | null;
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS existing_row (
  name           TEXT NOT NULL,
  text           TEXT NOT NULL,   -- JSON of params, abbreviated
  handle         TEXT,
  etag           TEXT,
  raw            TEXT,
  page_number    INTEGER NOT NULL,
  is_addressable INTEGER NOT NULL DEFAULT 1,
  is_held_twice  INTEGER NOT NULL DEFAULT 0
);
-- The few that are never operated on: nobody has to look through all rows for them.
CREATE INDEX IF NOT EXISTS existing_by_unaddressable ON existing_row (name) WHERE is_addressable = 0;
CREATE INDEX IF NOT EXISTS existing_by_held_twice ON existing_row (name) WHERE is_held_twice = 1;
-- The rows with their texts written out. A view, since a generated column would be computed for each row that is inserted.
CREATE VIEW IF NOT EXISTS existing AS
SELECT rowid, name, ${BODY_OF_TEXT} AS body, handle, etag, raw, page_number, is_addressable, is_held_twice
FROM existing_row;
CREATE TABLE IF NOT EXISTS seen_cursor (cursor TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoint (cursor TEXT, page_number INTEGER NOT NULL, total INTEGER);  -- one row at most
CREATE TABLE IF NOT EXISTS seal (existing_count INTEGER NOT NULL);   -- one row once the listing is proved whole, none before
`;

/** Of the schema above. A listing that another version began is listed anew. */
const LAYOUT_VERSION = 2;

/**
 * How long staged pages may wait for their commit. What a killed listing asks for again is what it listed meanwhile.
 * A commit waits for the disk: for a million alarms in pages of 1000, one a page took 2.0 s, one in 20 pages 1.3 s, one in
 * 100 pages 1.0 s, none at all 0.8 s; a write-ahead log, which writes each row twice, 1.6 s.
 */
const COMMIT_INTERVAL_MS = 1000;

/** Read from the index alone: 0.1 s a million names. */
const REPEATED_NAMES = 'SELECT name FROM existing_row GROUP BY name HAVING count(*) > 1';

/**
 * The rows of a listing, page by page. Each page is staged whole or not at all, together with where the listing goes on;
 * pages are made durable once a second, so that neither a kill nor a power cut costs more than that.
 */
export class ExistingStaging implements Disposable {
  readonly #database: Database.Database;
  /** For rows of a name and a body alone, as most services give them: a quarter faster than with empty columns. */
  readonly #usualRows: RowInserter;
  readonly #otherRows: RowInserter;
  readonly #findCursorQuery: Database.Statement<[string]>;
  readonly #noteCursorQuery: Database.Statement<[string]>;
  readonly #dropCheckpointQuery: Database.Statement<[]>;
  readonly #noteCheckpointQuery: Database.Statement<[string | null, number, number | null]>;
  #committedAtMs: number = performance.now();

  /** Opens the staging file of an interrupted listing, or starts a new one. */
  constructor(file: string) {
    this.#database = openOfThisLayout(file);
    tuneForLoading(this.#database);
    // Rows are only added: the journal of a commit holds a page or two.
    this.#database.pragma('journal_mode = DELETE');
    this.#database.pragma('synchronous = NORMAL');
    this.#database.exec(SCHEMA);
    this.#database.pragma(`user_version = ${LAYOUT_VERSION}`);
    const columns = ['name', 'text', 'page_number'];
    this.#usualRows = new RowInserter(this.#database, 'existing_row', columns);
    this.#otherRows = new RowInserter(this.#database, 'existing_row', [
      ...columns,
      'handle',
      'etag',
      'raw',
      'is_addressable',
    ]);
    this.#findCursorQuery = this.#database.prepare('SELECT 1 FROM seen_cursor WHERE cursor = ?');
    this.#noteCursorQuery = this.#database.prepare('INSERT INTO seen_cursor (cursor) VALUES (?)');
    this.#dropCheckpointQuery = this.#database.prepare('DELETE FROM checkpoint');
    this.#noteCheckpointQuery = this.#database.prepare('INSERT INTO checkpoint VALUES (?, ?, ?)');
  }

  /** Stages one page, and where the listing goes on, whole or not at all; without a checkpoint it cannot go on here. */
  appendPage(rows: readonly ExistingRow[], checkpoint?: ListingCheckpoint): void {
    if (!this.#database.inTransaction) this.#database.exec('BEGIN');
    this.#database.transaction(() => {
      this.#insert(rows);
      if (checkpoint === undefined) return;
      const { cursor, pageNumber, total } = checkpoint;
      this.#dropCheckpointQuery.run();
      this.#noteCheckpointQuery.run(cursor, pageNumber, total);
      if (cursor !== null) this.#noteCursorQuery.run(cursor);
    })();
    if (performance.now() - this.#committedAtMs >= COMMIT_INTERVAL_MS) this.#commit();
  }

  /** True when a page before gave this cursor: the listing goes round in a circle. */
  hasSeen(cursor: string): boolean {
    return this.#findCursorQuery.get(cursor) !== undefined;
  }

  #insert(rows: readonly ExistingRow[]): void {
    this.#usualRows.clear();
    this.#otherRows.clear();
    for (const row of rows) {
      const { name, body, pageNumber, handle, etag, raw, isAddressable } = row;
      if (handle === null && etag === null && raw === null && isAddressable) {
        this.#usualRows.add(name, body, pageNumber);
      } else {
        this.#otherRows.add(name, body, pageNumber, handle, etag, raw, isAddressable ? 1 : 0);
      }
    }
    this.#usualRows.finish();
    this.#otherRows.finish();
  }

  #commit(): void {
    if (this.#database.inTransaction) this.#database.exec('COMMIT');
    this.#committedAtMs = performance.now();
  }

  /** Where an interrupted listing goes on; undefined when it starts from the beginning. */
  readCheckpoint(): ListingCheckpoint | undefined {
    return this.#database
      .prepare<[], ListingCheckpoint>('SELECT cursor, page_number AS pageNumber, total FROM checkpoint')
      .get();
  }

  get isSealed(): boolean {
    return this.#database.prepare('SELECT 1 FROM seal').get() !== undefined;
  }

  /** Forgets every row and cursor: a fresh listing starts. Rows of two listings never mix. */
  clear(): void {
    this.#commit();
    this.#database.exec(
      'DELETE FROM existing_row; DELETE FROM seen_cursor; DELETE FROM checkpoint; DELETE FROM seal; DROP INDEX IF EXISTS existing_by_name;',
    );
  }

  /** Built after loading. True when every name stands once. */
  buildIndex(): boolean {
    this.#commit();
    return buildNameIndex(this.#database, 'existing');
  }

  /** Keeps one row of each name that several pages repeat alike: a moving listing may do that. After buildIndex. */
  dropPlainRepeats(): void {
    this.#database.exec(`
      DELETE FROM existing_row WHERE rowid IN (
        SELECT repeated.rowid FROM existing_row AS repeated JOIN (
          SELECT name, max(rowid) AS kept FROM existing_row WHERE name IN (${REPEATED_NAMES}) GROUP BY name
          HAVING count(DISTINCT text) = 1 AND count(DISTINCT handle) <= 1
             AND count(DISTINCT page_number) = count(*)
        ) AS plain ON plain.name = repeated.name AND plain.kept <> repeated.rowid)`);
  }

  /** Some names that still stand in more than one row; [] when none is left. */
  listRepeatedNames(limitCount: number): readonly RepeatedName[] {
    return this.#database
      .prepare<[number], { name: string; row_count: number; is_held_twice: number }>(
        `SELECT name, count(*) AS row_count,
                count(DISTINCT page_number) < count(*) OR count(DISTINCT handle) > 1 AS is_held_twice
         FROM existing_row WHERE name IN (${REPEATED_NAMES} LIMIT ?) GROUP BY name`,
      )
      .all(limitCount)
      .map((row) => ({ name: row.name, rowCount: row.row_count, isHeldTwice: row.is_held_twice === 1 }));
  }

  /** Keeps the last row of that name and drops the others. */
  keepLast(name: string): void {
    this.#database
      .prepare(
        'DELETE FROM existing_row WHERE name = @name AND rowid < (SELECT max(rowid) FROM existing_row WHERE name = @name)',
      )
      .run({ name });
  }

  /** Keeps one row of that name, marked as one that is never touched. */
  markHeldTwice(name: string): void {
    this.#database.transaction(() => {
      this.keepLast(name);
      this.#database.prepare('UPDATE existing_row SET is_held_twice = 1 WHERE name = ?').run(name);
    })();
  }

  /** Puts what a fresh read gave in place of that name's rows; drops the name when nothing was found. */
  replace(name: string, row: ExistingRow | undefined): void {
    this.#database.transaction(() => {
      this.#database.prepare('DELETE FROM existing_row WHERE name = ?').run(name);
      if (row !== undefined) this.#insert([row]);
    })();
  }

  /** Rows staged; distinct names once repeated ones are resolved. */
  count(): number {
    return this.#database.prepare<[], number>('SELECT count(*) FROM existing_row').pluck().get() ?? 0;
  }

  /** Members that some alarm has. */
  presentMembers(): ReadonlySet<string> {
    const members = this.#database
      .prepare<[], string>('SELECT DISTINCT key FROM existing, json_each(existing.body)')
      .pluck()
      .all();
    return new Set(members);
  }

  /** All alarms, by name. */
  *iterate(): Generator<AlarmDefinition> {
    const rows = this.#database
      .prepare<[], { name: string; body: string }>('SELECT name, body FROM existing ORDER BY name')
      .iterate();
    for (const { name, body } of rows) yield { name, params: decodeBody(body) };
  }

  /** From here the snapshot may be diffed. */
  seal(): void {
    this.#database.prepare('INSERT INTO seal SELECT count(*) FROM existing_row').run();
  }

  [Symbol.dispose](): void {
    try {
      this.#commit();
    } finally {
      this.#database.close();
    }
  }
}

/** Opens the file; one of another layout is removed first. */
function openOfThisLayout(file: string): Database.Database {
  const database = openOwned(file);
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (isEmpty || database.pragma('user_version', { simple: true }) === LAYOUT_VERSION) return database;
  database.close();
  removeDatabase(file);
  return openOwned(file);
}

function decodeBody(body: string): JsonObject {
  const params = parseJson(body);
  return isJsonObject(params) ? params : {};
}
