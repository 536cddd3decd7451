import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { describe, expect, it, onTestFinished } from 'vitest';

import { asAlarmSyncError } from '../src/alarm/errors.ts';
import { PlanFile } from '../src/store/plan-file.ts';
import { channelName } from '../src/telemetry/names.ts';
import { drain, failure, latch, serviceOf } from './drain.service.ts';
import { diffWorld, params, type World } from './plan.world.ts';

const COUNT = 400;
const WORLD: World = {
  desired: Object.fromEntries(Array.from({ length: COUNT }, (_, index) => [`n${index}`, params()])),
  existing: { gone: { params: params() } },
};

describe('a stop', () => {
  it('finishes what is in flight, sends nothing more, and leaves a ledger that can be resumed', async () => {
    const stop = new AbortController();
    const service = serviceOf(WORLD, {
      after: () => {
        if (service.effects.length === 30) stop.abort();
      },
    });
    const { plan } = diffWorld(WORLD);
    await drain(plan, service, { stop: stop.signal, concurrency: 4 });
    const { done, pending, sent } = plan.alarms.operations.counts().create;
    expect(done).toBe(service.effects.length);
    expect(done).toBeLessThan(30 + 4);
    expect({ total: done + pending, sent }).toEqual({ total: COUNT, sent: 0 });
    expect(plan.alarms.operations.counts().delete).toMatchObject({ pending: 1, held: 0 });

    await drain(plan, service);
    expect(plan.alarms.operations.unfinishedCount()).toBe(0);
    expect(service.effects.toSorted()).toEqual([...new Set(service.effects)].toSorted());
    expect(service.effects).toHaveLength(COUNT + 1);
  });

  it('before the start sends nothing', async () => {
    const service = serviceOf(WORLD);
    const { plan } = diffWorld(WORLD);
    await drain(plan, service, { stop: AbortSignal.abort() });
    expect(service.calls).toEqual([]);
    expect(plan.alarms.operations.counts().create.pending).toBe(COUNT);
  });

  it('does not wait for the settle time of an unknown outcome, which stays unknown', async () => {
    const stop = new AbortController();
    const service = serviceOf(
      {},
      {
        after: () => {
          setImmediate(() => stop.abort());
          throw failure('ALARMSYNC_SERVICE_TIMEOUT');
        },
      },
    );
    const { plan } = diffWorld({ desired: { a: params() } });
    await drain(plan, service, { stop: stop.signal, settleTimeMs: 3_600_000 });
    expect(plan.alarms.operations.counts().create.sent).toBe(1);
    await drain(plan, serviceOf({ existing: { a: { params: params() } } }));
    expect(plan.alarms.operations.counts().create.done).toBe(1);
  });

  it('followed by a kill gives up what is in flight, and its outcome is unknown', async () => {
    const stop = new AbortController();
    const kill = new AbortController();
    const answer = latch();
    const service = serviceOf(
      {},
      {
        after: async () => {
          stop.abort();
          kill.abort();
          await answer.opened;
          throw kill.signal.reason;
        },
      },
    );
    kill.signal.addEventListener('abort', () => answer.open());
    const { plan } = diffWorld({ desired: { a: params() } });
    await drain(plan, service, { stop: stop.signal, kill: kill.signal });
    expect(plan.alarms.operations.counts().create.sent).toBe(1);
  });
});

it('the intent is durable before anything is sent', async () => {
  const { plan } = diffWorld({ desired: { a: params() } });
  const seen: (string | undefined)[] = [];
  const service = serviceOf(
    {},
    {
      before: () => {
        using other = PlanFile.openReadOnly(plan.path);
        seen.push(other.alarms.operations.find('a')?.state);
      },
    },
  );
  await drain(plan, service);
  expect(seen).toEqual(['sent']);
});

it('an operation is published only once its outcome is durable', async () => {
  const { plan } = diffWorld({ desired: { a: params(), b: params() } });
  const seen: string[] = [];
  const listener = (message: unknown): void => {
    using other = PlanFile.openReadOnly(plan.path);
    for (const { name, state } of other.alarms.operations.iterate()) seen.push(`${name} ${state}`);
    expect(message).toMatchObject({ action: 'create', outcome: 'done', attempts: 1 });
  };
  subscribe(channelName('operation'), listener);
  onTestFinished(() => {
    unsubscribe(channelName('operation'), listener);
  });
  await drain(plan, serviceOf({}));
  expect(seen).toEqual(['a done', 'b done', 'a done', 'b done']);
});

describe('a full disk ends the run resumably', () => {
  const fill = (plan: PlanFile): void => {
    plan.database.pragma(`max_page_count = ${Number(plan.database.pragma('page_count', { simple: true }))}`);
  };
  const makeRoom = (plan: PlanFile): void => {
    plan.database.pragma('max_page_count = 1073741823');
  };
  const codeOf = async (run: Promise<void>): Promise<string> =>
    run.then(
      () => 'none',
      (error: unknown) => asAlarmSyncError(error).code,
    );

  it('when an intent cannot be written down', async () => {
    const service = serviceOf(WORLD);
    const { plan } = diffWorld(WORLD);
    fill(plan);
    expect(await codeOf(drain(plan, service))).toBe('ALARMSYNC_STORE_FULL');
    makeRoom(plan);
    await drain(plan, service);
    expect(plan.alarms.operations.unfinishedCount()).toBe(0);
    expect(service.effects).toHaveLength(COUNT + 1);
  });

  it('when an outcome cannot be written down', async () => {
    let isFilled = false;
    const { plan } = diffWorld(WORLD);
    const service = serviceOf(WORLD, {
      after: ({ verb }) => {
        if (verb === 'read') return;
        if (!isFilled) fill(plan);
        isFilled = true;
        throw failure('ALARMSYNC_SERVICE_REFUSED', 422);
      },
    });
    expect(await codeOf(drain(plan, service, { concurrency: 100 }))).toBe('ALARMSYNC_STORE_FULL');
    makeRoom(plan);
    await drain(plan, service);
    const { pending, sent } = plan.alarms.operations.counts().create;
    expect({ pending, sent }).toEqual({ pending: 0, sent: 0 });
  });

  it('when the outcomes of the last operations cannot be written down', { timeout: 5_000 }, async () => {
    let isFilled = false;
    const { plan } = diffWorld({
      desired: Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`n${index}`, params()])),
    });
    const service = serviceOf(
      {},
      {
        before: () => {
          if (!isFilled) fill(plan);
          isFilled = true;
          throw failure('ALARMSYNC_SERVICE_REFUSED', 422);
        },
      },
    );
    expect(await codeOf(drain(plan, service, { concurrency: 100 }))).toBe('ALARMSYNC_STORE_FULL');
  });
});
