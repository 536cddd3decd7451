// The tables of a staged listing, and a file that has them.

import Database from 'better-sqlite3';

import { BODY_OF_TEXT } from './body-of-text.ts';
import { readBootId } from './boot.ts';
import { eachPartition, overPartitions } from './partition.ts';
import { openOwned, removeDatabase, tuneForLoading } from './sqlite.ts';

const SCHEMA = `
-- Dealt out by name. text: JSON of params, abbreviated.
${eachPartition(`
CREATE TABLE existing_{p} (
  name           TEXT NOT NULL,
  text           TEXT NOT NULL,
  page_number    INTEGER NOT NULL,
  handle         TEXT,
  etag           TEXT,
  raw            TEXT,
  is_addressable INTEGER NOT NULL DEFAULT 1,
  is_held_twice  INTEGER NOT NULL DEFAULT 0
);`).join('')}
-- All of them with their texts written out. A view, since a generated column would be computed for each row that is inserted.
CREATE VIEW existing AS
SELECT name, ${BODY_OF_TEXT} AS body, handle, etag, raw, page_number, is_addressable, is_held_twice
FROM (${overPartitions('SELECT * FROM existing_{p}')});
CREATE TABLE machine (boot_id TEXT);   -- one row; NULL where it is not known
CREATE TABLE seen_cursor (cursor TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE checkpoint (cursor TEXT, page_number INTEGER NOT NULL, total INTEGER);  -- one row at most
CREATE TABLE seal (existing_count INTEGER NOT NULL);   -- one row once the listing is proved whole, none before
`;

/** Of the schema above. A listing that another version began is listed anew. */
const LAYOUT_VERSION = 4;

/**
 * Opens the file as a process left it, or empty. What another version left is removed first, and so is what was left before the
 * machine was started anew.
 *
 * What a process wrote outlives it in the system's memory, so nothing waits for the disk. A power cut may take any part of that, and a
 * file that may lack a part is no evidence. Where the system does not say when it was started, commits wait for the disk instead.
 */
export function openExistingFile(file: string): Database.Database {
  const bootId = readBootId() ?? null;
  let database = openOwned(file);
  const isGoneOnWith = isCurrent(database, bootId);
  if (!isGoneOnWith) {
    database.close();
    removeDatabase(file);
    database = openOwned(file);
  }
  tuneForLoading(database);
  // Rows are only added: the journal of a commit holds the last page of each table.
  database.pragma('journal_mode = DELETE');
  database.pragma(`synchronous = ${bootId === null ? 'NORMAL' : 'OFF'}`);
  if (!isGoneOnWith) makeTables(database, bootId);
  return database;
}

function isCurrent(database: Database.Database, bootId: string | null): boolean {
  try {
    if (database.pragma('user_version', { simple: true }) !== LAYOUT_VERSION) return false;
    return database.prepare('SELECT 1 FROM machine WHERE boot_id IS ?').get(bootId) !== undefined;
  } catch (error) {
    if (error instanceof Database.SqliteError && DAMAGE.test(error.code)) return false;
    throw error;
  }
}

/** SQLite's codes for a file that a power cut took a part of. */
const DAMAGE = /^SQLITE_(?:CORRUPT|NOTADB)/u;

function makeTables(database: Database.Database, bootId: string | null): void {
  database.transaction(() => {
    database.exec(SCHEMA);
    database.prepare('INSERT INTO machine VALUES (?)').run(bootId);
    database.pragma(`user_version = ${LAYOUT_VERSION}`);
  })();
}
