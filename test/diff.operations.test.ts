import { describe, expect, it } from 'vitest';

import { parseJson } from '../src/alarm/json.ts';
import { diffWorld, operationOf, operationsOf, params } from './plan.world.ts';

describe('the difference', () => {
  it('is what to create, update and delete, in that order and by name', () => {
    const { plan, counts } = diffWorld({
      desired: { zeta: params(), alpha: params(), changed: params({ threshold: '2' }), same: params() },
      existing: {
        changed: { params: params(), etag: '"7"', handle: 'h7' },
        same: { params: params({ threshold: '1.0', alarm_state: 'in_alarm', owner: 'ops' }) },
        gone: { params: params({ owner: 'ops' }) },
        'a-gone': { params: params() },
      },
      firstLine: 10,
    });
    expect(operationsOf(plan)).toEqual([
      'create alpha',
      'create zeta',
      'update changed',
      'delete a-gone',
      'delete gone',
    ]);
    expect(counts).toEqual({
      desiredInScopeCount: 4,
      existingInScopeCount: 4,
      existingCount: 4,
      unchangedCount: 1,
      unaddressableCount: 0,
      protectedCount: 0,
    });
    expect(operationOf(plan, 'alpha')).toMatchObject({ fileLine: 11, beforeParams: null });
    expect(operationOf(plan, 'changed')).toMatchObject({ fileLine: 12, etag: '"7"', handle: 'h7' });
    expect(operationOf(plan, 'gone')).toMatchObject({ fileLine: null, afterParams: null });
    expect(parseJson(operationOf(plan, 'gone').beforeParams ?? '')).toEqual(params({ owner: 'ops' }));
  });

  it('lays the managed members over the alarm and keeps the others', () => {
    const { plan } = diffWorld(
      {
        desired: { a: params({ threshold: '2' }) },
        existing: {
          a: {
            params: params({
              owner: 'ops',
              query_scope: 'team',
              no_data_minutes: '5',
              alarm_state: 'in_alarm',
            }),
          },
        },
      },
      { managedMembers: ['threshold', 'no_data_minutes'] },
    );
    expect(parseJson(operationOf(plan, 'a').afterParams ?? '')).toEqual(
      params({ threshold: '2', owner: 'ops', query_scope: 'team', alarm_state: 'in_alarm' }),
    );
  });

  it('keeps members that are not managed where both sides have the required ones alone', () => {
    const { plan } = diffWorld(
      {
        desired: { a: params({ threshold: '2' }) },
        existing: { a: { params: params({ metric_name: 'memory' }) } },
      },
      { managedMembers: ['threshold'] },
    );
    expect(parseJson(operationOf(plan, 'a').afterParams ?? '')).toEqual(
      params({ threshold: '2', metric_name: 'memory' }),
    );
  });

  it('does not see members that the file does not manage', () => {
    const world = { desired: { a: params() }, existing: { a: { params: params({ contact: ['b@b.c'] }) } } };
    expect(operationsOf(diffWorld(world).plan)).toEqual(['update a']);
    expect(operationsOf(diffWorld(world, { managedMembers: ['threshold'] }).plan)).toEqual([]);
  });

  it('takes names byte for byte', () => {
    const { plan } = diffWorld({
      desired: { A: params(), 'e\u0301': params(), 'a ': params() },
      existing: { a: { params: params() }, é: { params: params() } },
    });
    expect(operationsOf(plan)).toEqual(['create A', 'create a ', 'create e\u0301', 'delete a', 'delete é']);
  });

  it('orders names as SQLite orders bytes, so that emoji come after the rest', () => {
    const { plan } = diffWorld({ desired: { '🔥': params(), '\uffee': params(), a: params() } });
    expect(operationsOf(plan)).toEqual(['create a', 'create \uffee', 'create 🔥']);
  });
});

