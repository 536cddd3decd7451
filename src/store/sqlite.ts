// A path -> an open SQLite file that only its owner can read.

import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';

import Database from 'better-sqlite3';

/** How long a statement waits for another connection's lock. */
const BUSY_TIMEOUT_MS = 10_000;

/** Makes the directory (0700) and the file (0600) when they are missing, and opens the file. */
export function openOwned(file: string): Database.Database {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
  return new Database(file, { timeout: BUSY_TIMEOUT_MS });
}

/** Opens an existing file for reading only; works on read-only media. */
export function openForReading(file: string): Database.Database {
  return new Database(file, { timeout: BUSY_TIMEOUT_MS, readonly: true, fileMustExist: true });
}
