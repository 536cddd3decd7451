// Two sealed staging files -> the names that are not on both sides alike to the byte, partition by partition.

import type Database from 'better-sqlite3';

import { eachPartition } from '../../store/partition.ts';
import { openOwned, removeDatabase } from '../../store/sqlite.ts';
import { attach, sqlOf } from './attached.ts';

/** What is looked at, as GLOB patterns; null for all, none and none. */
export interface SieveSettings {
  readonly scope: string | null;
  readonly exclude: string | null;
  readonly protect: string | null;
}

/** Some of the partitions: every `count`th from `number` on, which is from 0. */
export interface Share {
  readonly number: number;
  readonly count: number;
}

/** Paths of the two staging files, both closed or idle. */
export interface SealedFiles {
  readonly desiredFile: string;
  readonly existingFile: string;
}

/** Sieves a share into a file of its own, so that shares can be sieved at once. A file that is there is replaced. */
export function sieveIntoFile(file: string, files: SealedFiles, settings: SieveSettings, share: Share): void {
  removeDatabase(file);
  const database = openOwned(file);
  try {
    // Who needs it reads it at once, or not at all.
    database.pragma('journal_mode = OFF');
    database.pragma('synchronous = OFF');
    attach(database, files.desiredFile, 'desired');
    attach(database, files.existingFile, 'existing');
    makeTables(database, 'main');
    sieve(database, settings, share);
  } finally {
    database.close();
  }
}

/** Sieves everything into temporary tables of a database to which both files are attached. */
export function sieveAll(database: Database.Database, settings: SieveSettings): void {
  makeTables(database, 'temp');
  sieve(database, settings, { number: 0, count: 1 });
}

/**
 * Puts shares that were sieved apart together, in the same temporary tables. Removes their files: much may differ.
 * By name, since operations are made in that order, each with a look at its row here: with a million deletes the diff takes 12.4 s,
 * 30.9 s with the rows as they were dealt out.
 */
export function gatherShares(database: Database.Database, sievedFiles: readonly string[]): void {
  makeTables(database, 'temp');
  const schemas = sievedFiles.map((_, number) => `sieved_${number}`);
  sievedFiles.forEach((file, number) => attach(database, file, `sieved_${number}`));
  database.exec(`
    INSERT INTO temp.unlike SELECT * FROM (${unionAll('unlike', schemas)}) ORDER BY name;
    UPDATE temp.counted SET (desired_in_scope, existing_in_scope, existing) =
      (SELECT sum(desired_in_scope), sum(existing_in_scope), sum(existing) FROM (${unionAll('counted', schemas)}))`);
  for (const schema of schemas) database.exec(`DETACH ${schema}`);
  sievedFiles.forEach(removeDatabase);
}

function unionAll(table: string, schemas: readonly string[]): string {
  return schemas.map((schema) => `SELECT * FROM ${schema}.${table}`).join(' UNION ALL ');
}

export function dropSieved(database: Database.Database): void {
  database.exec('DROP TABLE temp.unlike; DROP TABLE temp.counted');
}

function makeTables(database: Database.Database, schema: 'main' | 'temp'): void {
  database.exec(`
    CREATE TABLE ${schema}.unlike (
      name TEXT, line INTEGER, desired_text TEXT, existing_text TEXT, handle TEXT, etag TEXT, raw TEXT,
      is_addressable INTEGER, is_held_twice INTEGER DEFAULT 0, is_protected INTEGER
    );
    CREATE TABLE ${schema}.counted AS SELECT 0 AS desired_in_scope, 0 AS existing_in_scope, 0 AS existing`);
}

function sieve(database: Database.Database, settings: SieveSettings, share: Share): void {
  const { scope, exclude, protect } = settings;
  database.exec(`
    -- Names of bad rows: protected wholly, since nobody knows what the row meant.
    CREATE TEMP TABLE doubtful AS SELECT DISTINCT name FROM desired.row_fault WHERE name IS NOT NULL;
    CREATE UNIQUE INDEX temp.doubtful_by_name ON doubtful (name);
    CREATE TEMP TABLE looked_at (scope, exclude, protect)`);
  database.prepare('INSERT INTO temp.looked_at VALUES (?, ?, ?)').run(scope, exclude, protect);
  const ofShare = eachPartition(sqlOf('sieve.sql')).filter(
    (_, partition) => partition % share.count === share.number,
  );
  for (const sql of ofShare) database.exec(sql);
  database.exec(`
    -- What is never operated on stands there even when its name is doubtful, but then as not wanted.
    UPDATE unlike SET line = NULL, desired_text = NULL WHERE name IN (SELECT name FROM temp.doubtful);
    DROP TABLE temp.doubtful; DROP TABLE temp.looked_at`);
}
