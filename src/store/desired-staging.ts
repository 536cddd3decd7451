// Rows of the input file -> a throw-away SQLite file that can be joined, with the proof that the file was read whole.

import Database from 'better-sqlite3';

import { BODY_OF_TEXT } from './body-of-text.ts';
import {
  buildNameIndexes,
  eachPartition,
  overPartitions,
  PartitionInserter,
  partitionOf,
  repeatedNames,
  runEachPartition,
  sumOverPartitions,
} from './partition.ts';
import { openForReading, openOwned, removeDatabase, tuneForLoading } from './sqlite.ts';

/** One good row as staged. */
export interface DesiredRow {
  readonly name: string;
  /** Where its record starts. From 1, the header. */
  readonly line: number;
  /** JSON text of params, members in their fixed order, cells verbatim; to be staged, it may be abbreviated. */
  readonly body: string;
}

/** One bad row: every reason, and what it held. */
export interface BadRow {
  /** Where its record starts. From 1, the header. */
  readonly line: number;
  /** Set when the row has a usable name: then that name is protected. */
  readonly name: string | undefined;
  /** The cells as read; one cell with the raw text when quoting left none. */
  readonly cells: readonly string[];
  readonly faults: readonly { readonly column: string; readonly reason: string }[];
}

/** What was proved about the file once its end was reached. Counts are of data records, blank lines left out. */
export interface DesiredSeal {
  /** SHA-256 of the file's bytes as on disk, lower-case hexadecimal. */
  readonly digest: string;
  /** Bytes as on disk. */
  readonly byteCount: number;
  /** Records below the header, good and bad. */
  readonly rowCount: number;
  /** Bad records. */
  readonly badRowCount: number;
  /** Bad records without a usable name: when there is one, nothing may be deleted. */
  readonly unusableNameCount: number;
  /** Rows staged at the end: good, named once, and not named by a bad row as well. */
  readonly desiredCount: number;
  /** True when the last record lacks the line end that all others have: the file may have been cut there. */
  readonly endsWithoutLineEnd: boolean;
  /** The header's cells as they stand in the file, those passed over included. */
  readonly columns: readonly string[];
  /** Members that the file manages, in their fixed order. */
  readonly managedMembers: readonly string[];
}

const SCHEMA = `
-- Good rows, dealt out by name. text: JSON of params, abbreviated.
${eachPartition('CREATE TABLE desired_{p} (name TEXT NOT NULL, line INTEGER NOT NULL, text TEXT NOT NULL);').join('\n')}
-- All of them with their texts written out. A view, since a generated column would be computed for each row that is inserted.
CREATE VIEW desired AS
SELECT line AS rowid, name, line, ${BODY_OF_TEXT} AS body FROM (${overPartitions('SELECT name, line, text FROM desired_{p}')});
-- One row a reason. name, and with it its partition, is NULL when the record has no usable one;
-- cells (a JSON array) stands on a record's first row only.
CREATE TABLE row_fault (
  line INTEGER NOT NULL, "column" TEXT NOT NULL, reason TEXT NOT NULL, name TEXT, partition INTEGER, cells TEXT
);
-- One row once the file is proved whole, none before.
CREATE TABLE seal (
  digest                TEXT NOT NULL,
  byte_count            INTEGER NOT NULL,
  row_count             INTEGER NOT NULL,
  bad_row_count         INTEGER NOT NULL,
  unusable_name_count   INTEGER NOT NULL,
  desired_count         INTEGER NOT NULL,
  ends_without_line_end INTEGER NOT NULL,
  columns               TEXT NOT NULL,
  managed_members       TEXT NOT NULL
);
`;

const REPEATED_NAMES = repeatedNames('desired');

/**
 * The writing side. Whatever a killed process left is thrown away by the next reading, so nothing here waits for the disk;
 * and it never has a seal that is wrong, since the seal is a transaction of its own, written when all else is.
 */
export class DesiredStaging implements Disposable {
  readonly file: string;
  readonly #database: Database.Database;
  readonly #rows: PartitionInserter;
  readonly #insertFaultQuery: Database.Statement;

