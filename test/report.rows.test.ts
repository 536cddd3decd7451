import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseJson, type JsonObject } from '../src/alarm/json.ts';
import { meaningText } from '../src/alarm/meaning.ts';
import { decodeRow } from '../src/alarm/row.ts';
import { renderOperations, type OperationFormat } from '../src/pipeline/report/operations.ts';
import { runOutcome } from '../src/pipeline/report/outcome.ts';
import { exportColumns, exportRow, failedRowsCsv, rejectsCsv } from '../src/pipeline/report/rows.ts';
import { drain, failure, serviceOf } from './drain.service.ts';
import { diffWorld, params, REQUIRED, type World } from './plan.world.ts';

const COLUMNS = exportColumns(new Set());
const rowsOf = (text: string): string[][] => parse(text, { relax_column_count: true });

describe('an export', () => {
  it('has the required columns, and the optional ones that some alarm has', () => {
    expect(COLUMNS).toEqual(['name', ...REQUIRED]);
    expect(exportColumns(new Set(['query_scope', 'owner', 'warning_threshold']))).toEqual([
      'name',
      ...REQUIRED,
      'warning_threshold',
      'query_scope',
    ]);
  });

  it('writes in_alarm as active', () => {
    const { line, isFaithful } = exportRow(
      { name: 'a', params: params({ alarm_state: 'in_alarm' }) },
      COLUMNS,
    );
    expect(line).toBe('a,1,cpu,gt,active,00000000-0000-4000-8000-000000000000,a@b.c,sum\n');
    expect(isFaithful).toBe(true);
  });

  const member = fc.constantFrom(
    '3',
    ' pad ',
    'a;b',
    'x"y',
    'line\nbreak',
    '',
    'gt',
    'active',
    'sum',
    '=cmd()',
  );
  const alarm = fc.record({
    name: fc.string({
      unit: fc.constantFrom('a', ',', '"', ' ', ';', '🔥', '\u202e'),
      minLength: 1,
      maxLength: 5,
    }),
    params: fc
      .record(
        {
          threshold: fc.oneof(fc.constantFrom<JsonObject[string]>('3', '3.0', 3, parseJson('3.10')), member),
          metric_name: member,
          comparison_method: fc.constantFrom('gt', ' LT '),
          alarm_state: fc.constantFrom('active', 'inactive', 'in_alarm'),
          contact: fc.array(fc.constantFrom('a@b.c', 'ldap:x;y', 'ticket:"q"', '[x@y', ' pad@x.y '), {
            maxLength: 3,
          }),
          query_scope: member,
        },
        { requiredKeys: ['comparison_method', 'contact'] },
      )
      .map((changes) => params(changes)),
  });
  const columns = exportColumns(new Set(['query_scope']));

  it('says of each row truly whether it means what the alarm means', () => {
    fc.assert(
      fc.property(alarm, (one) => {
        const { line, isFaithful } = exportRow(one, columns);
        const [cells = []] = rowsOf(line);
        const decoded = decodeRow(columns, cells);
        const members = columns.slice(1);
        const meansTheSame =
          'definition' in decoded &&
          decoded.definition.name === one.name &&
          meaningText(decoded.definition.params, members, 'meaning') ===
            meaningText(one.params, members, 'meaning');
        expect(isFaithful).toBe(meansTheSame);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([['ldap:x;y'], ['[x@y'], ['ticket:"q"']])('can carry the contact %s', (contact) => {
    expect(exportRow({ name: 'a', params: params({ contact: [contact] }) }, COLUMNS).isFaithful).toBe(true);
  });
});

const WORLD: World = {
  desired: { 'bad, one': params({ contact: ['ldap:x;y', 'a@b.c'] }), good: params() },
  existing: { gone: { params: params() } },
};

it('rows that failed are written as rows of the file, with what failed', async () => {
  const service = serviceOf(WORLD, {
    before: ({ name }) => {
      if (name === 'bad, one') throw failure('ALARMSYNC_SERVICE_REFUSED', 422);
    },
  });
  const { plan } = diffWorld(WORLD);
  await drain(plan, service);
  const csv = [...failedRowsCsv(plan.alarms.operations.iterate({ failed: true }), REQUIRED)].join('');
  const [header = [], row = [], ...others] = rowsOf(csv);
  expect(others).toEqual([]);
  expect(header).toEqual(['name', ...REQUIRED, '_error']);
  expect(row.at(-1)).toContain('422');
  const decoded = decodeRow(header.slice(0, -1), row.slice(0, -1));
  expect(decoded).toEqual({ definition: { name: 'bad, one', params: WORLD.desired?.['bad, one'] } });
});

it('rejected rows are written as they stood, with every reason', () => {
  const faults = [
    { column: 'threshold', reason: 'expected a decimal number, got "n/a"' },
    { column: 'contact', reason: 'expected an e-mail address' },
  ];
  const bad = { line: 2, name: 'x,"y"', cells: ['x,"y"', 'n/a'], faults };
  expect(rowsOf([...rejectsCsv(['name', 'threshold'], [bad])].join(''))).toEqual([
    ['name', 'threshold', '_error'],
    ['x,"y"', 'n/a', 'threshold: expected a decimal number, got "n/a"; contact: expected an e-mail address'],
  ]);
});

describe('the outcome of a run', () => {
  it('is read from the ledger alone', async () => {
    const { plan } = diffWorld(WORLD);
    expect(runOutcome(plan)).toMatchObject({ unfinishedCount: 3, exitCode: 5 });
    await drain(plan, serviceOf(WORLD));
    expect(runOutcome(plan)).toMatchObject({
      createdCount: 2,
      deletedCount: 1,
      failedCount: 0,
      unfinishedCount: 0,
      exitCode: 0,
    });
  });

  it('of a parked create is 6, and what it held adds nothing', async () => {
    const { plan } = diffWorld(WORLD);
    await drain(
      plan,
      serviceOf(WORLD, {
        before: ({ name }) => {
          if (name === 'good') throw failure('ALARMSYNC_SERVICE_REFUSED', 400);
        },
      }),
    );
    expect(runOutcome(plan)).toMatchObject({
      createdCount: 1,
      failedCount: 1,
      heldCount: 1,
      unfinishedCount: 0,
      exitCode: 6,
    });
  });

  it('of a conflict is 4', async () => {
    const { plan } = diffWorld(WORLD);
    const service = serviceOf(WORLD);
    service.put('good', params({ threshold: '77' }));
    await drain(plan, service);
    expect(runOutcome(plan)).toMatchObject({ conflictCount: 1, heldCount: 1, exitCode: 4 });
  });
});

describe('operations shown', () => {
  const hostile: World = {
    desired: { 'a|b\n\u202e&#8238;<b>': params({ threshold: '2', contact: ['x@y', 'ldap:z'] }) },
    existing: { 'a|b\n\u202e&#8238;<b>': { params: params() } },
  };
  const render = (world: World, format: OperationFormat): string =>
    [...renderOperations(diffWorld(world).plan.alarms.operations.iterate(), format, 'meaning')].join('');

  it('as text say what changes, member by member', () => {
    const text = render(
      { ...WORLD, desired: { a: params({ threshold: '2' }) }, existing: { a: { params: params() } } },
      'text',
    );
    expect(text).toBe('~ update  a  threshold: 1 -> 2\n');
    expect(render({ desired: { n: params() }, existing: { o: { params: params() } } }, 'text')).toBe(
      '+ create  n\n- delete  o\n',
    );
  });

  it.each(['text', 'csv', 'markdown'] as const)(
    'as %s hold no control or bidirectional character',
    (format) => {
      const lines = render(hostile, format).split('\n').slice(0, -1);
      expect(lines).toHaveLength({ text: 1, csv: 2, markdown: 3 }[format]);
      expect(lines.at(-1)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    },
  );

  it('as Markdown keep names inside their cell, and entities from turning into what was escaped', () => {
    const line = render(hostile, 'markdown').split('\n').at(2) ?? '';
    expect(line.match(/(?<!\\)\|/gu)).toHaveLength(5);
    expect(line).not.toMatch(/(?<!\\)[<>]/u);
    expect(line).not.toMatch(/(?<!\\)&#/u);
  });

  it('as NDJSON are the values themselves', () => {
    const [line = ''] = render(hostile, 'ndjson').split('\n');
    expect(JSON.parse(line)).toMatchObject({
      action: 'update',
      name: 'a|b\n\u202e&#8238;<b>',
      state: 'pending',
      before: params(),
      after: params({ threshold: '2', contact: ['x@y', 'ldap:z'] }),
    });
  });
});
