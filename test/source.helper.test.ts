// Rows decoded beside the reading thread: the same rows, faults and order as without.

import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { AlarmSyncError } from '../src/alarm/errors.ts';
import { decodeBelowHeader, type Decoded, type RowHelper } from '../src/pipeline/source/decoding.ts';
import { RowDecoder } from '../src/pipeline/source/row-decoder.ts';
import { HEADER, read, row, UUID, Workspace } from './source.run.ts';

const COLUMNS = HEADER.split(',');
const ROW_COUNT = 50_000;

/** Rows over two lines, which take long; some bad, with and without a name, some cut by a stray quote, some with an odd word. */
function slowFile(): string {
  const lines = Array.from({ length: ROW_COUNT }, (_, index) => {
    if (index % 997 === 5) return row(`bad ${index}`, 'much');
    if (index % 997 === 6) return `"a\nb",too,few`;
    if (index % 997 === 7) return `stray"quote${index}`;
    if (index % 997 === 8)
      return `odd ${index},1,cpu,gt,active,${UUID},,${index % 2 === 0 ? 'odd' : 'strange'}`;
    return row(`alarm ${index}`, '1', `"[\n""a@example.com"",""ldap:team-${index}""]"`);
  });
  return `${HEADER}\n${lines.join('\n')}\n`;
}

/** Decodes in this thread; each answer comes when `release` lets it. */
class HeldHelper implements RowHelper {
  askedCount = 0;
  readonly #release: (answer: () => void) => void;

  constructor(release: (answer: () => void) => void) {
    this.#release = release;
  }

  decode(
    columns: readonly (string | undefined)[],
    runs: Parameters<typeof decodeBelowHeader>[1],
  ): Promise<readonly Decoded[]> {
    this.askedCount += 1;
    const decoded = decodeBelowHeader(new RowDecoder(columns, undefined), runs);
    return new Promise((resolve) => {
      this.#release(() => resolve(decoded));
    });
  }
}

/** Of the build, since a thread of Node does not read TypeScript. */
async function threadedHelper(): Promise<RowHelper & AsyncDisposable> {
  const file = fileURLToPath(new URL('../dist/threads/row-helper.js', import.meta.url));
  const { ThreadedRowHelper } = await importBuilt(file);
  return new ThreadedRowHelper(null);
}

function importBuilt(
  file: string,
): Promise<{ ThreadedRowHelper: new (service: null) => RowHelper & AsyncDisposable }> {
  return import(file);
}

describe('a helper', () => {
  it.each([
    ['answers at once', (answer: () => void) => answer()],
    ['answers some time later', (answer: () => void) => void setTimeout(answer, 20)],
  ])('that %s changes nothing of what is read', async (_, release) => {
    using workspace = new Workspace();
    const file = workspace.write('alarms.csv', slowFile());
    const helper = new HeldHelper(release);
    const alone = await read(file);
    const helped = await read(file, {}, undefined, helper);
    expect(helper.askedCount).toBeGreaterThan(3);
    expect(alone.rows.length).toBeGreaterThan(49_000);
    expect(helped).toEqual({ ...alone, progress: helped.progress });
  });

  it('that fails ends the reading with its error, and nothing is sealed', async () => {
    using workspace = new Workspace();
    const file = workspace.write('alarms.csv', slowFile());
    const failure = new AlarmSyncError('ALARMSYNC_UNEXPECTED', 'the helper died');
    const { error, seal } = await read(file, {}, undefined, { decode: () => Promise.reject(failure) });
    expect(error).toBe(failure);
    expect(seal).toBeUndefined();
  });

  it('in a thread of its own changes nothing either, and is gone when it is disposed', async () => {
    using workspace = new Workspace();
    const file = workspace.write('alarms.csv', slowFile());
    const alone = await read(file);
    const helper = await threadedHelper();
    const helped = await read(file, {}, undefined, helper);
    await helper[Symbol.asyncDispose]();
    expect(helped).toEqual({ ...alone, progress: helped.progress });
    await expect(helper.decode(COLUMNS, [])).rejects.toMatchObject({ code: 'ALARMSYNC_UNEXPECTED' });
  });

  it('is not asked for rows that are read by one pattern', async () => {
    using workspace = new Workspace();
    const lines = Array.from({ length: ROW_COUNT }, (_, index) => row(`alarm ${index}`));
    const helper = new HeldHelper((answer) => answer());
    const { error } = await read(
      workspace.write('alarms.csv', [HEADER, ...lines, ''].join('\n')),
      {},
      undefined,
      helper,
    );
    expect(error).toBeUndefined();
    expect(helper.askedCount).toBe(0);
  });
});
