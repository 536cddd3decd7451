// Listings: pages by cursor while the alarms move, pages that overlap, and everything at once.

import { describe, expect, test } from 'vitest';

import type { TestService } from './server.client.ts';
import { startTestService } from './server.client.ts';

interface Page {
  readonly alarms: readonly { readonly name: string }[];
  readonly next_cursor: string | null;
  readonly total?: number;
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `n${String(index).padStart(5, '0')}`);
}

function seed({ server }: TestService, names: readonly string[]): void {
  server.store.importDefinitions(names.map((name) => ({ name, params: { threshold: '1' } })));
}

async function walk(
  { call }: TestService,
  limit: number,
  meanwhile: (pageCount: number) => void = () => {},
): Promise<Page[]> {
  const pages: Page[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = (await call('GET', `/alarms?limit=${limit}${from}`)).body as Page;
    pages.push(page);
    meanwhile(pages.length);
    cursor = page.next_cursor;
  }
  return pages;
}

const namesOf = (pages: readonly Page[]): string[] =>
  pages.flatMap(({ alarms }) => alarms.map(({ name }) => name));

describe('pages by cursor', () => {
  test.each([
    [0, 10, 1],
    [9, 10, 1],
    [10, 10, 1],
    [11, 10, 2],
    [25, 1, 25],
  ])('give %i alarms at %i a page on %i pages, each once', async (count, limit, pageCount) => {
    const service = await startTestService();
    seed(service, numbered(count).toReversed());
    const pages = await walk(service, limit);
    expect(namesOf(pages)).toEqual(numbered(count));
    expect(pages.length).toBe(pageCount);
    expect(pages.every(({ total }) => total === count)).toBe(true);
  });

  test('are in byte order of the names', async () => {
    const service = await startTestService();
    const names = ['', 'a\nb', '\u{1F525}', '\uFF5E', 'Z', 'a', 'é', 'aa', 'A', '!', '10', '9'];
    seed(service, names);
    const ordered = names.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    expect(namesOf(await walk(service, 2))).toEqual(ordered);
  });

  test('meet every alarm that stays exactly once while others come and go', async () => {
    const service = await startTestService();
    const { store } = service.server;
    const staying = numbered(500).filter((_, index) => index % 2 === 0);
    const leaving = numbered(500).filter((_, index) => index % 2 === 1);
    seed(service, [...staying, ...leaving]);
    const met = namesOf(
      await walk(service, 10, (pageCount) => {
        for (const name of leaving.splice(0, 20)) store.delete(name);
        store.create({ name: `a-before-${pageCount}`, params: {} });
        store.create({ name: `n00250-${pageCount}`, params: {} });
        store.create({ name: `z-after-${pageCount}`, params: {} });
      }),
    );
    expect(new Set(met).size).toBe(met.length);
    expect(met.filter((name) => staying.includes(name))).toEqual(staying);
    expect(met.some((name) => name.startsWith('z-after'))).toBe(true);
  });

  test('go on after the alarm they stand on is deleted', async () => {
    const service = await startTestService();
    seed(service, numbered(30));
    const met = namesOf(
      await walk(service, 10, (pageCount) => {
        if (pageCount === 1) service.server.store.delete('n00009');
      }),
    );
    expect(met).toEqual(numbered(30));
  });

  test('give alarms of one name each once', async () => {
    const service = await startTestService({ store: { namesAreUnique: false } });
    seed(service, ['a', 'b', 'b', 'b', 'c']);
    expect(namesOf(await walk(service, 2))).toEqual(['a', 'b', 'b', 'b', 'c']);
  });

  test('hold 1000 alarms unless asked otherwise, and 10 000 at most', async () => {
    const service = await startTestService();
    seed(service, numbered(10_001));
    const sizeOf = async (query: string): Promise<number> =>
      ((await service.call('GET', `/alarms${query}`)).body as Page).alarms.length;
    expect(await sizeOf('')).toBe(1000);
    expect(await sizeOf('?limit=10001')).toBe(10_000);
  });

  test.each([
    'limit=0',
    'limit=-1',
    'limit=ten',
    'limit=',
    'limit=1&limit=2',
    'cursor=!',
    'cursor=MSBh!',
    'cursor=',
    'cursor=a&cursor=b',
  ])('are answered 400 for ?%s', async (query) => {
    const service = await startTestService();
    expect((await service.call('GET', `/alarms?${query}`)).status).toBe(400);
  });

  test('state no total where the service has none', async () => {
    const { call } = await startTestService({ behaviour: { hasTotals: false } });
    expect((await call('GET', '/alarms')).body).toEqual({ alarms: [], next_cursor: null });
  });

  test('state the total that holds after each write', async () => {
    const service = await startTestService();
    seed(service, numbered(3));
    const total = async (): Promise<number | undefined> =>
      ((await service.call('GET', '/alarms?limit=1')).body as Page).total;
    expect(await total()).toBe(3);
    await service.call('POST', '/alarms', { name: 'x', params: {} });
    expect(await total()).toBe(4);
    await service.call('DELETE', '/alarms/x');
    await service.call('DELETE', '/alarms/x');
    expect(await total()).toBe(3);
  });
});

describe('pages that overlap', () => {
  test.each([1, 2, 10])('begin with the last alarm of the page before, %i a page', async (limit) => {
    const service = await startTestService({ behaviour: { paging: 'overlap' } });
    seed(service, numbered(25));
    const pages = await walk(service, limit);
    expect([...new Set(namesOf(pages))]).toEqual(numbered(25));
    expect(pages.length).toBeGreaterThan(1);
    for (const [index, page] of pages.entries()) {
      if (index > 0) expect(page.alarms[0]).toEqual(pages[index - 1]?.alarms.at(-1));
    }
  });
});

describe('a service without paging', () => {
  test('ignores the query and answers one array of everything', async () => {
    const service = await startTestService({ behaviour: { paging: 'none' } });
    expect((await service.call('GET', '/alarms')).body).toEqual([]);
    seed(service, numbered(12_345));
    const { body } = await service.call('GET', '/alarms?limit=0&cursor=!');
    expect((body as { name: string }[]).map(({ name }) => name)).toEqual(numbered(12_345));
  });

  test('takes writes while it streams the array', async () => {
    const service = await startTestService({ behaviour: { paging: 'none' } });
    seed(service, numbered(50_000));
    const listing = await service.pool.request({ method: 'GET', path: '/alarms' });
    let text = '';
    let created = 0;
    for await (const chunk of listing.body) {
      text += String(chunk);
      if (created < 5) {
        created += 1;
        const answer = await service.call('POST', '/alarms', { name: `a${created}`, params: {} });
        expect(answer.status).toBe(200);
      }
    }
    expect(created).toBe(5);
    const names = (JSON.parse(text) as { name: string }[]).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('n'))).toEqual(numbered(50_000));
  });
});
