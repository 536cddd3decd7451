import { describe, expect, it } from 'vitest';

import { parseJson } from '../src/alarm/json.ts';
import { drain, etagOf, failFirst, failure, serviceOf, type Call } from './drain.service.ts';
import { diffWorld, operationOf, operationsOf, params, type World } from './plan.world.ts';

const UPDATE: World = {
  desired: { a: params({ threshold: '2' }) },
  existing: { a: { params: params({ owner: 'ops' }) } },
};
const DELETE: World = { existing: { a: { params: params(), etag: etagOf(1) } } };
const CREATE: World = { desired: { a: params() } };

const writesOf = (calls: readonly Call[]): readonly string[] =>
  calls.filter(({ verb }) => verb !== 'read').map(({ verb }) => verb);

describe('an update', () => {
  it('is read before, sent with the etag of that read, and keeps what the file does not manage', async () => {
    const service = serviceOf(UPDATE);
    await drain(diffWorld(UPDATE).plan, service);
    expect(service.calls.map(({ verb, ifMatch }) => [verb, ifMatch])).toEqual([
      ['read', undefined],
      ['update', '"1"'],
    ]);
    expect(service.alarms.get('a')?.params).toEqual(params({ threshold: '2', owner: 'ops' }));
  });

  it.each<[string, World['desired'] | undefined]>([
    ['was changed', { a: params({ threshold: '77', owner: 'ops' }) }],
    ['was changed in a member we do not manage', { a: params({ owner: 'someone else' }) }],
    ['was deleted', undefined],
  ])('of an alarm that %s since is a conflict and left alone', async (_what, live) => {
    const service = serviceOf(UPDATE);
    service.alarms.clear();
    for (const [name, now] of Object.entries(live ?? {})) service.put(name, now);
    const { plan } = diffWorld(UPDATE);
    await drain(plan, service);
    expect(operationsOf(plan)).toEqual(['update a conflict']);
    expect(writesOf(service.calls)).toEqual([]);
  });

  it('of an alarm that is as wanted already is done, and nothing is sent', async () => {
    const service = serviceOf(UPDATE);
    service.put('a', params({ threshold: '2.0', owner: 'ops' }));
    const { plan } = diffWorld(UPDATE);
    await drain(plan, service);
    expect(operationsOf(plan)).toEqual(['update a done']);
    expect(writesOf(service.calls)).toEqual([]);
  });

  it('that another writer overtakes between read and write is a conflict', async () => {
    const service = serviceOf(UPDATE, {
      before: ({ verb }) => {
        if (verb === 'update') service.put('a', params({ threshold: '77' }));
      },
    });
    const { plan } = diffWorld(UPDATE);
    await drain(plan, service);
    expect(operationsOf(plan)).toEqual(['update a conflict']);
    expect(service.alarms.get('a')?.params).toEqual(params({ threshold: '77' }));
  });

  it('answered 412 for the weather alone is sent again over a new read', async () => {
    let hasFired = false;
    const service = serviceOf(UPDATE, {
      before: ({ verb }) => {
        if (verb !== 'update' || hasFired) return;
        hasFired = true;
        service.put('a', params({ owner: 'ops', alarm_state: 'in_alarm' }));
      },
    });
    const { plan } = diffWorld(UPDATE);
    await drain(plan, service);
    expect(operationsOf(plan)).toEqual(['update a done']);
    expect(service.alarms.get('a')?.params).toEqual(
      params({ threshold: '2', owner: 'ops', alarm_state: 'in_alarm' }),
    );
  });

  it.each([
    ['active', 'in_alarm'],
    ['in_alarm', 'active'],
  ])('of an alarm listed as %s carries its present weather %s', async (listed, live) => {
    const world: World = {
      desired: { a: params({ threshold: '2' }) },
      existing: { a: { params: params({ alarm_state: listed }) } },
    };
    const service = serviceOf(world);
    service.put('a', params({ alarm_state: live }));
    const { plan } = diffWorld(world);
    await drain(plan, service);
    expect(operationsOf(plan)).toEqual(['update a done']);
    expect(service.alarms.get('a')?.params).toEqual(params({ threshold: '2', alarm_state: live }));
  });

  it('with --check-before deletes goes over a change, and the ledger keeps what it replaced', async () => {
    const service = serviceOf(UPDATE);
    service.put('a', params({ threshold: '77', owner: 'new' }));
    const { plan } = diffWorld(UPDATE);
    await drain(plan, service, { checkBefore: 'deletes' });
    expect(service.alarms.get('a')?.params).toEqual(params({ threshold: '2', owner: 'new' }));
    const [images] = plan.database
      .prepare<[], { replaced_params: string; sent_params: string }>(
        'SELECT replaced_params, sent_params FROM image',
      )
      .all();
    expect(parseJson(images?.replaced_params ?? 'null')).toEqual(params({ threshold: '77', owner: 'new' }));
    expect(parseJson(images?.sent_params ?? 'null')).toEqual(params({ threshold: '2', owner: 'new' }));
  });

  it('answered 404 is a conflict', async () => {
    const service = serviceOf(UPDATE, {
      before: failFirst(
        1,
        ({ verb }) => verb === 'update',
        () => failure('ALARMSYNC_SERVICE_MISSING', 404),
      ),
    });
    const { plan } = diffWorld(UPDATE);
    await drain(plan, service);
    expect(operationsOf(plan)).toEqual(['update a conflict']);
  });
});

