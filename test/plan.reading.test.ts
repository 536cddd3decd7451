import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';

import { listService, type ListingDeps } from '../src/pipeline/listing/listing.ts';
import { readSource } from '../src/pipeline/source/source.ts';
import { dropStaging } from '../src/pipeline/staging-files.ts';
import { planRun, type PlanDeps, type Stages } from '../src/pipeline/sync.ts';
import {
  readOnly,
  type AlarmPage,
  type AlarmReader,
  type AlarmService,
  type AlarmWriter,
  type ServiceCapabilities,
} from '../src/services/alarm-service.ts';
import { DesiredStaging } from '../src/store/desired-staging.ts';
import { ExistingStaging } from '../src/store/existing-staging.ts';
import { PlanFile } from '../src/store/plan-file.ts';
import type { PlanSummary } from '../src/store/plan-summary.ts';
import { channelName } from '../src/telemetry/names.ts';
import { MapService } from './drain.service.ts';
import { NEW_RUN, operationsOf, params, REQUIRED, RUN_SETTINGS, temporaryDirectory } from './plan.world.ts';

const WRITES = ['create', 'update', 'delete', 'deleteMany'] as const;

describe('what is given to the stages before the drain', () => {
  it('has no method that writes, by type', () => {
    expectTypeOf<keyof AlarmReader & keyof AlarmWriter>().toBeNever();
    expectTypeOf<AlarmService>().toExtend<AlarmWriter>();
    expectTypeOf<ListingDeps['reader']>().toEqualTypeOf<AlarmReader>();
    expectTypeOf<Extract<PlanDeps[keyof PlanDeps], Partial<AlarmWriter>>>().toBeNever();
    expectTypeOf(readOnly).returns.toEqualTypeOf<AlarmReader>();
  });

  it('has none at run time either, and cannot be given one', () => {
    const reader = readOnly(new MapService());
    for (const write of WRITES) expect(write in reader).toBe(false);
    expect(Object.isFrozen(reader)).toBe(true);
    expect(Object.getPrototypeOf(reader)).toBe(Object.prototype);
    expect(Object.values(reader).some((value) => value instanceof MapService)).toBe(false);
  });
});

/** A service that lists what it holds, and blows up on any write. */
class ReadableService extends MapService {
  readonly pages: readonly AlarmPage[];

  constructor(pages: readonly AlarmPage[]) {
    super({
      before: ({ verb }) => {
        if (verb !== 'read') throw new Error(`expected no write, got ${verb}`);
      },
    });
    this.pages = pages;
  }

  override async *list(): AsyncIterable<AlarmPage> {
    yield* this.pages;
  }
}

/** The stages in this thread, the listing with the whole service in its hands. */
function stagesOver(reader: AlarmReader): Stages {
  return {
    source: async (file, settings, signal) => {
      using staging = new DesiredStaging(file);
      return await readSource(staging, settings, signal);
    },
    listing: async (file, settings, signal) => {
      using staging = new ExistingStaging(file);
      return await listService({ reader, staging }, settings, signal);
    },
  };
}

const HEADER =
  'name,threshold,metric_name,comparison_method,alarm_state,tracking_metric_id,contact,metric_math';
const row = (name: string, threshold = '1'): string =>
  `${name},${threshold},cpu,gt,active,00000000-0000-4000-8000-000000000000,a@b.c,sum`;

const PAGE: AlarmPage = {
  alarms: ['changed', 'same', 'gone'].map((name) => ({ definition: { name, params: params() } })),
  nextCursor: null,
  total: 3,
};

interface Planning {
  readonly plan: PlanFile;
  readonly service: ReadableService;
  readonly leftFiles: readonly string[];
  readonly stagingDirectory: string;
  readonly ended: PromiseSettledResult<PlanSummary>;
}

