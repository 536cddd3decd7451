// A reader whose pages a test writes down, and a listing of it.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import path from 'node:path';

import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';

import { asAlarmSyncError, type AlarmSyncError } from '../src/alarm/errors.ts';
import type { JsonObject } from '../src/alarm/json.ts';
import { listService } from '../src/pipeline/listing/listing.ts';
import type { AlarmPage, AlarmReader, ListedAlarm, ListRequest } from '../src/services/alarm-service.ts';
import { ExistingStaging } from '../src/store/existing-staging.ts';
import { channelName } from '../src/telemetry/names.ts';
import { params, temporaryDirectory } from './plan.world.ts';

/** What one request is answered with: a page, several parts of one answer, an error, or both. */
export type Answer = AlarmPage | Error | readonly (AlarmPage | Error)[];

export function alarm(name: string, changes: JsonObject = {}, more: Partial<ListedAlarm> = {}): ListedAlarm {
  return { definition: { name, params: params(changes) }, ...more };
}

export function page(
  names: readonly (string | ListedAlarm)[],
  nextCursor: string | null,
  total?: number,
): AlarmPage {
  const alarms = names.map((name) => (typeof name === 'string' ? alarm(name) : name));
  return { alarms, nextCursor, ...(total === undefined ? {} : { total }) };
}

/** Answers each request for a page with the next answer of the script. As adapters do, it goes on until the last page. */
export class ScriptedReader implements AlarmReader {
  readonly identity = { address: 'http://scripted', account: '' };
  readonly capabilities = {
    maxPageSize: 1000,
    keptMembers: 'all',
    quotaPerSecond: {},
    hasConditionalWrites: true,
    createIsUpsert: false,
    namesAreUnique: false,
    writesState: true,
    maxDeleteBatch: 1,
  } as const;
  /** The cursors asked for, in order; `start` for none. */
  readonly cursors: string[] = [];
  readonly reads: string[] = [];
  readonly #answers: Answer[];
  readonly #live: ReadonlyMap<string, ListedAlarm | Error>;

  constructor(answers: readonly Answer[], live: readonly (readonly [string, ListedAlarm | Error])[] = []) {
    this.#answers = [...answers];
    this.#live = new Map(live);
  }

  canAddress(name: string): boolean {
    return name !== '..';
  }

  async *list(request: ListRequest): AsyncIterable<AlarmPage> {
    let { cursor } = request;
    for (;;) {
      this.cursors.push(cursor ?? 'start');
      const answer = this.#answers.shift() ?? new Error('expected no more requests');
      for (const part of Array.isArray(answer)
        ? (answer as readonly (AlarmPage | Error)[])
        : [answer as AlarmPage | Error]) {
        if (part instanceof Error) throw part;
        yield part;
        if (part.nextCursor === null) return;
        cursor = part.nextCursor;
      }
    }
  }

  async read(name: string): Promise<ListedAlarm | undefined> {
    this.reads.push(name);
    const live = this.#live.get(name);
    if (live instanceof Error) throw live;
    return live;
  }
}

export interface Listing {
  readonly count: number | undefined;
  readonly error: AlarmSyncError | undefined;
  /** Shape: `name: body`, by name; `twice` or `unaddressable` after it where it is so. */
  readonly rows: readonly string[];
  readonly isSealed: boolean;
  readonly diagnostics: readonly unknown[];
}

/** Lists that reader into a staging of its own and gives all that came of it. */
export async function list(reader: AlarmReader, retryCount = 2): Promise<Listing> {
  const file = path.join(temporaryDirectory(), 'existing.db');
  const diagnostics: unknown[] = [];
  const listener = (message: unknown): void => {
    diagnostics.push(message);
  };
  subscribe(channelName('diagnostic'), listener);
  onTestFinished(() => {
    unsubscribe(channelName('diagnostic'), listener);
  });
  let count: number | undefined;
  let error: AlarmSyncError | undefined;
  {
    using staging = new ExistingStaging(file);
    try {
      const snapshot = await listService(
        { reader, staging },
        { pageSize: 10, retryCount },
        new AbortController().signal,
      );
      count = snapshot.existingCount;
    } catch (thrown) {
      error = asAlarmSyncError(thrown);
    }
  }
  return { count, error, diagnostics, ...staged(file) };
}

function staged(file: string): Pick<Listing, 'rows' | 'isSealed'> {
  const database = new Database(file, { readonly: true });
  try {
    const rows = database
      .prepare<[], { name: string; body: string; is_held_twice: number; is_addressable: number }>(
        'SELECT * FROM existing ORDER BY name',
      )
      .all()
      .map((row) => {
        const { threshold } = JSON.parse(row.body) as { threshold: string };
        return `${row.name}: ${threshold}${row.is_held_twice ? ' twice' : ''}${row.is_addressable ? '' : ' unaddressable'}`;
      });
    return { rows, isSealed: database.prepare('SELECT * FROM seal').all().length === 1 };
  } finally {
    database.close();
  }
}
