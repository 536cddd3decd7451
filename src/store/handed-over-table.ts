// The queues to which a run handed operations over: whoever goes on with it ends those first.

import type Database from 'better-sqlite3';

/** A queue in which workers may still find operations of this run. */
export interface HandedOver {
  /** Without credentials, as it was given. */
  readonly queueAddress: string;
  readonly queueName: string;
  /** Of one request of a worker. */
  readonly requestTimeoutMs: number;
}

/** Made when it is needed: plans from before there were queues have none. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS handed_over (  -- queues in which workers may still find operations of this run
  queue_name         TEXT PRIMARY KEY,
  queue_address      TEXT NOT NULL,       -- of Redis, without credentials
  request_timeout_ms INTEGER NOT NULL
) STRICT`;

export class HandedOverTable {
  readonly #database: Database.Database;

  constructor(database: Database.Database) {
    this.#database = database;
  }

  /** Durable when this returns: before the first operation is handed over. */
  note(queue: HandedOver): void {
    this.#database.exec(SCHEMA);
    this.#database
      .prepare('INSERT INTO handed_over VALUES (@queueName, @queueAddress, @requestTimeoutMs)')
      .run(queue);
  }

  /** No worker finds anything there any more. */
  forget(queueName: string): void {
    this.#database.prepare('DELETE FROM handed_over WHERE queue_name = ?').run(queueName);
  }

  list(): readonly HandedOver[] {
    const isThere = this.#database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'handed_over'`).get();
    if (isThere === undefined) return [];
    return this.#database
      .prepare<[], HandedOver>(
        `SELECT queue_address AS queueAddress, queue_name AS queueName, request_timeout_ms AS requestTimeoutMs
         FROM handed_over`,
      )
      .all();
  }
}
