// Listed alarms -> a throw-away SQLite file that can be joined, with the proof that the listing was whole.

import type Database from 'better-sqlite3';

import type { AlarmDefinition } from '../alarm/alarm.ts';
import { isJsonObject, parseJson, type JsonObject } from '../alarm/json.ts';
import { openOwned } from './sqlite.ts';

/** One listed alarm as staged. */
export interface ExistingRow {
  readonly name: string;
  /** JSON text of params, members in their fixed order. */
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
CREATE TABLE IF NOT EXISTS existing (
  name           TEXT NOT NULL,
  body           TEXT NOT NULL,
  handle         TEXT,
  etag           TEXT,
  raw            TEXT,
  page_number    INTEGER NOT NULL,
  is_addressable INTEGER NOT NULL,
  is_held_twice  INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS seen_cursor (cursor TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoint (cursor TEXT, page_number INTEGER NOT NULL, total INTEGER);  -- one row at most
CREATE TABLE IF NOT EXISTS seal (existing_count INTEGER NOT NULL);   -- one row once the listing is proved whole, none before
`;

export class ExistingStaging implements Disposable {
  readonly #database: Database.Database;
  readonly #insertQuery: Database.Statement;
  readonly #noteCursorQuery: Database.Statement<[string]>;
  readonly #dropCheckpointQuery: Database.Statement<[]>;
  readonly #noteCheckpointQuery: Database.Statement<[string | null, number, number | null]>;

  /** Opens the staging file of an interrupted listing, or starts a new one. */
  constructor(file: string) {
    this.#database = openOwned(file);
    // With NORMAL a power cut may lose the last pages, and then the checkpoint after them is lost as well.
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma('synchronous = NORMAL');
    this.#database.exec(SCHEMA);
    this.#insertQuery = this.#database.prepare(
      `INSERT INTO existing (name, body, handle, etag, raw, page_number, is_addressable) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#noteCursorQuery = this.#database.prepare('INSERT OR IGNORE INTO seen_cursor (cursor) VALUES (?)');
    this.#dropCheckpointQuery = this.#database.prepare('DELETE FROM checkpoint');
    this.#noteCheckpointQuery = this.#database.prepare('INSERT INTO checkpoint VALUES (?, ?, ?)');
  }

  /**
   * Stages one page, and where the listing goes on, in one transaction; without a checkpoint it cannot go on here.
   * False when the checkpoint's cursor was seen before: the listing goes round in a circle.
   */
  appendPage(rows: readonly ExistingRow[], checkpoint?: ListingCheckpoint): boolean {
    return this.#database.transaction(() => {
      for (const row of rows) {
        this.#insertQuery.run(
          row.name,
          row.body,
          row.handle,
          row.etag,
          row.raw,
          row.pageNumber,
          row.isAddressable ? 1 : 0,
        );
      }
      if (checkpoint === undefined) return true;
      const { cursor, pageNumber, total } = checkpoint;
      this.#dropCheckpointQuery.run();
      this.#noteCheckpointQuery.run(cursor, pageNumber, total);
      return cursor === null || this.#noteCursorQuery.run(cursor).changes === 1;
    })();
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
    this.#database.exec(
      'DELETE FROM existing; DELETE FROM seen_cursor; DELETE FROM checkpoint; DELETE FROM seal; DROP INDEX IF EXISTS existing_by_name;',
    );
  }

  /** Built after loading: a heap and an index afterwards took 1.7 s where a primary key took 7 s (1 M rows). */
  buildIndex(): void {
    this.#database.exec('CREATE INDEX IF NOT EXISTS existing_by_name ON existing (name)');
  }

  /** Keeps one row of each name that several pages repeat alike: a moving listing may do that. After buildIndex. */
  dropPlainRepeats(): void {
    this.#database.exec(`
      DELETE FROM existing WHERE rowid IN (
        SELECT repeated.rowid FROM existing AS repeated JOIN (
          SELECT name, max(rowid) AS kept FROM existing GROUP BY name
          HAVING count(*) > 1 AND count(DISTINCT body) = 1 AND count(DISTINCT handle) <= 1
             AND count(DISTINCT page_number) = count(*)
        ) AS plain ON plain.name = repeated.name AND plain.kept <> repeated.rowid)`);
  }

  /** Some names that still stand in more than one row; [] when none is left. */
  listRepeatedNames(limitCount: number): readonly RepeatedName[] {
    return this.#database
      .prepare<[number], { name: string; row_count: number; is_held_twice: number }>(
        `SELECT name, count(*) AS row_count,
                count(DISTINCT page_number) < count(*) OR count(DISTINCT handle) > 1 AS is_held_twice
         FROM existing GROUP BY name HAVING count(*) > 1 LIMIT ?`,
      )
      .all(limitCount)
      .map((row) => ({ name: row.name, rowCount: row.row_count, isHeldTwice: row.is_held_twice === 1 }));
  }

  /** Keeps the last row of that name and drops the others. */
  keepLast(name: string): void {
    this.#database
      .prepare(
        'DELETE FROM existing WHERE name = @name AND rowid < (SELECT max(rowid) FROM existing WHERE name = @name)',
      )
      .run({ name });
  }

  /** Keeps one row of that name, marked as one that is never touched. */
  markHeldTwice(name: string): void {
    this.#database.transaction(() => {
      this.keepLast(name);
      this.#database.prepare('UPDATE existing SET is_held_twice = 1 WHERE name = ?').run(name);
    })();
  }

  /** Puts what a fresh read gave in place of that name's rows; drops the name when nothing was found. */
  replace(name: string, row: ExistingRow | undefined): void {
    this.#database.transaction(() => {
      this.#database.prepare('DELETE FROM existing WHERE name = ?').run(name);
      if (row !== undefined) this.appendPage([row]);
    })();
  }

  /** Rows staged; distinct names once repeated ones are resolved. */
  count(): number {
    return this.#database.prepare<[], number>('SELECT count(*) FROM existing').pluck().get() ?? 0;
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
    this.#database.prepare('INSERT INTO seal SELECT count(*) FROM existing').run();
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

function decodeBody(body: string): JsonObject {
  const params = parseJson(body);
  return isJsonObject(params) ? params : {};
}
