import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';

import { asAlarmSyncError } from '../src/alarm/errors.ts';
import { PlanFile } from '../src/store/plan-file.ts';
import { PLAN_VERSION } from '../src/store/plan-schema.ts';
import { diffInto, NEW_RUN, operationsOf, params, RUN_SETTINGS, temporaryDirectory } from './plan.world.ts';

const UNREADABLE = { code: 'ALARMSYNC_PLAN_UNREADABLE' };

/** The path of a closed plan file with so many creates. */
function closedPlan(count = 3): string {
  const directory = temporaryDirectory();
  const file = path.join(directory, 'run', 'plan.db');
  using plan = PlanFile.create(file, NEW_RUN);
  const desired = Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, params()]));
  diffInto(plan, directory, { desired });
  return file;
}

/** Changes a file through SQLite. */
function alter(file: string, sql: string): void {
  const database = new Database(file);
  database.exec(sql);
  database.close();
}

function thrownBy(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('a plan file', () => {
  it('is one single file when closed, after a drain too, and only its owner can read it', () => {
    const file = closedPlan();
    {
      using plan = PlanFile.open(file);
      plan.startDraining();
      plan.run.noteDraining(5);
      expect(readdirSync(path.dirname(file)).length).toBeGreaterThan(1);
      for (const name of readdirSync(path.dirname(file))) {
        expect(statSync(path.join(path.dirname(file), name)).mode & 0o777).toBe(0o600);
      }
    }
    expect(readdirSync(path.dirname(file))).toEqual(['plan.db']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    expect(readFileSync(file).subarray(18, 20)).toEqual(Buffer.from([1, 1])); // rollback journal: readable from read-only media
  });

  it.each(['../victim', '..', 'a/b', '', '/etc'])('is unreadable when its run is named %j', (runId) => {
    const file = closedPlan();
    alter(file, `UPDATE run SET run_id = '${runId}'`);
    expect(thrownBy(() => PlanFile.openReadOnly(file)[Symbol.dispose]())).toMatchObject({
      code: 'ALARMSYNC_PLAN_UNREADABLE',
    });
  });

  it('is not planned into again once something of it may have been sent', () => {
    using plan = PlanFile.open(closedPlan());
    plan.run.noteDraining(5);
    expect(() => plan.restartPlanning()).toThrow('expected a run of which nothing was sent');
    expect(plan.alarms.operations.unfinishedCount()).toBeGreaterThan(0);
  });

  it.each([
    ['state', ['pending', 'sent', 'done', 'retryable', 'failed', 'conflict', 'held']],
    ['action', ['create', 'update', 'delete']],
  ])('holds no %s of an operation but those it names', (column, values) => {
    const file = closedPlan();
    for (const value of values) alter(file, `UPDATE operation SET ${column} = '${value}'`);
    for (const other of ['', 'Done', 'delet', 'sent '])
      expect(() => alter(file, `UPDATE operation SET ${column} = '${other}'`)).toThrow(
        'CHECK constraint failed',
      );
  });

  it('gives back what was written about its run', () => {
    const file = closedPlan();
    using plan = PlanFile.openReadOnly(file);
    expect(plan.run.read()).toMatchObject({
      runId: 'run-1',
      kind: 'sync',
      phase: 'planning',
      serviceAddress: 'memory:',
      settings: RUN_SETTINGS,
      summary: null,
      checksum: null,
      exitCode: null,
    });
    expect(operationsOf(plan)).toEqual(['create n0', 'create n1', 'create n2']);
  });

  it('opened for reading writes nothing, neither in the file nor beside it', () => {
    const file = closedPlan();
    const before = readFileSync(file);
    using plan = PlanFile.openReadOnly(file);
    expect(() => plan.run.noteApproved(1)).toThrow(/readonly/u);
    expect(readdirSync(path.dirname(file))).toEqual(['plan.db']);
    expect(readFileSync(file)).toEqual(before);
  });

  it('is durable at each commit, while it is drained too', () => {
    using plan = PlanFile.open(closedPlan());
    expect(plan.database.pragma('synchronous', { simple: true })).toBe(2);
    plan.startDraining();
    expect(plan.database.pragma('synchronous', { simple: true })).toBe(2);
  });

  it('is never made over a file that stands there', () => {
    const file = closedPlan();
    const before = readFileSync(file);
    expect(thrownBy(() => PlanFile.create(file, NEW_RUN))).toMatchObject({ code: 'ALARMSYNC_CLI_USAGE' });
    expect(readFileSync(file)).toEqual(before);
  });

  it('of which a process died in the middle of a drain opens with what was committed', () => {
    const file = closedPlan();
    const copy = path.join(temporaryDirectory(), 'plan.db');
    {
      using plan = PlanFile.open(file);
      plan.startDraining();
      plan.alarms.operations.claim({ isDelete: false, afterId: 0, limitCount: 2 }, 5);
      for (const suffix of ['', '-wal']) copyFileSync(file + suffix, copy + suffix);
    }
    using plan = PlanFile.open(copy);
    expect(operationsOf(plan)).toEqual(['create n0 sent', 'create n1 sent', 'create n2']);
  });
});

describe.each([
  ['open', (file: string) => PlanFile.open(file)],
  ['openReadOnly', (file: string) => PlanFile.openReadOnly(file)],
])('%s refuses', (_how, open) => {
  it('a file that is missing, and makes none', () => {
    const file = path.join(temporaryDirectory(), 'plan.db');
    expect(thrownBy(() => open(file))).toMatchObject(UNREADABLE);
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    ['an empty file', ''],
    ['a CSV file', 'name,threshold\na,1\n'],
    ['noise', Buffer.alloc(8192, 0x5a)],
  ])('%s', (_what, content) => {
    const file = path.join(temporaryDirectory(), 'plan.db');
    writeFileSync(file, content);
    expect(thrownBy(() => open(file))).toMatchObject(UNREADABLE);
    expect(readFileSync(file)).toEqual(Buffer.from(content));
  });

  it('the database of another program', () => {
    const file = path.join(temporaryDirectory(), 'plan.db');
    alter(file, 'CREATE TABLE run (id)');
    expect(thrownBy(() => open(file))).toMatchObject({
      ...UNREADABLE,
      message: expect.stringContaining('something else'),
    });
  });

  it('a plan of a newer version, and says which', () => {
    const file = closedPlan();
    alter(file, `PRAGMA user_version = ${PLAN_VERSION + 1}`);
    expect(thrownBy(() => open(file))).toMatchObject({
      ...UNREADABLE,
      message: expect.stringContaining(`version ${PLAN_VERSION + 1}`),
    });
  });

  it.each([0.1, 0.5, 0.95])('a plan cut to %f of its length', (share) => {
    const file = closedPlan(500);
    truncateSync(file, Math.floor(statSync(file).size * share));
    expect(thrownBy(() => open(file))).toMatchObject(UNREADABLE);
  });

  it('a plan that says nothing about its run', () => {
    const file = closedPlan();
    alter(file, 'DELETE FROM run');
    expect(thrownBy(() => open(file))).toMatchObject(UNREADABLE);
  });

  it('a plan whose settings are damaged', () => {
    const file = closedPlan();
    alter(file, `UPDATE run SET settings = '{"file":'`);
    expect(thrownBy(() => open(file))).toMatchObject(UNREADABLE);
  });
});

it.each([
  `UPDATE operation SET state = char(27) || ']0;title' || char(7) WHERE id = 2`,
  `UPDATE operation SET action = '<img src=x>' WHERE id = 2`,
  `UPDATE run SET phase = char(27) || '[2K'`,
])('a plan with a word that there is not is a clear error that shows nothing of it raw: %s', (sql) => {
  const file = closedPlan();
  alter(file, `PRAGMA ignore_check_constraints = ON; ${sql}`);
  const steps = [operationsOf, (plan: PlanFile) => plan.alarms.operations.counts()];
  for (const step of steps) {
    const thrown = thrownBy(() => {
      using plan = PlanFile.openReadOnly(file);
      step(plan);
    });
    expect(asAlarmSyncError(thrown)).toMatchObject(UNREADABLE);
    expect(asAlarmSyncError(thrown).message).not.toMatch(/\p{Cc}/u);
  }
});

it.each([0.3, 0.6, 0.9])(
  'a plan with a damaged page at %f of it is a clear error once it is read',
  (share) => {
    const file = closedPlan(2000);
    const bytes = readFileSync(file);
    const at = Math.floor((bytes.length / 4096) * share) * 4096;
    writeFileSync(file, bytes.fill(0xff, at, at + 4096));
    const thrown = thrownBy(() => {
      using plan = PlanFile.openReadOnly(file);
      operationsOf(plan);
    });
    expect(thrown).toBeDefined();
    expect(asAlarmSyncError(thrown)).toMatchObject(UNREADABLE);
  },
);
