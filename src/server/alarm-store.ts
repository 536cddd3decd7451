// One SQLite file <-> the alarms of the reference service: definitions kept as they came, a version for each, pages in name order.

import type Database from 'better-sqlite3';
import { crc32 } from 'node:zlib';

import type { ALARM_STATES, AlarmDefinition } from '../alarm/alarm.ts';
import { nameFault } from '../alarm/alarm.ts';
import { AlarmSyncError } from '../alarm/errors.ts';
import { isJsonObject, parseJson, stringifyJson } from '../alarm/json.ts';
import { openAlarmFile } from './alarm-file.ts';
import { readCursor, writeCursor } from './cursor.ts';

export interface AlarmStoreSettings {
  /** Path of the database, created with mode 0600 when missing; `:memory:` for one that ends with the process. */
  readonly file: string;
  /** False to accept one name several times, as some services do. */
  readonly namesAreUnique: boolean;
  /** True: a commit survives the process and, but for the last ones, a power cut. False: faster, survives the process only. */
  readonly durable: boolean;
}

/** An alarm as stored. Shape: `{"name": "disk-full", "paramsText": "{\"threshold\":\"90\"}", "etag": "\"4f…\""}`. */
export interface StoredAlarm {
  readonly name: string;
  /** JSON text of `params`. */
  readonly paramsText: string;
  /** Differs after every write; quoted as HTTP wants it. Opaque. */
  readonly etag: string;
}

export interface StoredPageRequest {
  /** Alarms on the page at most, from 1. */
  readonly limit: number;
  /** Where the page before ended; from the start when absent. */
  readonly cursor?: string;
  /** True to begin with the alarm the cursor stands on, which the page before has shown already. */
  readonly repeatsLast?: boolean;
}

export interface StoredPage {
  readonly alarms: readonly StoredAlarm[];
  /** null on the last page. Opaque. */
  readonly nextCursor: string | null;
}

interface Row {
  readonly id: number;
  readonly name: string;
  readonly params: string;
  readonly version: number;
}

const WALK_PAGE_COUNT = 1000;

// Names compare as bytes (SQLite's BINARY collation over UTF-8); the id orders alarms of one name.
const PAGE = (comparison: '>' | '>='): string =>
  `SELECT id, name, params, version FROM alarm WHERE (name, id) ${comparison} (?, ?) ORDER BY name, id LIMIT ?`;

/**
 * The alarms of one reference service. Several stores, in other threads or processes, may share a file.
 * Where a name is held twice, read, update, delete and setState mean the older alarm.
 */
export class AlarmStore implements Disposable {
  readonly #database: Database.Database;
  readonly #namesAreUnique: boolean;
  readonly #insertQuery: Database.Statement<[string, string]>;
  readonly #insertUniqueQuery: Database.Statement<[string, string, string]>;
  readonly #readQuery: Database.Statement<[string], Row>;
  readonly #updateQuery: Database.Statement<[string, number, number | null]>;
  readonly #deleteQuery: Database.Statement<[number, number | null]>;
  readonly #pageAfterQuery: Database.Statement<[string, number, number], Row>;
  readonly #pageFromQuery: Database.Statement<[string, number, number], Row>;
  readonly #countQuery: Database.Statement<[], number>;
  readonly #foreignCommitsQuery: Database.Statement<[], number>;
  /** Counting millions takes tens of milliseconds, which every page would pay: counted again only when another connection wrote. */
  #total: { count: number; foreignCommits: number } | undefined;

