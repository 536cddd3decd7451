// The next page is asked for while the present one is worked on, and never one too many.

import { describe, expect, it } from 'vitest';

import { readAhead } from '../src/pipeline/listing/pages.ts';
import type { AlarmPage } from '../src/services/alarm-service.ts';

const page = (nextCursor: string | null): AlarmPage => ({ alarms: [], nextCursor });

/** Pages that note when each is asked for. */
async function* asked(
  log: string[],
  pages: readonly (AlarmPage | Error)[],
): AsyncGenerator<AlarmPage, void, void> {
  for (const [index, answer] of pages.entries()) {
    log.push(`ask ${index}`);
    if (answer instanceof Error) throw answer;
    yield await Promise.resolve(answer);
  }
}

async function take(
  log: string[],
  pages: readonly (AlarmPage | Error)[],
  check: (page: AlarmPage) => void = () => {},
): Promise<void> {
  for await (const { nextCursor } of readAhead(asked(log, pages), check)) log.push(`take ${nextCursor}`);
}

describe('reading ahead', () => {
  it('asks for each page before the one before it is taken, and takes them in order', async () => {
    const log: string[] = [];
    await take(log, [page('1'), page('2'), page(null)]);
    expect(log).toEqual(['ask 0', 'ask 1', 'take 1', 'ask 2', 'take 2', 'take null']);
  });

  it('tells of a failed page only when the pages before it were taken', async () => {
    const log: string[] = [];
    await expect(take(log, [page('1'), new Error('cut')])).rejects.toThrow('cut');
    expect(log).toEqual(['ask 0', 'ask 1', 'take 1']);
  });

  it('asks for nothing after a page that does not pass the check', async () => {
    const log: string[] = [];
    const check = ({ nextCursor }: AlarmPage): void => {
      if (nextCursor === '2') throw new Error('seen before');
    };
    await expect(take(log, [page('1'), page('2'), page(null)], check)).rejects.toThrow('seen before');
    expect(log).toEqual(['ask 0', 'ask 1', 'take 1']);
  });

  it('leaves a failing page alone when nobody takes pages any more', async () => {
    const log: string[] = [];
    for await (const { nextCursor } of readAhead(asked(log, [page('1'), new Error('cut')]), () => {})) {
      log.push(`take ${nextCursor}`);
      break;
    }
    expect(log).toEqual(['ask 0', 'ask 1', 'take 1']);
  });
});
