// The store of the reference service: its file, its bulk import, and several connections at once.

import Database from 'better-sqlite3';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { AlarmStore, definitionOf } from '../src/server/alarm-store.ts';

let directory: string;
const opened: AlarmStore[] = [];

function open(name = 'alarms.db', namesAreUnique = true): AlarmStore {
  const store = new AlarmStore({ file: join(directory, name), namesAreUnique, durable: true });
  opened.push(store);
  return store;
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'alarmsync-store-'));
});

afterEach(() => {
  for (const store of opened.splice(0)) store[Symbol.dispose]();
  rmSync(directory, { recursive: true });
});

function modeOf(name: string): string {
  return (statSync(join(directory, name)).mode & 0o777).toString(8);
}

function* definitions(count: number): Generator<{ name: string; params: { threshold: string } }> {
  for (let index = 0; index < count; index += 1) {
    yield { name: `n${(index * 7919) % count}`, params: { threshold: String(index) } };
  }
}

describe('the file', () => {
  test('is made for its owner only, side files included', () => {
    const store = open();
    store.create({ name: 'disk', params: {} });
    expect([modeOf('alarms.db'), modeOf('alarms.db-wal'), modeOf('alarms.db-shm')]).toEqual([
      '600',
      '600',
      '600',
    ]);
  });

  test('that exists keeps its mode and its alarms', () => {
    open().create({ name: 'disk', params: { threshold: '1' } });
    opened.pop()?.[Symbol.dispose]();
    chmodSync(join(directory, 'alarms.db'), 0o640);
    expect(open().read('disk')).toMatchObject({ name: 'disk', paramsText: '{"threshold":"1"}' });
    expect(modeOf('alarms.db')).toBe('640');
  });

  test('that is no database, or lies in no directory, is refused with its code', () => {
    writeFileSync(join(directory, 'text'), 'name,threshold\n'.repeat(100));
    expect(() => open('text')).toThrow(expect.objectContaining({ code: 'ALARMSYNC_SERVICE_ADDRESS' }));
    expect(() => open('none/x')).toThrow(expect.objectContaining({ code: 'ALARMSYNC_SERVICE_ADDRESS' }));
  });

  test("that is another program's database is refused and left as it was", () => {
    const foreign = new Database(join(directory, 'foreign.db'));
    foreign.exec('CREATE TABLE customer (id INTEGER)');
    foreign.close();
    expect(() => open('foreign.db')).toThrow(expect.objectContaining({ code: 'ALARMSYNC_SERVICE_FOREIGN' }));
    expect(existsSync(join(directory, 'foreign.db-wal'))).toBe(false);
  });
});

describe('an import', () => {
  test('adds every definition, names that break the rules too', () => {
    const store = open();
    expect(store.total()).toBe(0);
    expect(store.importDefinitions(definitions(5000))).toBe(5000);
    expect(store.importDefinitions([{ name: '..', params: {} }])).toBe(1);
    expect(store.total()).toBe(5001);
    expect([...store].length).toBe(5001);
    expect(store.read('..')).toBeDefined();
    expect(() => store.create({ name: 'n1', params: {} })).toThrow(
      expect.objectContaining({ code: 'ALARMSYNC_SERVICE_EXISTS' }),
    );
  });

  test.each([0, 10])('that repeats a name adds nothing to a store of %i', (count) => {
    const store = open();
    store.importDefinitions(definitions(count));
    const repeated = [
      { name: 'x', params: {} },
      { name: 'x', params: {} },
    ];
    expect(() => store.importDefinitions(repeated)).toThrow(
      expect.objectContaining({ code: 'ALARMSYNC_SERVICE_EXISTS' }),
    );
    expect(store.total()).toBe(count);
    expect(open('other.db', false).importDefinitions(repeated)).toBe(2);
  });

  test('that fails half-way adds nothing, and the store works on', () => {
    const store = open();
    function* failing(): Generator<{ name: string; params: {} }> {
      yield { name: 'x', params: {} };
      throw new Error('the source broke');
    }
    expect(() => store.importDefinitions(failing())).toThrow('the source broke');
    store.create({ name: 'x', params: {} });
    expect([...store].map(({ name }) => name)).toEqual(['x']);
  });
});

describe('weather', () => {
  test('sets the state and leaves all else as it came', () => {
    const store = open();
    store.create({ name: 'disk', params: JSON.parse('{"a":1,"alarm_state":"active","__proto__":{"b":2}}') });
    const before = store.read('disk');
    store.setState('disk', 'in_alarm');
    const after = store.read('disk');
    expect(after?.paramsText).toBe('{"a":1,"alarm_state":"in_alarm","__proto__":{"b":2}}');
    expect(after?.etag).not.toBe(before?.etag);
    expect(() => store.setState('none', 'active')).toThrow(
      expect.objectContaining({ code: 'ALARMSYNC_SERVICE_MISSING' }),
    );
  });
});

describe('two connections', () => {
  test('see each other, totals included', () => {
    const [left, right] = [open(), open()];
    left.create({ name: 'a', params: {} });
    expect([left.total(), right.total()]).toEqual([1, 1]);
    right.create({ name: 'b', params: {} });
    right.delete('a');
    right.create({ name: 'c', params: {} });
    expect([left.total(), right.total()]).toEqual([2, 2]);
    expect([...left].map(({ name }) => name)).toEqual(['b', 'c']);
  });

  test('refuse an etag that the other made old', () => {
    const [left, right] = [open(), open()];
    left.create({ name: 'a', params: {} });
    const etag = right.read('a')?.etag ?? '';
    left.update({ name: 'a', params: {} });
    expect(() => right.update({ name: 'a', params: {} }, etag)).toThrow(
      expect.objectContaining({ code: 'ALARMSYNC_SERVICE_CHANGED' }),
    );
    expect(() => right.delete('a', etag)).toThrow(
      expect.objectContaining({ code: 'ALARMSYNC_SERVICE_CHANGED' }),
    );
  });

  test('tell apart an alarm that was deleted and made again', () => {
    const store = open();
    store.create({ name: 'a', params: {} });
    const first = store.read('a');
    store.delete('a');
    store.create({ name: 'a', params: {} });
    expect(store.read('a')?.etag).not.toBe(first?.etag);
  });
});

test('an etag tells apart files that have diverged from one copy', () => {
  const [left, right] = [open('left.db'), open('right.db')];
  left.create({ name: 'a', params: { threshold: '1' } });
  right.create({ name: 'a', params: { threshold: '2' } });
  expect(left.read('a')?.etag).not.toBe(right.read('a')?.etag);
});

test('a walk over everything goes on while alarms are written', () => {
  const store = open();
  store.importDefinitions(definitions(3000));
  let count = 0;
  for (const alarm of store) {
    count += 1;
    store.update({ name: alarm.name, params: { seen: true } });
  }
  expect(count).toBe(3000);
  expect([...store].every((alarm) => definitionOf(alarm).params['seen'] === true)).toBe(true);
});

test('a page is found by the name index, without a sort', () => {
  open();
  const database = new Database(join(directory, 'alarms.db'));
  const plan = database
    .prepare(
      'EXPLAIN QUERY PLAN SELECT id, name, params, version FROM alarm WHERE (name, id) > (?, ?) ORDER BY name, id LIMIT ?',
    )
    .all('a', 1, 10);
  database.close();
  expect(JSON.stringify(plan)).toContain('USING INDEX alarm_by_name (name>?)');
  expect(JSON.stringify(plan)).not.toContain('TEMP B-TREE');
});
