// Databases attached to a plan file, and what is asked of them.

import type Database from 'better-sqlite3';

import { isJsonObject, parseJson, type JsonObject } from '../../alarm/json.ts';

/** Holds most of an index by name. A diff of a million rows a side took 2.7 s with 8 MiB, 2.2 s with 16, 2.1 s with 32. */
const CACHE_KIB = 16_384;

export function attach(
  database: Database.Database,
  file: string,
  schema: 'desired' | 'existing' | 'undone',
): void {
  database.prepare(`ATTACH ? AS ${schema}`).run(file);
  database.pragma(`${schema}.cache_size = -${CACHE_KIB}`);
}

/** @param rows what follows FROM, from this program alone */
export function count(database: Database.Database, rows: string): number {
  return database.prepare<[], number>(`SELECT count(*) FROM ${rows}`).pluck().get() ?? 0;
}

/** The params in a JSON text of a database; empty when the text holds no object. */
export function decodeBody(text: unknown): JsonObject {
  const value = parseJson(String(text));
  return isJsonObject(value) ? value : {};
}
