// One reading of a file -> the rows of each target in a file of its own, on the lines that they have in the whole.

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { asAlarmSyncError } from '../src/alarm/errors.ts';
import { dealRows, type DealtFile, type Dealing } from '../src/pipeline/source/source.ts';
import { HEADER, read, row, serialise, UUID, Workspace } from './source.run.ts';

const TARGETS = ['eu', 'us'] as const;
const BY_COLUMN: Dealing = {
  column: 'site',
  targets: TARGETS.map((name) => ({ name, scope: null })),
  onUnclaimed: 'fail',
};
const BY_SCOPE: Dealing = {
  column: null,
  targets: TARGETS.map((name) => ({ name, scope: `${name}/*` })),
  onUnclaimed: 'fail',
};
const SITED = `${HEADER},site`;

async function deal(workspace: Workspace, file: string, dealing: Dealing): Promise<DealtFile> {
  const parts = TARGETS.map((target) => ({ target, file: workspace.path(`${target}.csv`) }));
  return dealRows(
    parts,
    dealing,
    { path: file, ignoreColumns: [], expect: {} },
    new AbortController().signal,
  );
}

async function faultOf(dealing: Promise<unknown>): Promise<string> {
  try {
    await dealing;
  } catch (thrown) {
    const { code, message } = asAlarmSyncError(thrown);
    return `${code} ${message}`;
  }
  throw new Error('expected a fault');
}

describe('rows that are dealt', () => {
  it('are read by their target as they are read from the whole file, on the same lines', async () => {
    const name = fc.string({
      unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', 'é', ' '),
      minLength: 1,
      maxLength: 5,
    });
    const rows = fc.array(
      fc.record({
        metric: name,
        target: fc.constantFrom(...TARGETS),
        blankCount: fc.integer({ min: 0, max: 2 }),
      }),
      { minLength: 2, maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom('\n', '\r\n'), fc.boolean(), async (list, lineEnd, hasBom) => {
        using workspace = new Workspace();
        const lines = list.map(({ metric, target, blankCount }, at) => {
          const cells = [`n${at}`, '1', metric, 'gt', 'active', UUID, 'a@example.com', 'sum', target];
          return lineEnd.repeat(blankCount) + cells.map((cell) => serialise(cell, at % 2 === 0)).join(',');
        });
        const text = `${hasBom ? '\uFEFF' : ''}${[SITED, ...lines, ''].join(lineEnd)}`;
        const file = workspace.write('alarms.csv', text);
        const whole = await read(file, { ignoreColumns: ['site'] });
        const dealt = await deal(workspace, file, BY_COLUMN);
        expect(dealt.digest).toBe(whole.snapshot?.digest);
        for (const target of TARGETS) {
          const own = await read(workspace.path(`${target}.csv`), { ignoreColumns: ['site'] });
          const wanted = new Set(list.flatMap((item, at) => (item.target === target ? [`n${at}`] : [])));
          expect(own.rows).toEqual(whole.rows.filter((one) => wanted.has(one.name)));
          expect(own.badRows.map(({ line }) => line)).toEqual([]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('come out of a compressed file too', async () => {
    using workspace = new Workspace();
    const file = workspace.write('alarms.csv.gz', gzipSync(`${HEADER}\n${row('eu/a')}\n${row('us/b')}\n`));
    await deal(workspace, file, BY_SCOPE);
    expect(readFileSync(workspace.path('us.csv'), 'utf8')).toBe(`${HEADER}\n\n${row('us/b')}\n`);
  });

  it('leave what could be of any target to all of them', async () => {
    using workspace = new Workspace();
    const lines = [HEADER, row('eu/a'), 'too,few', `eu"/x,${row('y')}`, row('us/b')];
    const file = workspace.write('alarms.csv', lines.join('\n'));
    const dealt = await deal(workspace, file, BY_SCOPE);
    expect([dealt.unusableNameCount, dealt.endsWithoutLineEnd]).toEqual([2, true]);
    const own = await read(workspace.path('eu.csv'));
    expect(own.rows.map(({ name }) => name)).toEqual(['eu/a']);
  });
});

describe('a row that is not exactly one target’s', () => {
  it.each([
    [BY_SCOPE, HEADER, row('ap/a'), ':2, "ap/a": expected a target that takes the row, got none'],
    [
      { ...BY_SCOPE, targets: [...BY_SCOPE.targets, { name: 'all', scope: '*' }] },
      HEADER,
      row('us/a'),
      ':2, "us/a": expected one target that takes the row, got us and all',
    ],
    [BY_COLUMN, SITED, `${row('a')},`, ':2, "a": expected a target that takes the row, got none'],
    [
      BY_COLUMN,
      SITED,
      `${row('a')},EU`,
      ':2, "a": expected the name of a target in "site", got "EU"; there are eu, us',
    ],
  ])('is refused by line and name: %#', async (dealing, header, line, told) => {
    using workspace = new Workspace();
    const file = workspace.write('alarms.csv', `${header}\n${line}\n`);
    const fault = await faultOf(deal(workspace, file, dealing));
    expect(fault).toContain('ALARMSYNC_SOURCE_TARGETS');
    expect(fault).toContain(told);
  });

  it('is passed over when nobody has to take it, but never when it names a target that there is not', async () => {
    using workspace = new Workspace();
    const skip: Dealing = { ...BY_COLUMN, onUnclaimed: 'skip' };
    const file = workspace.write('alarms.csv', `${SITED}\n${row('a')},\n${row('b')},us\n`);
    await deal(workspace, file, skip);
    expect(readFileSync(workspace.path('us.csv'), 'utf8')).toBe(`${SITED}\n\n${row('b')},us\n`);
    const odd = workspace.write('odd.csv', `${SITED}\n${row('a')},uss\n`);
    expect(await faultOf(deal(workspace, odd, skip))).toContain('got "uss"');
  });

  it('is not looked for without the column', async () => {
    using workspace = new Workspace();
    const file = workspace.write('alarms.csv', `${HEADER}\n${row('a')}\n`);
    expect(await faultOf(deal(workspace, file, BY_COLUMN))).toContain(
      `ALARMSYNC_SOURCE_HEADER ${file}:1: expected the column "site" once`,
    );
  });
});