  /** Starts a new, empty staging file, mode 0600; what a killed run left there is removed. */
  constructor(file: string) {
    removeDatabase(file);
    this.file = file;
    this.#database = openOwned(file);
    tuneForLoading(this.#database);
    // A failure throws the file away; what is rolled back is an index that turns out not to be unique.
    this.#database.pragma('journal_mode = MEMORY');
    this.#database.pragma('synchronous = OFF');
    this.#database.exec(SCHEMA);
    this.#rows = new PartitionInserter(this.#database, 'desired', ['name', 'line', 'text']);
    this.#insertFaultQuery = this.#database.prepare(
      'INSERT INTO row_fault (line, "column", reason, name, partition, cells) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#database.exec('BEGIN');
  }

  /** Stages good rows. They are not committed batch by batch: each commit writes the last page of every partition. */
  append(rows: readonly DesiredRow[]): void {
    for (const row of rows) this.#rows.add(row.name, row.line, row.body);
  }

  /** Lets go of the rows that were appended, as far as they are still held in memory. */
  flush(): void {
    this.#rows.finish();
  }

  /** Stages bad rows; whoever reads the file sees them at once. */
  addFaults(rows: readonly BadRow[]): void {
    for (const row of rows) {
      const name = row.name ?? null;
      const partition = name === null ? null : partitionOf(name);
      let cells: string | null = JSON.stringify(row.cells);
      for (const fault of row.faults) {
        this.#insertFaultQuery.run(row.line, fault.column, fault.reason, name, partition, cells);
        cells = null;
      }
    }
    this.#database.exec('COMMIT; BEGIN');
  }

  /** Built after loading. True when every name stands once. */
  buildIndex(): boolean {
    this.#rows.finish();
    this.#database.exec('COMMIT');
    this.#database.exec(
      'CREATE INDEX row_fault_by_name ON row_fault (partition, name) WHERE name IS NOT NULL',
    );
    return buildNameIndexes(this.#database, 'desired');
  }

  /**
   * Rows whose name stands more than once, streamed, ordered by name, then line. After buildIndex.
   * Nothing else may be called while it runs.
   */
  repeatedRows(): IterableIterator<DesiredRow> {
    this.#database.exec('CREATE TEMP TABLE repeated (name TEXT, line INTEGER, text TEXT)');
    runEachPartition(
      this.#database,
      `INSERT INTO temp.repeated SELECT name, line, text FROM desired_{p} WHERE name IN (${REPEATED_NAMES})`,
    );
    return this.#database
      .prepare<[], DesiredRow>(
        `SELECT name, line, ${BODY_OF_TEXT} AS body FROM temp.repeated ORDER BY name, line`,
      )
      .iterate();
  }

  /** Keeps one row of each name. Returns how many rows it dropped. After buildIndex. */
  dropRepeated(keep: 'first' | 'last'): number {
    const preferred = keep === 'first' ? '<' : '>';
    return runEachPartition(
      this.#database,
      `DELETE FROM desired_{p}
       WHERE name IN (${REPEATED_NAMES})
         AND EXISTS (SELECT 1 FROM desired_{p} AS other
                     WHERE other.name = desired_{p}.name AND other.line ${preferred} desired_{p}.line)`,
    );
  }

  /** Drops good rows whose name a bad row carries too: that name is protected wholly. After buildIndex. */
  dropProtected(): number {
    return runEachPartition(
      this.#database,
      'DELETE FROM desired_{p} WHERE name IN (SELECT name FROM row_fault WHERE partition = {p} AND name IS NOT NULL)',
    );
  }

  /** Good rows staged. */
  count(): number {
    this.#rows.finish();
    return sumOverPartitions(this.#database, 'SELECT count(*) FROM desired_{p}');
  }

  /** From here the snapshot may be diffed. Nothing may be staged after it. */
  seal(seal: DesiredSeal): void {
    this.#database
      .prepare('INSERT INTO seal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        seal.digest,
        seal.byteCount,
        seal.rowCount,
        seal.badRowCount,
        seal.unusableNameCount,
        seal.desiredCount,
        seal.endsWithoutLineEnd ? 1 : 0,
        JSON.stringify(seal.columns),
        JSON.stringify(seal.managedMembers),
      );
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/** The reading side of a staging file, for whoever plans or reports from it. */
export class DesiredSnapshot implements Disposable {
  readonly #database: Database.Database;

  /** Opens a staging file that exists. */
  constructor(file: string) {
    this.#database = openForReading(file);
  }

  /** What was proved, or undefined for a file whose reading did not come to its end. */
  readSeal(): DesiredSeal | undefined {
    try {
      const row: unknown = this.#database.prepare('SELECT * FROM seal').get();
      return row === undefined ? undefined : decodeSeal(row);
    } catch (error) {
      // No table yet, or a file cut by a kill: both mean that no seal was written.
      if (error instanceof Database.SqliteError) return undefined;
      throw error;
    }
  }

  /** Bad rows in the file's order, streamed. */
  *badRows(): Generator<BadRow> {
    const rows = this.#database
      .prepare<[], FaultRow>('SELECT line, "column", reason, name, cells FROM row_fault ORDER BY rowid')
      .iterate();
    let current: { line: number; name: string | undefined; cells: readonly string[] } | undefined;
    let faults: { column: string; reason: string }[] = [];
    for (const row of rows) {
      if (row.cells !== null) {
        if (current !== undefined) yield { ...current, faults };
        current = { line: row.line, name: row.name ?? undefined, cells: decodeList(row.cells) };
        faults = [];
      }
      faults.push({ column: row.column, reason: row.reason });
    }
    if (current !== undefined) yield { ...current, faults };
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

interface FaultRow {
  readonly line: number;
  readonly column: string;
  readonly reason: string;
  readonly name: string | null;
  readonly cells: string | null;
}

interface SealRow {
  readonly digest: string;
  readonly byte_count: number;
  readonly row_count: number;
  readonly bad_row_count: number;
  readonly unusable_name_count: number;
  readonly desired_count: number;
  readonly ends_without_line_end: number;
  readonly columns: string;
  readonly managed_members: string;
}

function decodeSeal(value: unknown): DesiredSeal {
  const row = value as SealRow;
  return {
    digest: row.digest,
    byteCount: row.byte_count,
    rowCount: row.row_count,
    badRowCount: row.bad_row_count,
    unusableNameCount: row.unusable_name_count,
    desiredCount: row.desired_count,
    endsWithoutLineEnd: row.ends_without_line_end === 1,
    columns: decodeList(row.columns),
    managedMembers: decodeList(row.managed_members),
  };
}

function decodeList(text: string): readonly string[] {
  return JSON.parse(text) as string[];
}