  /**
   * Opens the file, and makes it when it is missing.
   * @throws {ALARMSYNC_SERVICE_ADDRESS} when the file cannot be opened or is no database.
   * @throws {ALARMSYNC_SERVICE_FOREIGN} when it is the database of another program.
   */
  constructor(settings: AlarmStoreSettings) {
    this.#database = openAlarmFile(settings.file, settings.durable);
    this.#namesAreUnique = settings.namesAreUnique;
    const database = this.#database;
    this.#insertQuery = database.prepare('INSERT INTO alarm (name, params) VALUES (?, ?)');
    this.#insertUniqueQuery = database.prepare(
      'INSERT INTO alarm (name, params) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM alarm WHERE name = ?)',
    );
    this.#readQuery = database.prepare(
      'SELECT id, name, params, version FROM alarm WHERE name = ? ORDER BY id LIMIT 1',
    );
    this.#updateQuery = database.prepare(
      'UPDATE alarm SET params = ?, version = version + 1 WHERE id = ? AND version = ifnull(?, version)',
    );
    this.#deleteQuery = database.prepare('DELETE FROM alarm WHERE id = ? AND version = ifnull(?, version)');
    this.#pageAfterQuery = database.prepare(PAGE('>'));
    this.#pageFromQuery = database.prepare(PAGE('>='));
    this.#countQuery = database.prepare<[], number>('SELECT count(*) FROM alarm').pluck();
    this.#foreignCommitsQuery = database.prepare<[], number>('PRAGMA data_version').pluck();
  }

  /**
   * Adds an alarm.
   * @throws {ALARMSYNC_SERVICE_REFUSED} when the name breaks the rules of a name.
   * @throws {ALARMSYNC_SERVICE_EXISTS} when the name is taken and names are unique.
   */
  create(definition: AlarmDefinition): void {
    const { name } = definition;
    const fault = nameFault(name);
    if (fault !== undefined) throw new AlarmSyncError('ALARMSYNC_SERVICE_REFUSED', fault);
    const paramsText = stringifyJson(definition.params);
    const { changes } = this.#namesAreUnique
      ? this.#insertUniqueQuery.run(name, paramsText, name)
      : this.#insertQuery.run(name, paramsText);
    if (changes === 0) throw existsError(name);
    this.#countChange(1);
  }

  /** The alarm of that name, or undefined when there is none. */
  read(name: string): StoredAlarm | undefined {
    const row = this.#readQuery.get(name);
    return row === undefined ? undefined : storedAlarm(row);
  }

  /**
   * Replaces `params` whole.
   * @throws {ALARMSYNC_SERVICE_MISSING} when there is no such alarm.
   * @throws {ALARMSYNC_SERVICE_CHANGED} when its etag is none of `ifMatch` (an If-Match value: etags, or `*`).
   */
  update(definition: AlarmDefinition, ifMatch?: string): void {
    const row = this.#rowToWrite(definition.name, ifMatch);
    const expectedVersion = ifMatch === undefined ? null : row.version;
    const { changes } = this.#updateQuery.run(stringifyJson(definition.params), row.id, expectedVersion);
    if (changes === 0) throw overtakenError(definition.name, ifMatch);
  }

  /**
   * Removes the alarm.
   * @throws {ALARMSYNC_SERVICE_MISSING} when there is no such alarm.
   * @throws {ALARMSYNC_SERVICE_CHANGED} when its etag is none of `ifMatch`.
   */
  delete(name: string, ifMatch?: string): void {
    const row = this.#rowToWrite(name, ifMatch);
    const { changes } = this.#deleteQuery.run(row.id, ifMatch === undefined ? null : row.version);
    if (changes === 0) throw overtakenError(name, ifMatch);
    this.#countChange(-1);
  }

  /**
   * Sets the alarm's state as the service does when it fires or clears: weather, which changes the etag too.
   * @throws {ALARMSYNC_SERVICE_MISSING} when there is no such alarm.
   */
  setState(name: string, state: (typeof ALARM_STATES)[number]): void {
    const setMember = this.#database.transaction(() => {
      const alarm = this.read(name);
      if (alarm === undefined) throw missingError(name);
      const { params } = definitionOf(alarm);
      this.update({ name, params: { ...params, alarm_state: state } });
    });
    setMember.immediate();
  }

  /**
   * One page, in byte order of the names. Alarms that stay in place all through a walk are each met once,
   * whatever is inserted or deleted meanwhile.
   * @throws {ALARMSYNC_SERVICE_REFUSED} when the cursor is none of ours.
   */
  listPage(request: StoredPageRequest): StoredPage {
    const from = request.cursor === undefined ? { name: '', id: 0 } : readCursor(request.cursor);
    const isRepeating = request.repeatsLast === true && request.cursor !== undefined;
    // A page that only repeats would never come to an end.
    const limit = isRepeating ? Math.max(2, request.limit) : request.limit;
    const query = isRepeating ? this.#pageFromQuery : this.#pageAfterQuery;
    const rows = query.all(from.name, from.id, limit + 1);
    const hasMore = rows.length > limit;
    if (hasMore) rows.pop();
    const last = rows.at(-1);
    return {
      alarms: rows.map(storedAlarm),
      nextCursor: hasMore && last !== undefined ? writeCursor(last) : null,
    };
  }

  /** How many alarms there are. */
  total(): number {
    const foreignCommits = this.#foreignCommitsQuery.get() ?? 0;
    if (this.#total?.foreignCommits !== foreignCommits) {
      this.#total = { count: this.#countQuery.get() ?? 0, foreignCommits };
    }
    return this.#total.count;
  }

  /** Every alarm in name order, a page in memory at a time; writes may go on meanwhile. */
  *[Symbol.iterator](): IterableIterator<StoredAlarm> {
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const page = this.listPage({ limit: WALK_PAGE_COUNT, ...(cursor === undefined ? {} : { cursor }) });
      yield* page.alarms;
      cursor = page.nextCursor;
    }
  }

  /**
   * Adds many alarms in one transaction, names unchecked, so that a service holding names no file may have can be made.
   * Returns how many. Into an empty store the name index is built at the end: measured with 1 000 000 rows in random order, 3 times as fast.
   * @throws {ALARMSYNC_SERVICE_EXISTS} when a name is taken or comes twice and names are unique; then nothing is added.
   */
  importDefinitions(definitions: Iterable<AlarmDefinition>): number {
    const database = this.#database;
    const importAll = database.transaction((): number => {
      const isEmpty = this.#pageAfterQuery.get('', 0, 1) === undefined;
      if (isEmpty) database.exec('DROP INDEX alarm_by_name');
      let addedCount = 0;
      for (const { name, params } of definitions) {
        this.#insertQuery.run(name, stringifyJson(params));
        addedCount += 1;
      }
      if (isEmpty) database.exec('CREATE INDEX alarm_by_name ON alarm (name)');
      if (this.#namesAreUnique) this.#refuseRepeatedName();
      return addedCount;
    });
    this.#total = undefined;
    return importAll.immediate();
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #refuseRepeatedName(): void {
    const repeated = this.#database
      .prepare<[], string>('SELECT name FROM alarm GROUP BY name HAVING count(*) > 1 LIMIT 1')
      .pluck()
      .get();
    if (repeated !== undefined) throw existsError(repeated);
  }

  #rowToWrite(name: string, ifMatch: string | undefined): Row {
    const row = this.#readQuery.get(name);
    if (row === undefined) throw missingError(name);
    if (ifMatch !== undefined && !matchesEtag(ifMatch, etagOf(row))) throw changedError(name);
    return row;
  }

  #countChange(difference: 1 | -1): void {
    if (this.#total !== undefined) this.#total.count += difference;
  }
}

