// Duplicate names: same meaning is a warning, different meaning is refused or decided by the user.

import { afterAll, describe, expect, it } from 'vitest';

import { HEADER, read, row, UUID, Workspace } from './source.run.ts';

const workspace = new Workspace();
afterAll(() => {
  workspace[Symbol.dispose]();
});

let fileNumber = 0;
function write(...rows: readonly string[]): string {
  fileNumber += 1;
  return workspace.write(`duplicates-${fileNumber}.csv`, `${HEADER}\n${rows.join('\n')}\n`);
}

const spelt = [
  `a,3,cpu,gt,active,abcdef00-0000-4000-8000-000000000000,"a@b.c;ldap:x",sum`,
  `a,3.0,cpu, GT,in_alarm,ABCDEF00-0000-4000-8000-000000000000,"[""ldap:x"",""a@b.c""]",SUM`,
] as const;

describe('rows of one name', () => {
  it('keeps the first row when they mean the same, and warns with both lines', async () => {
    const { rows, diagnostics, snapshot } = await read(write(spelt[0], row('b'), spelt[1], row('A')));
    expect(rows.map(({ name, line }) => [name, line])).toEqual([
      ['a', 2],
      ['b', 3],
      ['A', 5],
    ]);
    expect(snapshot).toMatchObject({ rowCount: 4, desiredCount: 3 });
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]?.code).toBe('ALARMSYNC_SOURCE_DUPLICATES');
    expect(diagnostics[0]?.message).toContain(
      '1 name in several rows that mean the same: "a" on lines 2 and 4',
    );
  });

  it('counts in_alarm as another meaning when states are compared exactly', async () => {
    const { error } = await read(write(...spelt), { compareState: 'exact' });
    expect(error?.code).toBe('ALARMSYNC_SOURCE_DUPLICATES');
  });

  it('refuses rows that mean different things, naming both lines of each', async () => {
    const many = Array.from({ length: 7 }, (_, index) => row(`n${index}`));
    const { error, seal } = await read(
      write(...many, row('x'), row('x'), row('x', '9'), ...many.map((each) => each.replace(',1,', ',2,'))),
    );
    expect(error?.code).toBe('ALARMSYNC_SOURCE_DUPLICATES');
    expect(error?.message).toContain('got 8 names in rows that mean different things');
    expect(error?.message).toContain('"n0" on lines 2 and 12');
    expect(error?.message).toContain('and 3 more');
    expect(seal).toBeUndefined();
  });

  it('names the line that differs, not a repetition before it', async () => {
    const { error } = await read(write(row('x'), row('x'), row('x', '9')));
    expect(error?.message).toContain('"x" on lines 2 and 4');
  });

  it.each([
    ['first', 2, '1'],
    ['last', 5, '7'],
  ] as const)('keeps the %s row when told to, with one warning', async (onDuplicate, line, threshold) => {
    const file = write(row('x', '1'), row('x', '5'), row('y'), row('x', '7'));
    const { rows, diagnostics } = await read(file, { onDuplicate });
    expect(rows.map((each) => each.name).toSorted()).toEqual(['x', 'y']);
    const kept = rows.find(({ name }) => name === 'x');
    expect(kept?.line).toBe(line);
    expect(kept?.body).toContain(`"threshold":"${threshold}"`);
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]?.hint).toContain(`the ${onDuplicate} row of each is used, 2 repeated rows`);
  });

  it('compares by what the file manages alone', async () => {
    const file = write(row('x', '1', 'a@b.c'), row('x', '1', 'd@e.f'));
    expect((await read(file)).error?.code).toBe('ALARMSYNC_SOURCE_DUPLICATES');
    const { rows, error } = await read(file, { ignoreFields: ['contact'] });
    expect(error).toBeUndefined();
    expect(rows).toHaveLength(1);
  });

  it('holds names apart that differ in case, in outer space or in composition', async () => {
    const { rows, diagnostics } = await read(write(row('é'), row('e\u0301'), row(' é'), row('É')));
    expect(rows).toHaveLength(4);
    expect(diagnostics).toEqual([]);
  });

  it('settles a name that stands in every row', async () => {
    const rows = Array.from({ length: 3000 }, (_, index) => `x,${index},cpu,gt,active,${UUID},,sum`);
    const { rows: kept } = await read(write(...rows), { onDuplicate: 'last' });
    expect(kept.map(({ line }) => line)).toEqual([3001]);
  });
});
