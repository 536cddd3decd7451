// Databases attached to a plan file, and what is asked of them.

import { readFileSync } from 'node:fs';

import type Database from 'better-sqlite3';

import { bodyOfText } from '../../alarm/params-text.ts';

/** Holds a partition of several million rows. A diff of a million rows a side takes the same time with 4, 16 and 32 MiB. */
const CACHE_KIB = 8192;

export function attach(
  database: Database.Database,
  file: string,
  schema: 'desired' | 'existing' | 'undone' | `sieved_${number}`,
): void {
  database.prepare(`ATTACH ? AS ${schema}`).run(file);
  database.pragma(`${schema}.cache_size = -${CACHE_KIB}`);
}

/** The text of an SQL file beside the stage's modules. */
export function sqlOf(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8');
}

/** @param rows what follows FROM, from this program alone */
export function count(database: Database.Database, rows: string): number {
  return database.prepare<[], number>(`SELECT count(*) FROM ${rows}`).pluck().get() ?? 0;
}

/** Names in scope on each side, and alarms of the whole service, as they were counted into `temp.counted`. */
export function readCounted(database: Database.Database): {
  readonly desiredInScopeCount: number;
  readonly existingInScopeCount: number;
  readonly existingCount: number;
} {
  const row = database
    .prepare<
      [],
      { readonly desired_in_scope: number; readonly existing_in_scope: number; readonly existing: number }
    >('SELECT * FROM temp.counted')
    .get();
  return {
    desiredInScopeCount: row?.desired_in_scope ?? 0,
    existingInScopeCount: row?.existing_in_scope ?? 0,
    existingCount: row?.existing ?? 0,
  };
}

/** Defines the SQL function `body_of`: an abbreviated text written out. */
export function defineBodyOf(database: Database.Database): void {
  database.function('body_of', { deterministic: true }, (text: unknown) =>
    typeof text === 'string' ? bodyOfText(text) : null,
  );
}
