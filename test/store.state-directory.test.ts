import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { serviceKeyOf, StateDirectory } from '../src/store/state-directory.ts';
import { temporaryDirectory } from './plan.world.ts';

const RUN_ID = '20261121T224500Z-3f9a21';

function openState(directory = path.join(temporaryDirectory(), 'state')): StateDirectory {
  const state = new StateDirectory(directory);
  onTestFinished(() => state[Symbol.dispose]());
  return state;
}

/** Registers a run whose plan file exists. */
function addRun(state: StateDirectory, runId: string, createdAtMs: number): string {
  const planPath = path.join(state.runDirectory(runId), 'plan.db');
  writeFileSync(planPath, '');
  state.register({ runId, planPath, createdAtMs }, 'service');
  return planPath;
}

describe('a state directory', () => {
  it('is made with what it needs, readable for its owner alone', () => {
    const state = openState();
    expect(statSync(state.directory).mode & 0o777).toBe(0o700);
    expect(statSync(state.runDirectory('run-1')).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(state.directory).filter((one) => one.startsWith('state.db'))) {
      expect(statSync(path.join(state.directory, name)).mode & 0o777).toBe(0o600);
    }
  });

  it('lists its runs, newest first, without those whose plan file is gone', () => {
    const state = openState();
    addRun(state, 'run-1', 10);
    addRun(state, 'run-3', 30);
    const second = addRun(state, 'run-2', 20);
    const again = openState(state.directory);
    expect(again.runs().map(({ runId }) => runId)).toEqual(['run-3', 'run-2', 'run-1']);
    expect(again.runs()[1]).toEqual({ runId: 'run-2', planPath: second, createdAtMs: 20 });
    rmSync(second);
    expect(again.runs().map(({ runId }) => runId)).toEqual(['run-3', 'run-1']);
  });

  it('forgets a run with its directory, and leaves a plan file that lies elsewhere', () => {
    const state = openState();
    const elsewhere = path.join(temporaryDirectory(), 'reviewed.db');
    writeFileSync(elsewhere, '');
    state.runDirectory(RUN_ID);
    state.register({ runId: RUN_ID, planPath: elsewhere, createdAtMs: 10 }, 'service');
    state.forget(RUN_ID);
    expect(state.runs()).toEqual([]);
    expect(existsSync(path.join(state.directory, RUN_ID))).toBe(false);
    expect(existsSync(elsewhere)).toBe(true);
  });

  it('forgets a run without the directory that a foreign plan file names as its own', () => {
    const state = openState();
    const archive = path.join(state.directory, 'archive');
    mkdirSync(archive);
    state.adopt({ runId: 'archive', planPath: 'plan.db', createdAtMs: 10 });
    state.forget('archive');
    expect(existsSync(archive)).toBe(true);
  });

  it('drops what killed commands left, and neither what others put there nor what a round still needs', () => {
    const state = openState();
    const day = 24 * 3_600_000;
    const round = '20261121T224500Z-aaaaaa';
    state.register({ runId: `${round}.eu`, planPath: 'eu.db', createdAtMs: 10 }, 'service');
    const left = [RUN_ID, `export-${RUN_ID}`, `validate-${RUN_ID}.eu`];
    const kept = ['archive', '.git', `notes-${RUN_ID}.d~`, round, `${round}.eu`];
    for (const name of [...left, ...kept]) mkdirSync(path.join(state.directory, name));
    symlinkSync('nowhere', path.join(state.directory, 'broken'));

    state.dropLeftovers(Date.now() + day / 2);
    expect(readdirSync(state.directory)).toEqual(expect.arrayContaining([...left, ...kept]));
    state.dropLeftovers(Date.now() + 2 * day);

    const found = readdirSync(state.directory);
    expect(found).toEqual(expect.arrayContaining(kept));
    for (const name of left) expect(found).not.toContain(name);
  });
});

describe('what is remembered of a service', () => {
  it('is nothing before the first run, and no count before the first complete one', () => {
    const state = openState();
    expect(state.memoryOf('key')).toBeUndefined();
    state.noteStarted('key', 'run-1', 100);
    expect(state.memoryOf('key')).toEqual({ existingCount: null, lastRunId: 'run-1' });
    state.noteCompleted('key', 7);
    expect(openState(state.directory).memoryOf('key')).toMatchObject({ existingCount: 7 });
  });

  it('is the last run that began, however often it is resumed', () => {
    const state = openState();
    state.noteStarted('key', 'run-1', 100);
    state.noteCompleted('key', 7);
    state.noteStarted('key', 'run-1', 150);
    expect(state.memoryOf('key')).toEqual({ existingCount: 7, lastRunId: 'run-1' });
    state.noteStarted('key', 'run-2', 200);
    expect(state.memoryOf('key')).toEqual({ existingCount: 7, lastRunId: 'run-2' });
    expect(state.memoryOf('another')).toBeUndefined();
  });

  it('is kept apart for each address and account', () => {
    const keys = [
      serviceKeyOf({ address: 'http://a', account: '' }),
      serviceKeyOf({ address: 'http://a', account: 'x' }),
      serviceKeyOf({ address: 'http://ax', account: '' }),
    ];
    expect(new Set(keys).size).toBe(3);
  });
});

describe('a run is overtaken', () => {
  const planned = { runId: 'run-1', sinceMs: 100 };
  const register = (state: StateDirectory): void =>
    state.register({ runId: 'run-1', planPath: 'plan.db', createdAtMs: 100 }, 'key');

  it('once another run was started at its service, whatever the clock says', () => {
    const state = openState();
    register(state);
    expect(state.isOvertaken(planned, 'key')).toBe(false);
    state.noteStarted('key', 'run-2', 50);
    expect(state.isOvertaken(planned, 'key')).toBe(true);
    expect(state.isOvertaken(planned, 'another')).toBe(false);
  });

  it('not by itself, nor by a run that was started before it was registered', () => {
    const state = openState();
    state.noteStarted('key', 'run-0', 500);
    register(state);
    expect(state.isOvertaken(planned, 'key')).toBe(false);
    state.noteStarted('key', 'run-1', 600);
    expect(state.isOvertaken(planned, 'key')).toBe(false);
  });

  it('by the clock alone when it was planned under another state directory', () => {
    const state = openState();
    state.noteStarted('key', 'run-2', 150);
    state.adopt({ runId: 'run-1', planPath: 'plan.db', createdAtMs: 100 });
    expect(state.isOvertaken(planned, 'key')).toBe(true);
    expect(state.isOvertaken({ runId: 'run-1', sinceMs: 200 }, 'key')).toBe(false);
  });
});
