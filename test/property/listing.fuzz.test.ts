// A hostile service -> an error of ours, or a sealed listing that has every alarm its pages showed.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, it } from 'vitest';

import { AlarmSyncError } from '../../src/alarm/errors.ts';
import { listService } from '../../src/pipeline/listing/listing.ts';
import { readOnly } from '../../src/services/alarm-service.ts';
import { Pacer } from '../../src/services/pacer.ts';
import { createRestService } from '../../src/services/rest/rest.ts';
import { ExistingStaging } from '../../src/store/existing-staging.ts';
import { Workspace } from '../e2e/command-line.ts';
import { AWKWARD_NAMES, paramsOf, row } from '../e2e/world.ts';

interface Listed {
  readonly name: string;
  readonly params: unknown;
  readonly etag: string;
}

const PAGE_COUNT = 4;
const ALARMS: readonly Listed[] = AWKWARD_NAMES.map((name) => ({
  name,
  params: paramsOf(row(name)),
  etag: '"1"',
}));

/** A page before it is text, so that a test may spoil it. */
type Page = Record<string, unknown>;

function truePages(): readonly Page[] {
  const size = ALARMS.length / PAGE_COUNT;
  return Array.from({ length: PAGE_COUNT }, (_, index) => ({
    alarms: structuredClone(ALARMS.slice(index * size, (index + 1) * size)),
    next_cursor: index + 1 < PAGE_COUNT ? `c${index + 1}` : null,
    total: ALARMS.length,
  }));
}

/** The index of the page that a cursor asks for; the first for one that was never given. */
function pageIndexOf(cursor: string | null): number {
  const index = Number(/^c(\d)$/u.exec(cursor ?? '')?.[1] ?? 0);
  return index < PAGE_COUNT ? index : 0;
}

interface Outcome {
  readonly error: unknown;
  readonly names: ReadonlySet<string>;
  readonly twiceCount: number;
}

/** Lists a service that answers with these texts, by cursor, however often it is asked. */
async function listTexts(textOf: (cursor: string | null, requestCount: number) => string): Promise<Outcome> {
  let requestCount = 0;
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://service');
    requestCount += 1;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(textOf(searchParams.get('cursor'), requestCount));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  using workspace = new Workspace();
  const file = path.join(workspace.directory, 'existing.db');
  try {
    return await listFrom(`http://127.0.0.1:${port}`, file);
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

async function listFrom(url: string, file: string): Promise<Outcome> {
  using pacer = new Pacer({ perSecond: 0, burst: 1, concurrency: 1 });
  await using service = createRestService(
    { url, allowInsecure: false, concurrency: 2, requestTimeoutMs: 5000 },
    pacer,
  );
  let error: unknown;
  {
    using staging = new ExistingStaging(file);
    try {
      await listService(
        { reader: readOnly(service), staging },
        { pageSize: 10, retryCount: 0 },
        AbortSignal.timeout(20_000),
      );
    } catch (thrown) {
      error = thrown;
    }
  }
  using database = new Opened(file);
  const { isSealed } = database;
  expect(isSealed).toBe(error === undefined);
  return { error, names: new Set(database.names), twiceCount: database.twiceCount };
}

class Opened implements Disposable {
  readonly isSealed: boolean;
  readonly names: readonly string[];
  readonly twiceCount: number;
  readonly #database: Database.Database;

  constructor(file: string) {
    this.#database = new Database(file, { readonly: true });
    this.isSealed = this.#database.prepare('SELECT * FROM seal').all().length === 1;
    this.names = this.#database.prepare<[], string>('SELECT name FROM existing').pluck().all();
    this.twiceCount =
      this.#database.prepare<[], number>('SELECT count(*) FROM existing WHERE is_held_twice').pluck().get() ??
      0;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

function expectOurs(error: unknown): void {
  expect(error).toBeInstanceOf(AlarmSyncError);
  if (error instanceof AlarmSyncError) expect(error.code).toMatch(/^ALARMSYNC_(SERVICE|LISTING)_/u);
}

/** A place in JSON as a share of all its places, and what is put there. */
const change = fc.record({
  page: fc.integer({ min: 0, max: PAGE_COUNT - 1 }),
  at: fc.double({ min: 0, max: 0.9999, noNaN: true }),
  value: fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('__proto__', '', '\uD800', -1, 0.5, null, [], {}, 'c1', 'c2', ALARMS.length, ALARMS[0]),
  ),
  isRemoved: fc.boolean(),
});

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Replaces or removes one member or element, anywhere inside. */
function spoil(page: Page, at: number, isRemoved: boolean, value: unknown): void {
  const places: { readonly holder: Record<string, unknown>; readonly key: string }[] = [];
  const walk = (holder: Record<string, unknown>): void => {
    for (const [key, inner] of Object.entries(holder)) {
      places.push({ holder, key });
      if (isContainer(inner)) walk(inner);
    }
  };
  walk(page);
  const place = places[Math.floor(at * places.length)];
  if (place === undefined) return;
  const { holder, key } = place;
  if (Array.isArray(holder)) holder.splice(Number(key), 1, ...(isRemoved ? [] : [value]));
  else if (isRemoved) Reflect.deleteProperty(holder, key);
  else Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Names that a text shows, as another parser sees it; none for text that is no page. */
function namesIn(text: string): readonly string[] {
  let page: unknown;
  try {
    page = JSON.parse(text.replace(/^\uFEFF/u, '')); // as any HTTP client does, a BOM is passed over
  } catch {
    return [];
  }
  const list: unknown = isContainer(page) && !Array.isArray(page) ? page['alarms'] : page;
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) =>
    isContainer(item) && typeof item['name'] === 'string' ? [item['name']] : [],
  );
}

it('a page spoiled anywhere makes an error of ours, or every alarm shown is listed', async () => {
  await fc.assert(
    fc.asyncProperty(change, fc.boolean(), async ({ page, at, value, isRemoved }, isLasting) => {
      const pages = truePages();
      const truths = pages.map((item) => JSON.stringify(item));
      spoil(pages[page] ?? {}, at, isRemoved, value);
      const texts = pages.map((item) => JSON.stringify(item));

      const served: string[] = [];
      const outcome = await listTexts((cursor, requestCount) => {
        const index = pageIndexOf(cursor);
        const text = (isLasting || requestCount <= PAGE_COUNT ? texts : truths)[index] ?? '';
        if (cursor === null) served.length = 0; // a fresh listing
        served.push(text);
        return text;
      });

      if (outcome.error !== undefined) {
        expectOurs(outcome.error);
        return;
      }
      expect(outcome.names).toEqual(new Set(served.flatMap(namesIn)));
    }),
    { numRuns: 150 },
  );
});

it('a listing that states its true total is sealed whole, or not at all, whatever its pages lack', async () => {
  const trick = fc.constantFrom(
    'alarm left out',
    'page left out',
    'ends early',
    'cursor again',
    'page again',
    'cursor lost',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ trick, page: fc.nat(PAGE_COUNT - 1) }), { minLength: 1, maxLength: 3 }),
      async (tricks) => {
        const pages = truePages();
        for (const { trick: kind, page } of tricks) playTrick(pages, kind, page);
        const texts = pages.map((item) => JSON.stringify(item));

        const outcome = await listTexts((cursor) => texts[pageIndexOf(cursor)] ?? '');

        if (outcome.error === undefined)
          expect(outcome.names).toEqual(new Set(ALARMS.map(({ name }) => name)));
        else expectOurs(outcome.error);
      },
    ),
    { numRuns: 60 },
  );
});

