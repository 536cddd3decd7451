import type { ServerResponse } from 'node:http';

import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';

import { AlarmSyncError } from '../src/alarm/errors.ts';
import { stringifyJson } from '../src/alarm/json.ts';
import type { AlarmPage } from '../src/services/alarm-service.ts';
import { pagesOfArray } from '../src/services/rest/array-page.ts';
import { AlarmClient } from '../src/services/rest/client.ts';
import { failureOf, loopback } from './http.loopback.ts';

const WHERE = 'GET http://127.0.0.1/alarms';

async function* inPieces(text: string, pieceLength: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += pieceLength) yield text.slice(at, at + pieceLength);
}

async function collect(pages: AsyncIterable<AlarmPage>): Promise<AlarmPage[]> {
  const collected: AlarmPage[] = [];
  for await (const page of pages) collected.push(page);
  return collected;
}

async function pagesOf(text: string, pageSize: number, pieceLength = 7): Promise<AlarmPage[]> {
  return collect(pagesOfArray(inPieces(text, pieceLength), pageSize, WHERE));
}

function client(url: string): AlarmClient {
  const made = new AlarmClient({ url, retries: 0 });
  onTestFinished(async () => made[Symbol.asyncDispose]());
  return made;
}

describe('an array of alarms', () => {
  it.each([
    [0, [0]],
    [1, [1]],
    [3, [3]],
    [4, [3, 1]],
    [6, [3, 3]],
  ])('of %i comes in pages of %j, only the last of which ends the listing', async (count, sizes) => {
    const text = JSON.stringify(Array.from({ length: count }, (_, at) => ({ name: `n${at}`, params: {} })));
    const pages = await pagesOf(text, 3);
    expect(pages.map((page) => page.alarms.length)).toEqual(sizes);
    expect(pages.map((page) => page.nextCursor)).toEqual(
      sizes.map((_, at) => (at === sizes.length - 1 ? null : '')),
    );
  });

  it('keeps what each alarm says, wherever the pieces are cut', async () => {
    const params = String.raw`{"threshold":3.10,"id":12345678901234567890,"n":-7,"t":"é\u0041\n","list":[1.0,null,true,{"x":[]}]}`;
    const text = ` [ {"name":"a","params":${params},"etag":"\\"e\\""} , {"name":"b","params":null,"__proto__":2.50}]\n`;
    for (let pieceLength = 1; pieceLength < 40; pieceLength += 1) {
      const [page] = await pagesOf(text, 10, pieceLength);
      const [first, second] = page?.alarms ?? [];
      expect(stringifyJson(first?.definition.params ?? {})).toBe(params.replace(String.raw`\u0041`, 'A'));
      expect(first?.etag).toBe('"e"');
      expect(second).toEqual({
        definition: { name: 'b', params: {} },
        raw: '{"name":"b","params":null,"__proto__":2.50}',
      });
    }
  });

  it.each([
    ['cut before the bracket', '[{"name":"a","params":{}}'],
    ['cut within an alarm', '[{"name":"a","par'],
    ['cut after a comma', '[{"name":"a","params":{}},'],
    ['followed by more', '[{"name":"a","params":{}}] hidden'],
    ['followed by another array', '[][]'],
    ['of numbers', '[1,2]'],
    ['of arrays', '[[]]'],
    ['of null', '[null]'],
    ['with a trailing comma', '[{"name":"a","params":{}},]'],
    ['of an alarm without a name', '[{"params":{}}]'],
    ['of deep nesting', `[{"name":"a","params":{"x":${'['.repeat(100_000)}`],
    ['of brackets only', '['.repeat(100_000)],
    ['which is an object', '{"name":"a"}'],
    ['which is a number', '12'],
    ['which is empty text', ''],
  ])('%s is malformed', async (_title, text) => {
    const error = await failureOf(async () => pagesOf(text, 1000, 65_536));
    expect(error.code).toBe('ALARMSYNC_SERVICE_MALFORMED');
    expect(error.message).not.toContain('hidden');
  });

  it('is malformed as soon as it is nested too deeply', async () => {
    const error = await failureOf(async () => pagesOf('['.repeat(1000), 10));
    expect(error.message).toContain('nested over 64 deep');
  });

  it('is malformed when one alarm is over 16 MiB, before it is read whole', async () => {
    let readBytes = 0;
    async function* endless(): AsyncGenerator<string> {
      yield '[{"name":"a","params":{"x":"';
      for (;;) {
        readBytes += 65_536;
        yield 'x'.repeat(65_536);
      }
    }
    const error = await failureOf(async () => collect(pagesOfArray(endless(), 10, WHERE)));
    expect(error.message).toContain('16777216 bytes');
    expect(readBytes).toBeLessThan(18 * 1024 * 1024);
  });

  it('of any text is given or malformed, and never anything else', async () => {
    const json = fc.json({ maxDepth: 5 });
    const text = fc.oneof(
      json,
      json.map((value) => `[{"name":"a","params":${value}}]`),
      fc.tuple(json, fc.nat(30)).map(([value, cut]) => `[{"name":"a","params":${value}}]`.slice(0, cut)),
      fc.string().map((tail) => `[]${tail}`),
    );
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (hostile, pieceLength) => {
        try {
          await pagesOf(hostile, 2, pieceLength);
        } catch (error) {
          if (!(error instanceof AlarmSyncError) || error.code !== 'ALARMSYNC_SERVICE_MALFORMED') throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a service without paging', () => {
  const COUNT = 100_000;

  function sendArray(response: ServerResponse, count: number): void {
    response.write('[');
    const write = (from: number): void => {
      const to = Math.min(from + 1000, count);
      const items = Array.from(
        { length: to - from },
        (_, at) => `{"name":"alarm ${from + at}","params":{"threshold":"3"}}`,
      );
      response.write(`${from === 0 ? '' : ','}${items.join(',')}`, () =>
        to < count ? write(to) : response.end(']'),
      );
    };
    write(0);
  }

  it('gives 100 000 alarms from one answer, in pages', async () => {
    const server = await loopback((response) => sendArray(response, COUNT));
    const names = new Set<string>();
    const cursors = new Map<string | null, number>();
    for await (const page of client(server.url).listAlarms({ pageSize: 1000 })) {
      expect(page.alarms).toHaveLength(1000);
      for (const alarm of page.alarms) names.add(alarm.definition.name);
      cursors.set(page.nextCursor, (cursors.get(page.nextCursor) ?? 0) + 1);
    }
    expect(names.size).toBe(COUNT);
    expect(cursors).toEqual(
      new Map([
        ['', 99],
        [null, 1],
      ]),
    );
    expect(server.asked).toHaveLength(1);
  });

  it('hangs up when the consumer has seen enough', async () => {
    let hungUp = (): void => {};
    const hanging = new Promise<void>((resolve) => {
      hungUp = resolve;
    });
    const server = await loopback((response) => {
      response.on('close', hungUp);
      sendArray(response, COUNT);
    });
    for await (const _page of client(server.url).listAlarms({ pageSize: 10 })) break;
    await hanging;
    expect(server.asked).toHaveLength(1);
  });

  it('whose answer breaks off in the middle has not been listed', async () => {
    const server = await loopback((response) => {
      response.write('[{"name":"a","params":{}},{"name":"b","params":{}},');
      response.socket?.end();
    });
    const cursors: (string | null)[] = [];
    const error = await failureOf(async () => {
      for await (const page of client(server.url).listAlarms({ pageSize: 1 })) cursors.push(page.nextCursor);
    });
    expect(error.code).toMatch(/^ALARMSYNC_SERVICE_(CONNECTION|MALFORMED)$/);
    expect(cursors).not.toContain(null);
  });

  it('that answers a cursor with everything breaks its word', async () => {
    const server = await loopback((response) => response.end('[]'));
    const listing = client(server.url).listAlarms({ cursor: 'C2' });
    expect((await failureOf(async () => listing.next())).code).toBe('ALARMSYNC_SERVICE_MALFORMED');
  });
});