describe('a delete', () => {
  it('is sent with the etag of the listing, without a read', async () => {
    const service = serviceOf(DELETE);
    await drain(diffWorld(DELETE).plan, service);
    expect(service.calls.map(({ verb, ifMatch }) => [verb, ifMatch])).toEqual([['delete', '"1"']]);
    expect(service.alarms.size).toBe(0);
  });

  it.each([
    ['with etags', true],
    ['without etags', false],
  ])('of an alarm that was changed since is a conflict, %s', async (_what, hasConditionalWrites) => {
    const world: World = hasConditionalWrites ? DELETE : { existing: { a: { params: params() } } };
    const service = serviceOf(world, {}, { hasConditionalWrites });
    service.put('a', params({ threshold: '77' }));
    const { plan } = diffWorld(world);
    await drain(plan, service);
    expect(operationsOf(plan)).toEqual(['delete a conflict']);
    expect(service.effects).toEqual([]);
  });

  it('of an alarm whose weather alone changed is done', async () => {
    const service = serviceOf(DELETE);
    service.put('a', params({ alarm_state: 'in_alarm' }));
    const { plan } = diffWorld(DELETE);
    await drain(plan, service);
    expect(operationsOf(plan)).toEqual(['delete a done']);
    expect(service.calls.map(({ verb, ifMatch }) => [verb, ifMatch])).toEqual([
      ['delete', '"1"'],
      ['read', undefined],
      ['delete', '"2"'],
    ]);
  });

  it.each([[true], [false]])('of an alarm that is gone is done, etags: %s', async (hasConditionalWrites) => {
    const service = serviceOf(DELETE, {}, { hasConditionalWrites });
    service.alarms.clear();
    const { plan } = diffWorld(DELETE);
    await drain(plan, service);
    expect(operationsOf(plan)).toEqual(['delete a done']);
  });

  it('with --check-before none is sent without a look', async () => {
    const service = serviceOf(DELETE);
    service.put('a', params({ threshold: '77' }));
    await drain(diffWorld(DELETE).plan, service, { checkBefore: 'none' });
    expect(service.calls.map(({ verb, ifMatch }) => [verb, ifMatch])).toEqual([['delete', undefined]]);
    expect(service.alarms.size).toBe(0);
  });
});

describe('a create', () => {
  it('answered 409 by an alarm that is as wanted is done', async () => {
    const service = serviceOf(CREATE);
    service.put('a', params({ threshold: '1.0', alarm_state: 'in_alarm' }));
    const { plan } = diffWorld(CREATE);
    await drain(plan, service);
    expect(operationsOf(plan)).toEqual(['create a done']);
  });

  it('answered 409 by another alarm is a conflict', async () => {
    const service = serviceOf(CREATE);
    service.put('a', params({ threshold: '77' }));
    const { plan } = diffWorld(CREATE);
    await drain(plan, service);
    expect(operationsOf(plan)).toEqual(['create a conflict']);
    expect(operationOf(plan, 'a').failureMessage).toContain('exists already');
    expect(service.effects).toEqual([]);
  });

  it.each([
    ['as wanted', params(), 'create a done'],
    ['another', params({ threshold: '77' }), 'create a conflict'],
  ])('that would replace an alarm is checked before: %s is found', async (_what, found, operation) => {
    const service = serviceOf(CREATE, {}, { createIsUpsert: true });
    service.put('a', found);
    const { plan } = diffWorld(CREATE);
    await drain(plan, service);
    expect(operationsOf(plan)).toEqual([operation]);
    expect(writesOf(service.calls)).toEqual([]);
  });

  it('sends active where the file says in_alarm, and verbatim with --compare-state exact', async () => {
    const world: World = { desired: { a: params({ alarm_state: 'in_alarm' }) } };
    for (const [compareState, state] of [
      ['meaning', 'active'],
      ['exact', 'in_alarm'],
    ] as const) {
      const service = serviceOf(world);
      await drain(diffWorld(world, { compareState }).plan, service, { compareState });
      expect(service.alarms.get('a')?.params['alarm_state']).toBe(state);
    }
  });
});