function playTrick(pages: readonly Page[], trick: string, index: number): void {
  const page = pages[index];
  if (page === undefined || !Array.isArray(page['alarms'])) return;
  const next = pages[index + 1] ?? page;
  switch (trick) {
    case 'alarm left out':
      page['alarms'].pop();
      return;
    case 'page left out':
      page['next_cursor'] = next['next_cursor'];
      return;
    case 'ends early':
      page['next_cursor'] = null;
      return;
    case 'cursor again':
      page['next_cursor'] = 'c1';
      return;
    case 'page again':
      next['alarms'] = page['alarms'];
      return;
    case 'cursor lost':
      delete page['next_cursor'];
  }
}

it('an answer cut, or spoiled by some bytes, makes an error of ours, or every alarm shown is listed', async () => {
  const spoiling = fc.record({
    isPaged: fc.boolean(),
    page: fc.nat(PAGE_COUNT - 1),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removedCount: fc.constantFrom(0, 1, 3, 50, 1e6),
    inserted: fc.oneof(
      fc.constantFrom('', '"', ']', '}', '[', '{', ',', '\\', '\u0000', '\uFEFF', '[]', '{}'),
      fc.string({ maxLength: 4 }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(spoiling, async ({ isPaged, page, at, removedCount, inserted }) => {
      const texts = isPaged ? truePages().map((item) => JSON.stringify(item)) : [JSON.stringify(ALARMS)];
      const index = isPaged ? page : 0;
      const text = texts[index] ?? '';
      const position = Math.floor(at * text.length);
      texts[index] = text.slice(0, position) + inserted + text.slice(position + removedCount);

      const served = new Set<string>();
      const outcome = await listTexts((cursor) => {
        const answer = texts[pageIndexOf(cursor)] ?? '';
        served.add(answer);
        return answer;
      });

      if (outcome.error !== undefined) expectOurs(outcome.error);
      else expect(outcome.names).toEqual(new Set([...served].flatMap(namesIn)));
    }),
    { numRuns: 150 },
  );
});
