import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { KNOWN_MEMBERS } from '../src/alarm/alarm.ts';
import { decodeRow } from '../src/alarm/row.ts';

const GOOD: Readonly<Record<string, string>> = {
  name: 'disk-full',
  threshold: '90.0',
  metric_name: 'disk',
  comparison_method: 'gt',
  alarm_state: 'active',
  tracking_metric_id: '6F1C1D4E-0c7e-0d0a-9a57-3f4b8b6f2a11',
  contact: 'a@b.c;ldap:ops',
  metric_math: 'sum',
};

function decode(cells: Readonly<Record<string, string>>): ReturnType<typeof decodeRow> {
  const row = { ...GOOD, ...cells };
  return decodeRow(Object.keys(row), Object.values(row));
}

/** The columns found at fault; [] for a good row. */
function faultyColumns(cells: Readonly<Record<string, string>>): readonly string[] {
  const decoded = decode(cells);
  return 'faults' in decoded ? decoded.faults.map(({ column }) => column) : [];
}

describe('a good row', () => {
  it('gives its cells verbatim, whatever the order of the columns', () => {
    const columns = Object.keys(GOOD);
    fc.assert(
      fc.property(fc.shuffledSubarray(columns, { minLength: columns.length }), (order) => {
        const decoded = decodeRow(
          order,
          order.map((column) => GOOD[column] ?? ''),
        );
        const { name, contact: _, ...params } = GOOD;
        expect(decoded).toEqual({
          definition: { name, params: { ...params, contact: ['a@b.c', 'ldap:ops'] } },
        });
        expect('definition' in decoded && Object.keys(decoded.definition.params)).toEqual(
          KNOWN_MEMBERS.filter((member) => columns.includes(member)),
        );
      }),
    );
  });

  it('leaves out the members of empty optional cells and of columns passed over', () => {
    const decoded = decodeRow(
      [...Object.keys(GOOD), undefined, 'query_scope'],
      [...Object.values(GOOD), 'team 7', ''],
    );
    expect('definition' in decoded && Object.keys(decoded.definition.params)).not.toContain('query_scope');
    expect(JSON.stringify(decoded)).not.toContain('team 7');
  });

  it('may have a word of metric math that nobody knows, and says so', () => {
    expect(decode({ metric_math: ' Wobble.2 ' })).toMatchObject({ unknownMetricMath: 'wobble.2' });
    for (const known of ['sum', 'avg', 'max', 'p99', 'p99.9', 'median', 'mode', ' SUM ']) {
      expect(decode({ metric_math: known })).not.toHaveProperty('unknownMetricMath');
    }
  });

  it.each<[string, string]>([
    ['threshold', `-.${'1'.repeat(100)}e-9999`],
    ['comparison_method', ' NEQ '],
    ['alarm_state', 'in_alarm'],
    ['contact', ''],
    ['metric_name', ' '],
    ['metric_name', 'é'.repeat(512)],
    ['warning_threshold', '89'],
    ['no_data_minutes', '10'],
    ['evaluation_window', '5m'],
    ['message_alert', 'at {value}\nof {threshold}'],
  ])('may have %s %j', (column, cell) => {
    expect(faultyColumns({ [column]: cell })).toEqual([]);
  });
});

describe('a bad row', () => {
  it.each<[string, string]>([
    ['threshold', ''],
    ['threshold', '1,5'],
    ['threshold', ' 3'],
    ['threshold', '1'.repeat(101)],
    ['threshold', '3e12345'],
    ['metric_name', ''],
    ['metric_name', `x${'é'.repeat(512)}`],
    ['comparison_method', 'ge'],
    ['alarm_state', 'Active'],
    ['alarm_state', ' active'],
    ['tracking_metric_id', ''],
    ['tracking_metric_id', '6F1C1D4E0c7e0d0a9a573f4b8b6f2a11'],
    ['tracking_metric_id', '6F1C1D4E-0c7e-0d0a-9a57-3f4b8b6f2a1g'],
    ['contact', 'root'],
    ['metric_math', ''],
    ['metric_math', '2max'],
    ['metric_math', 'a-b'],
    ['no_data_minutes', '0'],
    ['no_data_minutes', '1.5'],
    ['no_data_minutes', '-1'],
    ['warning_threshold', 'high'],
    ['evaluation_window', '5'],
    ['evaluation_window', '5 minutes'],
  ])('is one with %s %j: named by that column, and its name kept', (column, cell) => {
    expect(faultyColumns({ [column]: cell })).toEqual([column]);
    expect(decode({ [column]: cell })).toHaveProperty('name', 'disk-full');
  });

  it('gives every reason at once', () => {
    expect(faultyColumns({ threshold: '?', alarm_state: '?', contact: '?' })).toEqual([
      'threshold',
      'alarm_state',
      'contact',
    ]);
  });

  it.each(['', '.', '..', 'a\u0000b', '\ud800'])('has no usable name with %j', (name) => {
    expect(decode({ name })).toMatchObject({ name: undefined, faults: [{ column: 'name' }] });
  });

  it('of the wrong number of cells has no usable name', () => {
    const cells = Object.values(GOOD);
    for (const wrong of [cells.slice(1), [...cells, '']]) {
      expect(decodeRow(Object.keys(GOOD), wrong)).toMatchObject({
        name: undefined,
        faults: [{ column: '(row)' }],
      });
    }
  });
});

describe('the warning threshold', () => {
  it.each([
    ['gt', '500', '800', true],
    ['gte', '800', '500', false],
    ['gt', '800', '800.0', false],
    ['lt', '800', '500', true],
    ['lte', '500', '800', false],
    ['lt', '500', '5e2', false],
    ['eq', '1', '2', false],
    ['neq', '1', '2', false],
    [' GT ', '500', '800', true],
  ])(
    'with %s, at %s before %s, is accepted: %s',
    (comparison_method, warning_threshold, threshold, isAccepted) => {
      const columns = faultyColumns({ comparison_method, warning_threshold, threshold });
      expect(columns).toEqual(isAccepted ? [] : ['warning_threshold']);
    },
  );

  it('is not blamed for a fault of the threshold', () => {
    expect(faultyColumns({ threshold: '?', warning_threshold: '5' })).toEqual(['threshold']);
  });
});
