import { describe, expect, it } from 'vitest';

import { settleUnknown } from '../src/pipeline/drain/drain.ts';
import type { PlanFile } from '../src/store/plan-file.ts';
import {
  drain,
  drainSettings,
  failFirst,
  failure,
  latch,
  serviceOf,
  type Bend,
  type Call,
  type MapService,
} from './drain.service.ts';
import { diffWorld, operationOf, operationsOf, params, type World } from './plan.world.ts';

const SETTLE_TIME_MS = 60;
/** Timers may fire a millisecond early. */
const SETTLED_MS = SETTLE_TIME_MS - 2;

const CREATE: World = { desired: { a: params() } };
const UPDATE: World = { desired: { a: params({ threshold: '2' }) }, existing: { a: { params: params() } } };
const DELETE: World = { existing: { a: { params: params() } } };

const lost = (): Error => failure('ALARMSYNC_SERVICE_TIMEOUT');
const isWrite = ({ verb }: Call): boolean => verb !== 'read';

/** Shape: `create, read, read, create`. */
function verbsOf(service: MapService): string {
  return service.calls.map(({ verb }) => verb).join(', ');
}

async function drained(
  world: World,
  bend: Bend,
  retryCount = 3,
): Promise<{ plan: PlanFile; service: MapService }> {
  const service = serviceOf(world, bend, { hasConditionalWrites: false });
  const { plan } = diffWorld(world);
  await drain(plan, service, { settleTimeMs: SETTLE_TIME_MS, retryCount });
  return { plan, service };
}

describe('a create whose answer was lost', () => {
  it('is sent again only after two look-ups agree that nothing came of it', async () => {
    const { plan, service } = await drained(CREATE, { before: failFirst(1, isWrite, lost) });
    expect(verbsOf(service)).toBe('create, read, read, create');
    expect(operationOf(plan, 'a')).toMatchObject({ state: 'done', attemptCount: 2, wasAmbiguous: true });
    expect(plan.alarms.operations.resolvedAmbiguousCount()).toBe(1);
    expect(service.calls.map(({ idempotencyKey }) => idempotencyKey)).toEqual([
      'run-1-1',
      undefined,
      undefined,
      'run-1-1',
    ]);
  });

  it('keeps no other from being sent while it waits to be looked up', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `a${index}`);
    const world = { desired: Object.fromEntries(names.map((name) => [name, params()])) };
    const service = serviceOf(world, { before: failFirst(40, isWrite, lost) });
    const { plan } = diffWorld(world);
    await drain(plan, service, { settleTimeMs: 400, retryCount: 3, concurrency: 1 });
    expect(service.calls.slice(0, 40).filter(isWrite)).toHaveLength(40);
    expect(service.alarms.size).toBe(40);
  });

  it('is looked up no sooner than the settle time after the sending, and as long between look-ups', async () => {
    const { service } = await drained(CREATE, { before: failFirst(1, isWrite, lost) });
    const [sent = 0, first = 0, second = 0] = service.calls.map(({ atMs }) => atMs);
    expect(first - sent).toBeGreaterThanOrEqual(SETTLED_MS);
    expect(second - first).toBeGreaterThanOrEqual(SETTLED_MS);
  });

  it('is done when a look-up finds it, and never sent twice', async () => {
    const { plan, service } = await drained(CREATE, { after: failFirst(1, isWrite, lost) });
    expect(verbsOf(service)).toBe('create, read');
    expect(operationOf(plan, 'a')).toMatchObject({ state: 'done', attemptCount: 1, wasAmbiguous: true });
  });

  it('is done when only the second look-up finds it: the service was slow to commit', async () => {
    let isHidden = true;
    const service = serviceOf(CREATE, {
      before: failFirst(1, isWrite, lost),
      after: ({ verb }) => {
        if (verb === 'read' && isHidden) service.put('a', params());
        isHidden = false;
      },
    });
    const { plan } = diffWorld(CREATE);
    await drain(plan, service, { settleTimeMs: SETTLE_TIME_MS });
    expect(verbsOf(service)).toBe('create, read, read');
    expect(operationsOf(plan)).toEqual(['create a done']);
  });

  it('is a conflict when a look-up finds another alarm', async () => {
    const service = serviceOf(CREATE, {
      before: failFirst(1, isWrite, () => {
        service.put('a', params({ threshold: '77' }));
        return lost();
      }),
    });
    const { plan } = diffWorld(CREATE);
    await drain(plan, service);
    expect(operationsOf(plan)).toEqual(['create a conflict']);
    expect(service.effects).toEqual([]);
  });
});

describe('an update whose answer was lost', () => {
  it.each<[string, Bend, string]>([
    ['that took effect', { after: failFirst(1, isWrite, lost) }, 'read, update, read'],
    ['that did not', { before: failFirst(1, isWrite, lost) }, 'read, update, read, read, update'],
  ])('%s is done', async (_what, bend, verbs) => {
    const { plan, service } = await drained(UPDATE, bend);
    expect(verbsOf(service)).toBe(verbs);
    expect(operationsOf(plan)).toEqual(['update a done']);
    expect(service.effects).toEqual(['update a']);
  });

  it('is a conflict when the alarm is neither as before nor as wanted', async () => {
    const service = serviceOf(UPDATE, {
      after: failFirst(1, isWrite, () => {
        service.put('a', params({ threshold: '77' }));
        return lost();
      }),
    });
    const { plan } = diffWorld(UPDATE);
    await drain(plan, service);
    expect(operationsOf(plan)).toEqual(['update a conflict']);
  });
});

