// The tables of a staged listing, and a file that has them.

import type Database from 'better-sqlite3';

import { BODY_OF_TEXT } from './body-of-text.ts';
import { eachPartition, overPartitions } from './partition.ts';
import { openOwned, removeDatabase } from './sqlite.ts';

const SCHEMA = `
-- Dealt out by name. text: JSON of params, abbreviated.
${eachPartition(`
CREATE TABLE IF NOT EXISTS existing_{p} (
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
CREATE VIEW IF NOT EXISTS existing AS
SELECT name, ${BODY_OF_TEXT} AS body, handle, etag, raw, page_number, is_addressable, is_held_twice
FROM (${overPartitions('SELECT * FROM existing_{p}')});
CREATE TABLE IF NOT EXISTS seen_cursor (cursor TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoint (cursor TEXT, page_number INTEGER NOT NULL, total INTEGER);  -- one row at most
CREATE TABLE IF NOT EXISTS seal (existing_count INTEGER NOT NULL);   -- one row once the listing is proved whole, none before
`;

/** Of the schema above. A listing that another version began is listed anew. */
const LAYOUT_VERSION = 3;

/** Opens the file; one of another layout is removed first. */
export function openExistingFile(file: string): Database.Database {
  const database = openOwned(file);
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (isEmpty || database.pragma('user_version', { simple: true }) === LAYOUT_VERSION) return database;
  database.close();
  removeDatabase(file);
  return openOwned(file);
}

/** Makes what is missing in the file. */
export function makeExistingTables(database: Database.Database): void {
  database.transaction(() => {
    database.exec(SCHEMA);
    database.pragma(`user_version = ${LAYOUT_VERSION}`);
  })();
}
