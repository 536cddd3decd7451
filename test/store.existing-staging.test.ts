// The staging of a listing across processes: gone on with where it is of this layout, started anew where it is not.

import Database from 'better-sqlite3';
import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

import { ExistingStaging } from '../src/store/existing-staging.ts';
import { temporaryDirectory } from './plan.world.ts';

const ROW = {
  name: 'a',
  body: '{}',
  handle: null,
  etag: null,
  raw: null,
  pageNumber: 1,
  isAddressable: true,
};

it('is gone on with after its process ended in the middle of a listing', () => {
  const file = path.join(temporaryDirectory(), 'existing.db');
  {
    using staging = new ExistingStaging(file);
    staging.appendPage([ROW], { cursor: 'c1', pageNumber: 2, total: null });
  }
  using staging = new ExistingStaging(file);
  expect(staging.readCheckpoint()).toEqual({ cursor: 'c1', pageNumber: 2, total: null });
  expect([staging.count(), staging.hasSeen('c1'), staging.hasSeen('c2')]).toEqual([1, true, false]);
});

it('keeps nothing of a page that fails, nor of those before it that were not committed, for a fresh listing', () => {
  const file = path.join(temporaryDirectory(), 'existing.db');
  using staging = new ExistingStaging(file);
  staging.appendPage([{ ...ROW, name: 'before' }], { cursor: 'c1', pageNumber: 2, total: null });
  const failing = function* (): Generator<typeof ROW> {
    yield { ...ROW, name: 'half' };
    throw new Error('the rest of the page cannot be read');
  };
  expect(() => staging.appendPage(failing(), { cursor: 'c2', pageNumber: 3, total: null })).toThrow(
    'the rest',
  );
  staging.clear();
  staging.appendPage([ROW], { cursor: null, pageNumber: 2, total: null });
  expect(staging.buildIndex()).toBe(true);
  expect([...staging.iterate()].map(({ name }) => name)).toEqual(['a']);
  expect([staging.hasSeen('c1'), staging.hasSeen('c2')]).toEqual([false, false]);
});

it('is started anew where another version left it, sealed or not', () => {
  const file = path.join(temporaryDirectory(), 'existing.db');
  const other = new Database(file);
  other.exec(`
    CREATE TABLE existing (name TEXT, body TEXT); INSERT INTO existing VALUES ('a', '{}');
    CREATE TABLE checkpoint (cursor TEXT, page_number INTEGER, total INTEGER); INSERT INTO checkpoint VALUES ('c1', 2, NULL);
    CREATE TABLE seal (existing_count INTEGER); INSERT INTO seal VALUES (1)`);
  other.close();
  using staging = new ExistingStaging(file);
  expect([staging.isSealed, staging.readCheckpoint(), staging.count()]).toEqual([false, undefined, 0]);
});

it.each([
  ['the machine was started anew', "UPDATE machine SET boot_id = 'another'"],
  ['nobody knows of which start of the machine it is', 'UPDATE machine SET boot_id = NULL'],
])('is started anew where %s: what had not reached the disk may be gone', (_what, change) => {
  const file = path.join(temporaryDirectory(), 'existing.db');
  leaveSealed(file);
  const database = new Database(file);
  database.exec(change);
  database.close();
  using staging = new ExistingStaging(file);
  expect([staging.isSealed, staging.readCheckpoint(), staging.count()]).toEqual([false, undefined, 0]);
});

it.each([
  ['its first page', 0],
  ['its list of tables', 100],
])('is started anew where a power cut took %s', (_what, offsetBytes) => {
  const file = path.join(temporaryDirectory(), 'existing.db');
  leaveSealed(file);
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(4096), 0, 4096, offsetBytes);
  closeSync(handle);
  using staging = new ExistingStaging(file);
  expect([staging.isSealed, staging.readCheckpoint(), staging.count()]).toEqual([false, undefined, 0]);
});

function leaveSealed(file: string): void {
  using staging = new ExistingStaging(file);
  staging.appendPage([ROW], { cursor: 'c1', pageNumber: 2, total: null });
  staging.buildIndex();
  staging.seal();
}
