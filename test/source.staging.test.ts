// The staging of desired rows: what is sealed, and what a killed process leaves.

import { existsSync, statSync, truncateSync } from 'node:fs';

import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';

import { DesiredSnapshot, DesiredStaging, type DesiredSeal } from '../src/store/desired-staging.ts';
import { Workspace } from './source.run.ts';

const workspace = new Workspace();
afterAll(() => {
  workspace[Symbol.dispose]();
});

const SEAL: DesiredSeal = {
  digest: 'ab',
  byteCount: 1,
  rowCount: 200,
  badRowCount: 0,
  unusableNameCount: 0,
  desiredCount: 200,
  endsWithoutLineEnd: true,
  columns: ['name', 'threshold'],
  managedMembers: ['threshold'],
};

function rows(count: number, prefix = 'n'): { name: string; line: number; body: string }[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `${prefix}${index}`,
    line: index + 2,
    body: '{}',
  }));
}

function sealOf(file: string): DesiredSeal | undefined {
  using snapshot = new DesiredSnapshot(file);
  return snapshot.readSeal();
}

describe('staging', () => {
  it('has no seal until it is sealed, and keeps it', () => {
    const file = workspace.path('seal.db');
    using staging = new DesiredStaging(file);
    staging.append(rows(200));
    staging.buildIndex();
    expect(sealOf(file)).toBeUndefined();
    staging.seal(SEAL);
    expect(sealOf(file)).toEqual(SEAL);
    expect(staging.count()).toBe(200);
  });

  it('has no seal where a kill left no table, or half a file', () => {
    const empty = workspace.write('empty.db', '');
    expect(sealOf(empty)).toBeUndefined();
    const cut = workspace.path('cut.db');
    {
      using staging = new DesiredStaging(cut);
      staging.append(rows(5000));
    }
    truncateSync(cut, 4096 * 3);
    expect(sealOf(cut)).toBeUndefined();
  });

  it('is one file that only its owner can read', () => {
    const file = workspace.path('mode/owner.db');
    using staging = new DesiredStaging(file);
    staging.append(rows(1));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect([existsSync(`${file}-journal`), existsSync(`${file}-wal`)]).toEqual([false, false]);
  });

  it('starts anew over what a killed run left', () => {
    const file = workspace.path('again.db');
    {
      using staging = new DesiredStaging(file);
      staging.append(rows(10));
      staging.seal(SEAL);
    }
    using staging = new DesiredStaging(file);
    expect(staging.count()).toBe(0);
    expect(sealOf(file)).toBeUndefined();
  });

  it('keeps every row of a batch of any length', () => {
    for (const count of [0, 1, 63, 64, 65, 130]) {
      using staging = new DesiredStaging(workspace.path('batch.db'));
      staging.append(rows(count));
      expect(staging.count()).toBe(count);
    }
  });

  it('finds a name by its index', () => {
    const file = workspace.path('index.db');
    using staging = new DesiredStaging(file);
    staging.append(rows(10));
    staging.buildIndex();
    const database = new Database(file, { readonly: true });
    try {
      const plan = database.prepare('EXPLAIN QUERY PLAN SELECT 1 FROM desired WHERE name = ?').all('n1');
      expect(JSON.stringify(plan)).toContain('desired_by_name');
    } finally {
      database.close();
    }
  });

  it('gives bad rows back in order, each with all its reasons', () => {
    const file = workspace.path('faults.db');
    const bad = [
      {
        line: 2,
        name: 'x',
        cells: ['x', '"'],
        faults: [
          { column: 'a', reason: 'r1' },
          { column: 'b', reason: 'r2' },
        ],
      },
      { line: 3, name: undefined, cells: ['raw'], faults: [{ column: '(row)', reason: 'r3' }] },
    ];
    using staging = new DesiredStaging(file);
    staging.addFaults(bad);
    using snapshot = new DesiredSnapshot(file);
    expect([...snapshot.badRows()]).toEqual(bad);
  });
});
