// The operations of one kind of definition -> counts over time, by failure, by name and by member; all of it grouped by SQLite.

import type Database from 'better-sqlite3';

import type { FailureClass } from '../alarm/errors.ts';
import { KNOWN_MEMBERS } from '../alarm/alarm.ts';
import { isJsonObject, parseJson, type JsonObject } from '../alarm/json.ts';
import { differingMembers, type CompareState } from '../alarm/meaning.ts';
import type { LedgerTables } from './plan-schema.ts';

/** From the first outcome that was written down to the last. */
export interface SettledSpan {
  readonly firstEpochMs: number;
  readonly lastEpochMs: number;
  readonly settledCount: number;
}

/** How the span is cut: bucket 0 begins at `fromEpochMs`. */
export interface Buckets {
  readonly fromEpochMs: number;
  readonly widthMs: number;
}

/** Operations of one bucket that took equally long. */
export interface LatencyCount {
  readonly bucket: number;
  readonly latencyMs: number;
  readonly doneCount: number;
  readonly undoneCount: number;
}

export interface FailureCount {
  readonly state: 'failed' | 'retryable' | 'conflict';
  readonly failureClass: FailureClass | null;
  readonly status: number | null;
  readonly count: number;
}

export interface ConflictCount {
  readonly message: string;
  readonly count: number;
}

/** Changes of names that begin alike. */
export interface NameGroup {
  /** Up to and with the first separator; null for names without one. */
  readonly prefix: string | null;
  readonly createCount: number;
  readonly updateCount: number;
  readonly deleteCount: number;
  readonly doneCount: number;
}

/** In how many updates each member changes its meaning. */
export interface MemberChangeCounts {
  readonly updateCount: number;
  readonly byMember: readonly { readonly member: string; readonly count: number }[];
  /** Updates in which no member that a file may have changes. */
  readonly otherCount: number;
}

/** Settled in earnest: `pending` is settled too when it goes back to be sent later. */
const IS_SETTLED = `settled_at_ms IS NOT NULL AND state IN ('done', 'failed', 'retryable', 'conflict')`;

/** Whole numbers are bound as floats, which would not be divided to a whole one. */
const BUCKET = `(settled_at_ms - CAST(@fromEpochMs AS INTEGER)) / CAST(@widthMs AS INTEGER)`;

/** A conflict from the start was never meant to be sent, so it is no change. */
const IS_CHANGE = `NOT (state = 'conflict' AND sent_at_ms IS NULL)`;

/**
 * A name up to and with its first separator, those it begins with passed over. Names are made of parts from the large to the
 * small, `team/host/check` or `web-01.cpu`, so what changes by mistake tends to share the first part.
 */
const PREFIX = `
  substr(name, 1, length(name) - length(ltrim(name, '/.-:')) + nullif(min(
    ifnull(nullif(instr(ltrim(name, '/.-:'), '/'), 0), 9999), ifnull(nullif(instr(ltrim(name, '/.-:'), '.'), 0), 9999),
    ifnull(nullif(instr(ltrim(name, '/.-:'), '-'), 0), 9999), ifnull(nullif(instr(ltrim(name, '/.-:'), ':'), 0), 9999)), 9999))`;

/** Reads only. Nothing here holds more than one row at a time but what it gives back. */
export class OperationStatistics {
  readonly #database: Database.Database;
  readonly #operation: string;
  readonly #image: string;

  constructor(database: Database.Database, { operation, image }: LedgerTables) {
    this.#database = database;
    this.#operation = operation;
    this.#image = image;
  }

  /** Undefined when nothing is settled. */
  settledSpan(): SettledSpan | undefined {
    return this.#database
      .prepare<[], SettledSpan>(
        `SELECT min(settled_at_ms) AS firstEpochMs, max(settled_at_ms) AS lastEpochMs, count(*) AS settledCount
         FROM ${this.#operation} WHERE ${IS_SETTLED} HAVING count(*) > 0`,
      )
      .get();
  }

