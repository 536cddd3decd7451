// Listed alarms -> a throw-away SQLite file that can be joined, with the proof that the listing was whole.

import type Database from 'better-sqlite3';

import type { AlarmDefinition } from '../alarm/alarm.ts';
import { paramsOfText } from '../alarm/params-text.ts';
import { openExistingFile } from './existing-schema.ts';
import {
  buildNameIndexes,
  eachPartition,
  PartitionInserter,
  partitionOf,
  repeatedNames,
  runEachPartition,
  sumOverPartitions,
} from './partition.ts';

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

/**
 * How long staged pages may wait for their commit. What a killed listing asks for again is what it listed meanwhile.
 * A commit writes the last page of each table, and what it held before: a million alarms in pages of 1000 are staged in 1.3 s with a
 * commit each 50, 200 or 1000 ms or none at all, in 3.2 s with one a page.
 */
const COMMIT_INTERVAL_MS = 200;

/** Read from the index alone: 0.1 s a million names. */
const REPEATED_NAMES = repeatedNames('existing');

/**
 * The rows of a listing, page by page. Pages are staged whole or not at all, together with where the listing goes on;
 * they are committed several times a second, so that a kill costs no more than that. What a restart of the machine costs is said at
 * `openExistingFile`.
 */
export class ExistingStaging implements Disposable {
  readonly file: string;
  readonly #database: Database.Database;
  /** For rows of a name and a body alone, as most services give them: a quarter faster than with empty columns. */
  readonly #usualRows: PartitionInserter;
  readonly #otherRows: PartitionInserter;
  readonly #findCursorQuery: Database.Statement<[string]>;
  readonly #noteCursorQuery: Database.Statement<[string]>;
  /** Of the last page staged, until it is committed with its rows. */
  #checkpoint: ListingCheckpoint | undefined;
  #committedAtMs: number = performance.now();