async function planned(
  csv: string,
  pages: readonly AlarmPage[] = [PAGE],
  signal = new AbortController().signal,
  keptMembers: ServiceCapabilities['keptMembers'] = 'all',
): Promise<Planning> {
  const directory = temporaryDirectory();
  const sourcePath = path.join(directory, 'alarms.csv');
  const stagingDirectory = path.join(directory, 'staging');
  writeFileSync(sourcePath, csv);
  mkdirSync(stagingDirectory);
  const plan = PlanFile.create(path.join(directory, 'plan.db'), NEW_RUN);
  onTestFinished(() => plan[Symbol.dispose]());
  const service = new ReadableService(pages);
  const [ended] = await Promise.allSettled([
    planRun(
      {
        stages: stagesOver(service),
        capabilities: { ...service.capabilities, keptMembers },
        openDowntimes: undefined,
        plan,
        stagingDirectory,
        nowEpochMs: () => 5_000,
      },
      {
        sourcePath,
        run: RUN_SETTINGS,
        listing: { pageSize: 10, retryCount: 0 },
        quotaPerSecond: 0,
        lastExistingCount: null,
      },
      signal,
    ),
  ]);
  return { plan, service, leftFiles: readdirSync(stagingDirectory).toSorted(), stagingDirectory, ended };
}

describe('a planning', () => {
  it('plans everything and writes nothing to the service', async () => {
    const csv = [HEADER, row('made'), row('changed', '2'), row('same', '1.0'), ''].join('\n');
    const { plan, service, ended, leftFiles } = await planned(csv);
    expect(ended).toMatchObject({
      status: 'fulfilled',
      value: { createCount: 1, updateCount: 1, deleteCount: 1, unchangedCount: 1, refusals: [] },
    });
    expect(operationsOf(plan)).toEqual(['create made', 'update changed', 'delete gone']);
    expect(service.calls).toEqual([]);
    expect(leftFiles).toEqual(['desired.db', 'existing.db']);
    expect(plan.run.read()).toMatchObject({ phase: 'planned', sourceBytes: Buffer.byteLength(csv) });
  });

  it('does not compare what the service does not keep, and says so once', async () => {
    const told: unknown[] = [];
    const note = (message: unknown): number => told.push(message);
    subscribe(channelName('diagnostic'), note);
    onTestFinished(() => void unsubscribe(channelName('diagnostic'), note));
    const csv = [HEADER, row('changed', '2'), row('same'), row('gone', '3'), ''].join('\n');
    const kept = REQUIRED.filter((member) => member !== 'threshold');
    const { ended, plan } = await planned(csv, [PAGE], undefined, kept);
    expect(ended).toMatchObject({ status: 'fulfilled', value: { unchangedCount: 3, managedMembers: kept } });
    expect(operationsOf(plan)).toEqual([]);
    expect(told).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('what the file says of threshold is not compared'),
      }),
    ]);
  });

  it.each<[string, string, readonly AlarmPage[], string]>([
    ['of a file with a bad row', `${HEADER}\n${row('a', 'n/a')}\n`, [PAGE], 'ALARMSYNC_SOURCE_INVALID_ROWS'],
    ['of a file without its header', `${row('a')}\n`, [PAGE], 'ALARMSYNC_SOURCE_HEADER'],
    [
      'over a listing that is not whole',
      `${HEADER}\n${row('a')}\n`,
      [{ ...PAGE, total: 4 }],
      'ALARMSYNC_LISTING_UNSEALED',
    ],
  ])(
    '%s is refused, with nothing planned, and staging is left until it is dropped',
    async (_what, csv, pages, code) => {
      const { plan, service, ended, leftFiles, stagingDirectory } = await planned(csv, pages);
      expect(ended).toMatchObject({ status: 'rejected', reason: { code } });
      expect(operationsOf(plan)).toEqual([]);
      expect(plan.run.read()).toMatchObject({ phase: 'planning', summary: null });
      expect(service.calls).toEqual([]);
      expect(leftFiles).toEqual(['desired.db', 'existing.db']);
      dropStaging(stagingDirectory);
      expect(readdirSync(stagingDirectory)).toEqual([]);
    },
  );

  it('that is stopped ends with the reason of the stop', async () => {
    const reason = new Error('stopped');
    const { ended, leftFiles } = await planned(`${HEADER}\n${row('a')}\n`, [PAGE], AbortSignal.abort(reason));
    expect(ended).toEqual({ status: 'rejected', reason });
    expect(leftFiles).toEqual(['desired.db', 'existing.db']);
  });
});
