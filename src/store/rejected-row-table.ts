// The rows of the file that were passed over as bad, kept in the plan file so that reports need nothing else.

import type Database from 'better-sqlite3';

export interface RejectedRow {
  /** Line on which the record starts, the header being line 1. */
  readonly line: number;
  /** The cells as they stand in the file. */
  readonly cells: readonly string[];
  /** Every reason, each with its column. Shape: `threshold: expected …`. */
  readonly reasons: readonly string[];
}

/** How many rows were rejected for a column. */
export interface RejectedColumn {
  readonly columnName: string;
  readonly rowCount: number;
}

interface Row {
  readonly line: number;
  readonly cells: string | null;
  readonly reasons: string;
}

export class RejectedRowTable {
  readonly #database: Database.Database;

  constructor(database: Database.Database) {
    this.#database = database;
  }

  /** In the order of the file. */
  *iterate(): Generator<RejectedRow> {
    const rows = this.#database
      .prepare<[], Row>(
        `SELECT line, max(cells) AS cells, json_group_array(column_name || ': ' || reason) AS reasons
         FROM rejected_row GROUP BY line ORDER BY line`,
      )
      .iterate();
    for (const row of rows) {
      yield { line: row.line, cells: decodeTexts(row.cells ?? '[]'), reasons: decodeTexts(row.reasons) };
    }
  }

  /** By column, the most frequent first; a row with faults in two columns counts in both. */
  countsByColumn(): readonly RejectedColumn[] {
    return this.#database
      .prepare<[], RejectedColumn>(
        `SELECT column_name AS columnName, count(DISTINCT line) AS rowCount
         FROM rejected_row GROUP BY 1 ORDER BY rowCount DESC, 1`,
      )
      .all();
  }

  /** Rows of the file: one with three reasons counts once. */
  count(): number {
    return (
      this.#database.prepare<[], number>('SELECT count(DISTINCT line) FROM rejected_row').pluck().get() ?? 0
    );
  }
}

function decodeTexts(text: string): readonly string[] {
  return JSON.parse(text) as readonly string[];
}