/** The definition that a stored alarm stands for. */
export function definitionOf(alarm: StoredAlarm): AlarmDefinition {
  const params = parseJson(alarm.paramsText);
  return { name: alarm.name, params: isJsonObject(params) ? params : {} };
}

function storedAlarm(row: Row): StoredAlarm {
  return { name: row.name, paramsText: row.params, etag: etagOf(row) };
}

// Id and version differ after every write to one file; the checksum tells a file put back from a copy, which repeats them.
function etagOf(row: Row): string {
  return `"${row.id.toString(36)}-${row.version.toString(36)}-${crc32(row.params).toString(36)}"`;
}

function matchesEtag(ifMatch: string, etag: string): boolean {
  return ifMatch.split(',').some((part) => part.trim() === '*' || part.trim() === etag);
}

function existsError(name: string): AlarmSyncError {
  return new AlarmSyncError(
    'ALARMSYNC_SERVICE_EXISTS',
    `expected a name that is free, got ${JSON.stringify(name)}`,
    { failureClass: 'http_4xx_409' },
  );
}

function missingError(name: string): AlarmSyncError {
  return new AlarmSyncError(
    'ALARMSYNC_SERVICE_MISSING',
    `expected an alarm that exists, got ${JSON.stringify(name)}`,
    { failureClass: 'http_4xx_404' },
  );
}

function changedError(name: string): AlarmSyncError {
  return new AlarmSyncError(
    'ALARMSYNC_SERVICE_CHANGED',
    `expected ${JSON.stringify(name)} to have the etag given, got a newer one`,
    { failureClass: 'http_4xx_other' },
  );
}

// Between our look and our write another connection was faster: it changed the row, or removed it.
function overtakenError(name: string, ifMatch: string | undefined): AlarmSyncError {
  return ifMatch === undefined ? missingError(name) : changedError(name);
}