describe('a delete whose answer was lost', () => {
  it.each<[string, Bend, string]>([
    ['that took effect', { after: failFirst(1, isWrite, lost) }, 'read, delete, read'],
    ['that did not', { before: failFirst(1, isWrite, lost) }, 'read, delete, read, read, delete'],
  ])('%s is done', async (_what, bend, verbs) => {
    const { plan, service } = await drained(DELETE, bend);
    expect(verbsOf(service)).toBe(verbs);
    expect(operationsOf(plan)).toEqual(['delete a done']);
  });
});

describe('an unknown outcome', () => {
  it.each([
    'ALARMSYNC_SERVICE_UNAVAILABLE',
    'ALARMSYNC_SERVICE_TIMEOUT',
    'ALARMSYNC_SERVICE_CONNECTION',
    'ALARMSYNC_SERVICE_MALFORMED',
  ] as const)('is what %s leaves', async (code) => {
    const { plan, service } = await drained(CREATE, {
      after: failFirst(1, isWrite, () => failure(code, 500)),
    });
    expect(verbsOf(service)).toBe('create, read');
    expect(operationsOf(plan)).toEqual(['create a done']);
  });

  it('does not keep other operations waiting', async () => {
    const desired = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`n${index}`, params()]));
    const others = latch();
    const service = serviceOf(
      {},
      {
        after: ({ name, verb }) => {
          if (name === 'n0' && verb === 'create') throw lost();
          if (service.effects.length === 20) others.open();
        },
        before: async ({ verb }) => {
          if (verb === 'read') await others.opened; // no look-up ends before all others were sent
        },
      },
    );
    const { plan } = diffWorld({ desired });
    await drain(plan, service, { settleTimeMs: 1, concurrency: 2 });
    expect(plan.alarms.operations.counts().create.done).toBe(20);
  });

  it('stays unknown while look-ups fail, and is looked up when the run goes on', async () => {
    let isDown = true;
    const service = serviceOf(CREATE, {
      before: ({ verb }) => {
        if (isDown && verb === 'read') throw failure('ALARMSYNC_SERVICE_UNAVAILABLE', 503);
      },
      after: failFirst(1, isWrite, lost),
    });
    const { plan } = diffWorld(CREATE);
    await drain(plan, service, { retryCount: 1 });
    expect(operationsOf(plan)).toEqual(['create a sent']);
    isDown = false;
    service.calls.length = 0;
    await drain(plan, service);
    expect(verbsOf(service)).toBe('read');
    expect(operationsOf(plan)).toEqual(['create a done']);
  });

  it('is retryable once its tries are used up and it is known to have had no effect', async () => {
    const { plan, service } = await drained(CREATE, { before: failFirst(9, isWrite, lost) }, 1);
    expect(verbsOf(service)).toBe('create, read, read, create, read, read');
    expect(operationOf(plan, 'a')).toMatchObject({
      state: 'retryable',
      attemptCount: 2,
      failureClass: 'other',
    });
    expect(plan.alarms.attempts.ofOperation(1).map(({ step, result }) => `${step} ${result}`)).toEqual([
      'write unknown',
      'lookup absent',
      'lookup absent',
      'write unknown',
      'lookup absent',
      'lookup absent',
    ]);
  });
});

describe('a claim that a dead process left', () => {
  /** A plan whose first operation was claimed, and then nothing. */
  function abandoned(world: World): PlanFile {
    const { plan } = diffWorld(world);
    expect(
      plan.alarms.operations.claim({ isDelete: world === DELETE, afterId: 0, limitCount: 1 }, 5),
    ).toHaveLength(1);
    return plan;
  }

  it.each<[string, World, boolean, string]>([
    ['a create that took effect', CREATE, true, 'read'],
    ['a create that did not', CREATE, false, 'read, read, create'],
    ['an update that took effect', UPDATE, true, 'read'],
    ['an update that did not', UPDATE, false, 'read, read, update'],
    ['a delete that took effect', DELETE, true, 'read'],
    ['a delete that did not', DELETE, false, 'read, read, delete'],
  ])('on %s is looked up before anything is sent', async (_what, world, tookEffect, verbs) => {
    const plan = abandoned(world);
    const service = serviceOf(world, {}, { hasConditionalWrites: false });
    const wanted = world.desired?.['a'];
    if (tookEffect && wanted === undefined) service.alarms.clear();
    else if (tookEffect && wanted !== undefined) service.put('a', wanted);
    await drain(plan, service);
    expect(verbsOf(service)).toBe(verbs);
    expect(operationOf(plan, 'a')).toMatchObject({ state: 'done', wasAmbiguous: true });
  });

  it('can be settled without sending anything', async () => {
    const plan = abandoned(CREATE);
    const service = serviceOf(CREATE);
    const never = new AbortController().signal;
    const { send, task, concurrency } = drainSettings();
    const isSettled = await settleUnknown(
      { plan, service, nowEpochMs: Date.now },
      { send, task, concurrency },
      { stop: never, kill: never },
    );
    expect(isSettled).toBe(true);
    expect(verbsOf(service)).toBe('read, read');
    expect(operationsOf(plan)).toEqual(['create a']);
  });

  it('is not settled while the service is down', async () => {
    const plan = abandoned(CREATE);
    const service = serviceOf(CREATE, {
      before: () => {
        throw failure('ALARMSYNC_SERVICE_CONNECTION');
      },
    });
    const never = new AbortController().signal;
    const { send, task, concurrency } = drainSettings({ retryCount: 0 });
    const isSettled = await settleUnknown(
      { plan, service, nowEpochMs: Date.now },
      { send, task, concurrency },
      { stop: never, kill: never },
    );
    expect(isSettled).toBe(false);
    expect(operationsOf(plan)).toEqual(['create a sent']);
  });
});