  /** Opens the staging file of an interrupted listing, or starts a new one. */
  constructor(file: string) {
    this.file = file;
    this.#database = openExistingFile(file);
    const columns = ['name', 'text', 'page_number'];
    this.#usualRows = new PartitionInserter(this.#database, 'existing', columns);
    this.#otherRows = new PartitionInserter(this.#database, 'existing', [
      ...columns,
      'handle',
      'etag',
      'raw',
      'is_addressable',
    ]);
    this.#findCursorQuery = this.#database.prepare('SELECT 1 FROM seen_cursor WHERE cursor = ?');
    this.#noteCursorQuery = this.#database.prepare('INSERT INTO seen_cursor (cursor) VALUES (?)');
  }

  /** Stages one page, and where the listing goes on; without a checkpoint it cannot go on here. */
  appendPage(rows: Iterable<ExistingRow>, checkpoint?: ListingCheckpoint): void {
    this.#change(() => {
      for (const row of rows) this.#add(row);
      if (checkpoint === undefined) return;
      this.#checkpoint = checkpoint;
      if (checkpoint.cursor !== null) this.#noteCursorQuery.run(checkpoint.cursor);
    });
    if (performance.now() - this.#committedAtMs >= COMMIT_INTERVAL_MS) this.#commit();
  }

  /** True when a page before gave this cursor: the listing goes round in a circle. */
  hasSeen(cursor: string): boolean {
    return this.#findCursorQuery.get(cursor) !== undefined;
  }

  #add(row: ExistingRow): void {
    const { name, body, pageNumber, handle, etag, raw, isAddressable } = row;
    if (handle === null && etag === null && raw === null && isAddressable) {
      this.#usualRows.add(name, body, pageNumber);
    } else {
      this.#otherRows.add(name, body, pageNumber, handle, etag, raw, isAddressable ? 1 : 0);
    }
  }

  /** In the transaction that is open, or a new one. A failure gives up what was not committed: half a page must not be. */
  #change(change: () => void): void {
    if (!this.#database.inTransaction) this.#database.exec('BEGIN');
    try {
      change();
    } catch (thrown) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      this.#usualRows.forget();
      this.#otherRows.forget();
      this.#checkpoint = undefined;
      throw thrown;
    }
  }

  #commit(): void {
    if (!this.#database.inTransaction) return;
    this.#change(() => {
      this.#usualRows.finish();
      this.#otherRows.finish();
      if (this.#checkpoint === undefined) return;
      const { cursor, pageNumber, total } = this.#checkpoint;
      this.#database.exec('DELETE FROM checkpoint');
      this.#database.prepare('INSERT INTO checkpoint VALUES (?, ?, ?)').run(cursor, pageNumber, total);
      this.#checkpoint = undefined;
    });
    this.#database.exec('COMMIT');
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
    this.#database.transaction(() => {
      runEachPartition(this.#database, 'DROP INDEX IF EXISTS existing_by_name_{p}');
      runEachPartition(this.#database, 'DELETE FROM existing_{p}');
      this.#database.exec('DELETE FROM seen_cursor; DELETE FROM checkpoint; DELETE FROM seal;');
    })();
  }

  /** Built after loading. True when every name stands once. */
  buildIndex(): boolean {
    this.#commit();
    return buildNameIndexes(this.#database, 'existing');
  }

  /** Keeps one row of each name that several pages repeat alike: a moving listing may do that. After buildIndex. */
  dropPlainRepeats(): void {
    runEachPartition(
      this.#database,
      `DELETE FROM existing_{p} WHERE rowid IN (
        SELECT repeated.rowid FROM existing_{p} AS repeated JOIN (
          SELECT name, max(rowid) AS kept FROM existing_{p} WHERE name IN (${REPEATED_NAMES}) GROUP BY name
          HAVING count(DISTINCT text) = 1 AND count(DISTINCT handle) <= 1
             AND count(DISTINCT page_number) = count(*)
        ) AS plain ON plain.name = repeated.name AND plain.kept <> repeated.rowid)`,
    );
  }

  /** Names of some partition that still stand in more than one row, at most so many; [] when none is left anywhere. */
  listRepeatedNames(limitCount: number): readonly RepeatedName[] {
    const queries = eachPartition(
      `SELECT name, count(*) AS row_count,
              count(DISTINCT page_number) < count(*) OR count(DISTINCT handle) > 1 AS is_held_twice
       FROM existing_{p} WHERE name IN (${REPEATED_NAMES} LIMIT ?) GROUP BY name`,
    );
    for (const sql of queries) {
      const rows = this.#database.prepare<[number], RepeatedNameRow>(sql).all(limitCount);
      if (rows.length > 0)
        return rows.map((row) => ({
          name: row.name,
          rowCount: row.row_count,
          isHeldTwice: row.is_held_twice === 1,
        }));
    }
    return [];
  }

  /** Keeps the last row of that name and drops the others. */
  keepLast(name: string): void {
    const table = tableOf(name);
    this.#database
      .prepare(
        `DELETE FROM ${table} WHERE name = @name AND rowid < (SELECT max(rowid) FROM ${table} WHERE name = @name)`,
      )
      .run({ name });
  }

  /** Keeps one row of that name, marked as one that is never touched. */
  markHeldTwice(name: string): void {
    this.#database.transaction(() => {
      this.keepLast(name);
      this.#database.prepare(`UPDATE ${tableOf(name)} SET is_held_twice = 1 WHERE name = ?`).run(name);
    })();
  }

  /** Puts what a fresh read gave in place of that name's rows; drops the name when nothing was found. */
  replace(name: string, row: ExistingRow | undefined): void {
    this.#change(() => {
      this.#database.prepare(`DELETE FROM ${tableOf(name)} WHERE name = ?`).run(name);
      if (row !== undefined) this.#add(row);
    });
    this.#commit();
  }

  /** Rows staged and committed; distinct names once repeated ones are resolved. */
  count(): number {
    this.#commit();
    return sumOverPartitions(this.#database, 'SELECT count(*) FROM existing_{p}');
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
    for (const { name, body } of rows) yield { name, params: paramsOfText(body) };
  }

  /** From here the snapshot may be diffed. */
  seal(): void {
    this.#database.prepare('INSERT INTO seal VALUES (?)').run(this.count());
  }

  [Symbol.dispose](): void {
    try {
      this.#commit();
    } finally {
      this.#database.close();
    }
  }
}

interface RepeatedNameRow {
  readonly name: string;
  readonly row_count: number;
  readonly is_held_twice: number;
}

function tableOf(name: string): string {
  return `existing_${partitionOf(name)}`;
}
