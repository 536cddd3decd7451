import { describe, expect, it } from 'vitest';

import { drain, failFirst, failure, serviceOf } from './drain.service.ts';
import { diffWorld, operationOf, operationsOf, params, type World } from './plan.world.ts';

const many = (count: number): World => ({
  desired: Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`n${String(index).padStart(3, '0')}`, params()]),
  ),
});
const forbidden = (): Error => failure('ALARMSYNC_SERVICE_FORBIDDEN', 403);

describe('a throttled write', () => {
  it('does not use up its tries', async () => {
    const throttle = failFirst(
      3,
      ({ verb }) => verb === 'create',
      () => failure('ALARMSYNC_SERVICE_THROTTLED', 429),
    );
    const service = serviceOf({}, { before: throttle });
    const { plan } = diffWorld(many(1));
    await drain(plan, service, { retryCount: 0 });
    expect(operationOf(plan, 'n000')).toMatchObject({ state: 'done', wasAmbiguous: false });
    expect(plan.alarms.attempts.ofOperation(1).map(({ result, status }) => `${result} ${status}`)).toEqual(
      Array.from({ length: 3 }, () => 'throttled 429'),
    );
  });

  it('ends the run, resumably, when it should wait for more than 15 minutes', async () => {
    const wait = failFirst(
      1,
      () => true,
      () => failure('ALARMSYNC_SERVICE_THROTTLED', 429, 15 * 60_000 + 1),
    );
    const service = serviceOf({}, { before: wait });
    const { plan } = diffWorld(many(30));
    await expect(drain(plan, service, { concurrency: 1 })).rejects.toMatchObject({
      code: 'ALARMSYNC_SERVICE_THROTTLED',
    });
    const { done, pending } = plan.alarms.operations.counts().create;
    expect(operationsOf(plan)[0]).toBe('create n000');
    expect(done).toBeLessThanOrEqual(2); // what was let through before the answer was known
    expect(done + pending).toBe(30);
    await drain(plan, service);
    expect(plan.alarms.operations.counts().create.done).toBe(30);
  });
});

it('a definite refusal parks its operation at once and no other', async () => {
  const refuse = failFirst(
    1,
    ({ name }) => name === 'n001',
    () => failure('ALARMSYNC_SERVICE_REFUSED', 422),
  );
  const service = serviceOf({}, { before: refuse });
  const { plan } = diffWorld(many(3));
  await drain(plan, service);
  expect(operationsOf(plan)).toEqual(['create n000 done', 'create n001 failed', 'create n002 done']);
  expect(operationOf(plan, 'n001')).toMatchObject({ failureStatus: 422, attemptCount: 1 });
  expect(service.calls).toHaveLength(3);
});

it('401 ends the run at once and parks nothing', async () => {
  let isExpired = false;
  const service = serviceOf(
    {},
    {
      before: () => {
        if (isExpired || service.effects.length >= 50) {
          isExpired = true;
          throw failure('ALARMSYNC_SERVICE_CREDENTIALS', 401);
        }
      },
    },
  );
  const { plan } = diffWorld(many(400));
  await expect(drain(plan, service)).rejects.toMatchObject({
    code: 'ALARMSYNC_SERVICE_CREDENTIALS',
    status: 401,
  });
  expect(service.calls.length).toBeLessThan(50 + 4 * 4);
  const doneCount = service.effects.length;
  expect(plan.alarms.operations.counts().create).toMatchObject({
    done: doneCount,
    pending: 400 - doneCount,
    failed: 0,
    sent: 0,
  });
});

describe('403', () => {
  it('alone parks its operation', async () => {
    const service = serviceOf({}, { before: failFirst(1, ({ name }) => name === 'n010', forbidden) });
    const { plan } = diffWorld(many(20));
    await drain(plan, service);
    expect(plan.alarms.operations.counts().create).toMatchObject({ done: 19, failed: 1 });
    expect(operationOf(plan, 'n010')).toMatchObject({ failureStatus: 403, failureClass: 'http_4xx_403' });
  });

  it('of the only operation parks it', async () => {
    const service = serviceOf({}, { before: failFirst(1, () => true, forbidden) });
    const { plan } = diffWorld(many(1));
    await drain(plan, service);
    expect(operationsOf(plan)).toEqual(['create n000 failed']);
  });

  it('here and there parks each of them', async () => {
    const isForbidden = new Set(['n003', 'n050', 'n099']);
    const service = serviceOf(
      {},
      {
        before: ({ name }) => {
          if (isForbidden.has(name)) throw forbidden();
        },
      },
    );
    const { plan } = diffWorld(many(100));
    await drain(plan, service);
    expect(plan.alarms.operations.counts().create).toMatchObject({ done: 97, failed: 3 });
  });

  it.each([
    ['from the start', 0],
    ['from the middle on', 60],
  ])('everywhere %s ends the run and parks nothing', async (_when, allowedCount) => {
    const service = serviceOf(
      {},
      {
        before: () => {
          if (service.effects.length >= allowedCount) throw forbidden();
        },
      },
    );
    const { plan } = diffWorld(many(200));
    await expect(drain(plan, service)).rejects.toMatchObject({
      code: 'ALARMSYNC_SERVICE_CREDENTIALS',
      status: 403,
    });
    expect(service.calls.length).toBeLessThan(allowedCount + 20);
    const { done, pending, failed } = plan.alarms.operations.counts().create;
    expect({ done, pending, failed }).toEqual({ done: allowedCount, pending: 200 - allowedCount, failed: 0 });
  });
});

it('a failed check is tried again, and says nothing about the write', async () => {
  const world: World = { desired: { a: params({ threshold: '2' }) }, existing: { a: { params: params() } } };
  const fails = failFirst(
    2,
    ({ verb }) => verb === 'read',
    () => failure('ALARMSYNC_SERVICE_UNAVAILABLE', 503),
  );
  const service = serviceOf(world, { before: fails });
  const { plan } = diffWorld(world);
  await drain(plan, service);
  expect(operationOf(plan, 'a')).toMatchObject({ state: 'done', attemptCount: 1, wasAmbiguous: false });
});
