import { describe, expect, it } from 'vitest';

import { drain, failFirst, failure, serviceOf } from './drain.service.ts';
import { diffWorld, operationOf, operationsOf, params, type World } from './plan.world.ts';

const WORLD: World = {
  desired: { made: params(), changed: params({ threshold: '2' }) },
  existing: { changed: { params: params() }, gone: { params: params() }, gone2: { params: params() } },
};

const refused = (): Error => failure('ALARMSYNC_SERVICE_REFUSED', 400);

describe('a drain', () => {
  it('leaves the service as the file wants it, creates and updates first, deletes last', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `n${index}`);
    const world: World = {
      desired: { ...Object.fromEntries(names.map((name) => [name, params()])), ...WORLD.desired },
      existing: {
        ...Object.fromEntries(names.map((name) => [`x${name}`, { params: params() }])),
        ...WORLD.existing,
      },
    };
    const service = serviceOf(world);
    const { plan } = diffWorld(world);
    await drain(plan, service);
    expect(Object.fromEntries([...service.alarms].map(([name, alarm]) => [name, alarm.params]))).toEqual(
      world.desired,
    );
    const verbs = service.effects.map((effect) => effect.split(' ')[0]);
    expect(verbs.lastIndexOf('create')).toBeLessThan(verbs.indexOf('delete'));
    expect(verbs.lastIndexOf('update')).toBeLessThan(verbs.indexOf('delete'));
    expect(plan.alarms.operations.counts().create.done).toBe(301);
    expect(plan.alarms.operations.counts().delete.done).toBe(302);
    expect(plan.alarms.operations.unfinishedCount()).toBe(0);
    expect(plan.alarms.operations.resolvedAmbiguousCount()).toBe(0);
  });

  it('sends each operation once, under a key of its own', async () => {
    const service = serviceOf(WORLD);
    const { plan } = diffWorld(WORLD);
    await drain(plan, service);
    const writes = service.calls.filter(({ verb }) => verb !== 'read');
    expect(writes).toHaveLength(4);
    expect(new Set(writes.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(4);
    expect(operationOf(plan, 'made')).toMatchObject({ attemptCount: 1, wasAmbiguous: false });
  });

  it('never has more requests in flight than it may', async () => {
    const desired = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`n${index}`, params()]));
    let inFlightCount = 0;
    let mostCount = 0;
    const service = serviceOf(
      {},
      {
        before: async () => {
          inFlightCount += 1;
          mostCount = Math.max(mostCount, inFlightCount);
          await new Promise(setImmediate);
        },
        after: () => {
          inFlightCount -= 1;
        },
      },
    );
    await drain(diffWorld({ desired }).plan, service, { concurrency: 3 });
    expect(mostCount).toBe(3);
  });

  it('takes up so many operations as --limit allows, and the rest later', async () => {
    const service = serviceOf(WORLD);
    const { plan } = diffWorld(WORLD);
    await drain(plan, service, { limitCount: 1 });
    expect(operationsOf(plan)).toEqual(['create made done', 'update changed', 'delete gone', 'delete gone2']);
    await drain(plan, service, { limitCount: 2 });
    expect(operationsOf(plan)).toEqual([
      'create made done',
      'update changed done',
      'delete gone done',
      'delete gone2',
    ]);
    await drain(plan, service);
    expect(plan.alarms.operations.unfinishedCount()).toBe(0);
  });
});

describe('deletes are held back', () => {
  it('when a create failed, and released when it is done after all', async () => {
    const fails = failFirst(
      2,
      ({ verb }) => verb === 'create',
      () => failure('ALARMSYNC_SERVICE_CHANGED', 412),
    );
    const service = serviceOf(WORLD, { before: fails });
    const { plan } = diffWorld(WORLD);
    await drain(plan, service, { retryCount: 0 });
    expect(operationsOf(plan)).toEqual([
      'create made retryable',
      'update changed done',
      'delete gone held',
      'delete gone2 held',
    ]);
    await drain(plan, service, { retryCount: 5 });
    expect(plan.alarms.operations.unfinishedCount()).toBe(0);
    expect([...service.alarms.keys()].toSorted()).toEqual(['changed', 'made']);
  });

  it.each([
    ['parked', { before: failFirst(1, ({ verb }) => verb === 'create', refused) }, 'create made failed'],
    [
      'tried in vain',
      {
        before: ({ verb }: { verb: string }) => {
          if (verb === 'create') throw failure('ALARMSYNC_SERVICE_EXISTS', 409);
        },
      },
      'create made retryable',
    ],
  ])('when a create is %s, and never sent', async (_what, bend, made) => {
    const service = serviceOf(WORLD, bend);
    const { plan } = diffWorld(WORLD);
    await drain(plan, service, { retryCount: 1 });
    expect(operationsOf(plan)).toContain(made);
    expect(operationsOf(plan)).toContain('delete gone held');
    expect(service.effects).not.toContain('delete gone');
  });

  it('when an update is in conflict', async () => {
    const service = serviceOf(WORLD);
    service.put('changed', params({ threshold: '77' }));
    const { plan } = diffWorld(WORLD);
    await drain(plan, service);
    expect(operationsOf(plan)).toEqual([
      'create made done',
      'update changed conflict',
      'delete gone held',
      'delete gone2 held',
    ]);
  });

  it('and go ahead with --ignore-errors', async () => {
    const service = serviceOf(WORLD, { before: failFirst(1, ({ verb }) => verb === 'create', refused) });
    const { plan } = diffWorld(WORLD);
    await drain(plan, service, { ignoreErrors: true });
    expect(operationsOf(plan)).toEqual([
      'create made failed',
      'update changed done',
      'delete gone done',
      'delete gone2 done',
    ]);
  });
});

describe('--max-errors', () => {
  const desired = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`n${index}`, params()]));

  it('ends the run early, resumably, when more operations fail', async () => {
    let isBroken = true;
    const service = serviceOf(
      {},
      {
        before: () => {
          if (isBroken) throw refused();
        },
      },
    );
    const { plan } = diffWorld({ desired });
    await expect(drain(plan, service, { maxErrorCount: 5, concurrency: 1 })).rejects.toMatchObject({
      code: 'ALARMSYNC_RUN_TOO_MANY_ERRORS',
    });
    const { failed, pending } = plan.alarms.operations.counts().create;
    expect(failed).toBeGreaterThan(5);
    expect(failed + pending).toBe(400);
    expect(service.calls.length).toBeLessThan(20);
    isBroken = false;
    await drain(plan, service);
    expect(plan.alarms.operations.counts().create.done).toBe(400 - failed);
  });

  it('lets just as many fail', async () => {
    const service = serviceOf({}, { before: failFirst(5, () => true, refused) });
    const { plan } = diffWorld({ desired });
    await drain(plan, service, { maxErrorCount: 5 });
    expect(plan.alarms.operations.counts().create).toMatchObject({ failed: 5, done: 395 });
  });

  it('counts an operation that a lone 403 parked', async () => {
    const forbidden = failFirst(
      1,
      ({ name }) => name === 'made',
      () => failure('ALARMSYNC_SERVICE_FORBIDDEN', 403),
    );
    const world: World = { desired: { made: params() }, existing: { gone: { params: params() } } };
    const service = serviceOf(world, { before: forbidden });
    const { plan } = diffWorld(world);
    await expect(drain(plan, service, { maxErrorCount: 0, ignoreErrors: true })).rejects.toMatchObject({
      code: 'ALARMSYNC_RUN_TOO_MANY_ERRORS',
    });
    expect(operationsOf(plan)).toEqual(['create made failed', 'delete gone']);
  });
});