  /** How many operations were settled in each bucket that has any. */
  settledCounts({ fromEpochMs, widthMs }: Buckets): ReadonlyMap<number, number> {
    const rows = this.#database
      .prepare<{ fromEpochMs: number; widthMs: number }, [bucket: number, count: number]>(
        `SELECT ${BUCKET} AS bucket, count(*) FROM ${this.#operation} WHERE ${IS_SETTLED} GROUP BY bucket`,
      )
      .raw()
      .all({ fromEpochMs, widthMs });
    return new Map(rows);
  }

  /**
   * Settled operations by bucket, and within each by latency, the least first; a clock that was set back makes it 0.
   * One with an unknown time of claim counts with latency 0: only a file that somebody edited has such.
   */
  *latencies({ fromEpochMs, widthMs }: Buckets): Generator<LatencyCount> {
    yield* this.#database
      .prepare<{ fromEpochMs: number; widthMs: number }, LatencyCount>(
        `SELECT ${BUCKET} AS bucket,
           max(0, settled_at_ms - ifnull(sent_at_ms, settled_at_ms)) AS latencyMs,
           sum(state = 'done') AS doneCount, sum(state <> 'done') AS undoneCount
         FROM ${this.#operation} WHERE ${IS_SETTLED}
         GROUP BY bucket, latencyMs ORDER BY bucket, latencyMs`,
      )
      .iterate({ fromEpochMs, widthMs });
  }

  /** What was not done, the most frequent first. */
  failures(): readonly FailureCount[] {
    return this.#database
      .prepare<[], FailureCount>(
        `SELECT state, failure_class AS failureClass, failure_status AS status, count(*) AS count
         FROM ${this.#operation} WHERE state IN ('failed', 'retryable')
         GROUP BY 1, 2, 3 ORDER BY count DESC, 1, 2, 3`,
      )
      .all();
  }

  /** Why operations are in conflict, the most frequent first. */
  conflicts(limitCount: number): readonly ConflictCount[] {
    return this.#database
      .prepare<[number], ConflictCount>(
        `SELECT ifnull(failure_message, '') AS message, count(*) AS count
         FROM ${this.#operation} WHERE state = 'conflict'
         GROUP BY 1 ORDER BY count DESC, 1 LIMIT ?`,
      )
      .all(limitCount);
  }

  changeCount(): number {
    return (
      this.#database
        .prepare<[], number>(`SELECT count(*) FROM ${this.#operation} WHERE ${IS_CHANGE}`)
        .pluck()
        .get() ?? 0
    );
  }

  /** The largest groups of changes by the beginning of the name, the largest first. */
  largestGroups(limitCount: number): readonly NameGroup[] {
    return this.#database
      .prepare<[number], NameGroup>(
        `SELECT ${PREFIX} AS prefix, sum(action = 'create') AS createCount, sum(action = 'update') AS updateCount,
           sum(action = 'delete') AS deleteCount, sum(state = 'done') AS doneCount
         FROM ${this.#operation} WHERE ${IS_CHANGE}
         GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT ?`,
      )
      .all(limitCount);
  }

  /**
   * Which members updates change in meaning. Images come one by one: comparing texts in SQL would count `3.0` to `3` as a change, and functions
   * of SQLite that call the same comparison take longer than calling it here.
   */
  changedMembers(compareState: CompareState): MemberChangeCounts {
    const counts = new Map<string, number>();
    let updateCount = 0;
    let otherCount = 0;
    const images = this.#database
      .prepare<[], [beforeParams: string | null, afterParams: string | null]>(
        `SELECT before_params, after_params
         FROM ${this.#operation} AS operation JOIN ${this.#image} AS image ON image.operation_id = operation.id
         WHERE action = 'update' AND ${IS_CHANGE}`,
      )
      .raw()
      .iterate();
    for (const [before, after] of images) {
      const members = differingMembers(
        decodeParams(before),
        decodeParams(after),
        KNOWN_MEMBERS,
        compareState,
      );
      for (const member of members) counts.set(member, (counts.get(member) ?? 0) + 1);
      updateCount += 1;
      if (members.length === 0) otherCount += 1;
    }
    const byMember = [...counts].map(([member, count]) => ({ member, count }));
    return {
      updateCount,
      otherCount,
      byMember: byMember.toSorted((left, right) => right.count - left.count),
    };
  }
}

function decodeParams(text: string | null): JsonObject {
  const params = parseJson(text ?? '{}');
  return isJsonObject(params) ? params : {};
}