describe('evidence', () => {
  const world = { desired: { a: params() }, existing: { gone: { params: params() } } };

  it.each([
    ['file', { ...world, isDesiredSealed: false }],
    ['listing', { ...world, isExistingSealed: false }],
  ])('of an unsealed %s gives no deletes', (_what, unsealed) => {
    expect(operationsOf(diffWorld(unsealed).plan)).toEqual(['create a']);
  });

  it('of a bad row protects its name wholly', () => {
    const { plan, counts } = diffWorld({
      desired: { made: params(), changed: params({ threshold: '2' }) },
      existing: { changed: { params: params() }, gone: { params: params() } },
      badNames: ['made', 'changed', 'gone', 'elsewhere'],
    });
    expect(operationsOf(plan)).toEqual([]);
    expect(counts.unchangedCount).toBe(0);
  });

  it('of a bad row without a usable name deletes nothing at all', () => {
    const { plan } = diffWorld({ ...world, badNames: [undefined] }, { isDeleteProved: false });
    expect(operationsOf(plan)).toEqual(['create a']);
  });

  it('of bad rows is kept in the plan file, one entry a row with every reason', () => {
    const { plan } = diffWorld({ badNames: ['x', undefined] });
    expect(plan.rejectedRows.count()).toBe(2);
    expect([...plan.rejectedRows.iterate()]).toEqual([
      {
        line: 1000,
        cells: ['x'],
        reasons: ['threshold: expected a decimal number, got "n/a"', 'contact: expected an e-mail address'],
      },
      { line: 1001, cells: [''], reasons: expect.any(Array) },
    ]);
  });
});

describe('what is never touched', () => {
  it('a name that the service holds twice is a conflict from the start', () => {
    const { plan, counts } = diffWorld({
      desired: { wanted: params({ threshold: '2' }) },
      existing: {
        wanted: { params: params(), isHeldTwice: true },
        unwanted: { params: params(), isHeldTwice: true },
      },
    });
    expect(operationsOf(plan)).toEqual(['delete unwanted conflict', 'update wanted conflict']);
    expect(counts.unchangedCount).toBe(0);
  });

  it('a name that no request can carry is counted and left', () => {
    const { plan, counts } = diffWorld({
      existing: { '..': { params: params(), isAddressable: false }, gone: { params: params() } },
    });
    expect(operationsOf(plan)).toEqual(['delete gone']);
    expect(counts.unaddressableCount).toBe(1);
  });

  it('protected names are neither updated nor deleted, and counted', () => {
    const { plan, counts } = diffWorld(
      {
        desired: { 'p/new': params(), 'p/changed': params({ threshold: '2' }), 'p/same': params() },
        existing: {
          'p/changed': { params: params() },
          'p/same': { params: params() },
          'p/gone': { params: params() },
          gone: { params: params() },
        },
      },
      { protect: 'p/*' },
    );
    expect(operationsOf(plan)).toEqual(['create p/new', 'delete gone']);
    expect(counts).toMatchObject({ protectedCount: 2, unchangedCount: 1 });
  });

  it('outside the scope nothing is looked at', () => {
    const { plan, counts } = diffWorld(
      {
        desired: { 'in/new': params(), 'out/new': params(), 'in/skip/new': params(), 'IN/new': params() },
        existing: {
          'in/gone': { params: params() },
          'out/gone': { params: params() },
          'in/skip/gone': { params: params() },
        },
      },
      { scope: 'in/*', exclude: 'in/skip/*' },
    );
    expect(operationsOf(plan)).toEqual(['create in/new', 'delete in/gone']);
    expect(counts).toMatchObject({ desiredInScopeCount: 1, existingInScopeCount: 1, existingCount: 3 });
  });

  it.each([
    ['sync', ['create new', 'update changed', 'delete gone']],
    ['upsert-only', ['create new', 'update changed']],
    ['create-only', ['create new']],
  ] as const)('--policy %s plans %j', (policy, operations) => {
    const { plan } = diffWorld(
      {
        desired: { new: params(), changed: params({ threshold: '2' }) },
        existing: { changed: { params: params() }, gone: { params: params() } },
      },
      { policy },
    );
    expect(operationsOf(plan)).toEqual(operations);
  });
});
