// What the tests of the inner stages share: a directory, settings, staged snapshots, and a plan file over them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { onTestFinished } from 'vitest';

import type { JsonObject } from '../src/alarm/json.ts';
import { paramsText } from '../src/alarm/params-text.ts';
import { computeDiff, type DiffCounts, type DiffSettings } from '../src/pipeline/diff/diff.ts';
import { DesiredStaging, type BadRow } from '../src/store/desired-staging.ts';
import { ExistingStaging } from '../src/store/existing-staging.ts';
import type { Operation } from '../src/store/operation.ts';
import { PlanFile } from '../src/store/plan-file.ts';
import type { RunSettings } from '../src/store/run-settings.ts';
import type { NewRun } from '../src/store/run-table.ts';

export const REQUIRED = [
  'threshold',
  'metric_name',
  'comparison_method',
  'alarm_state',
  'tracking_metric_id',
  'contact',
  'metric_math',
] as const;

export const RUN_SETTINGS: RunSettings = {
  file: 'alarms.csv',
  service: 'http://127.0.0.1:1',
  policy: 'sync',
  scope: null,
  exclude: null,
  protect: null,
  compareState: 'meaning',
  ignoreFields: [],
  ignoreColumns: [],
  onInvalid: 'fail',
  onDuplicate: 'fail',
  expectRowCount: null,
  expectSha256: null,
  maxDelete: null,
  maxUpdate: null,
  maxCreate: null,
  allowEmpty: false,
  allowShrunkService: false,
  allowMissingFinalNewline: false,
  checkBefore: 'all',
  ignoreErrors: false,
  downtimes: null,
  adopts: false,
  target: null,
};

export const NEW_RUN: NewRun = {
  runId: 'run-1',
  kind: 'sync',
  alarmsyncVersion: '0.0.0',
  createdAtMs: 1_000,
  approvedAtMs: null,
  serviceAddress: 'memory:',
  serviceAccount: '',
  settings: RUN_SETTINGS,
};

export const DIFF_SETTINGS: DiffSettings = {
  managedMembers: REQUIRED,
  compareState: 'meaning',
  policy: 'sync',
  isDeleteProved: true,
  scope: null,
  exclude: null,
  protect: null,
};

/** A new directory, gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'alarmsync-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A good definition's params. */
export function params(changes: JsonObject = {}): JsonObject {
  return {
    threshold: '1',
    metric_name: 'cpu',
    comparison_method: 'gt',
    alarm_state: 'active',
    tracking_metric_id: '00000000-0000-4000-8000-000000000000',
    contact: ['a@b.c'],
    metric_math: 'sum',
    ...changes,
  };
}

/** An alarm of the service as the world has it. */
export interface WorldAlarm {
  readonly params: JsonObject;
  readonly etag?: string;
  readonly handle?: string;
  readonly isAddressable?: boolean;
  readonly isHeldTwice?: boolean;
}

export interface World {
  readonly desired?: Readonly<Record<string, JsonObject>>;
  readonly existing?: Readonly<Record<string, WorldAlarm>>;
  /** Bad rows; undefined stands for one without a usable name. */
  readonly badNames?: readonly (string | undefined)[];
  readonly isDesiredSealed?: boolean;
  readonly isExistingSealed?: boolean;
  /** Line of the first row. */
  readonly firstLine?: number;
}

/** A plan file over that world, diffed. Closed after the test. */
export function diffWorld(
  world: World,
  settings: Partial<DiffSettings> = {},
): { readonly plan: PlanFile; readonly counts: DiffCounts } {
  const directory = temporaryDirectory();
  const plan = PlanFile.create(path.join(directory, 'plan.db'), NEW_RUN);
  onTestFinished(() => plan[Symbol.dispose]());
  return { plan, counts: diffInto(plan, directory, world, settings) };
}

/** Stages that world in the directory and writes its difference into the plan. */
export function diffInto(
  plan: PlanFile,
  directory: string,
  world: World,
  settings: Partial<DiffSettings> = {},
): DiffCounts {
  const desiredFile = path.join(directory, 'desired.db');
  const existingFile = path.join(directory, 'existing.db');
  for (const file of [desiredFile, existingFile]) rmSync(file, { force: true });
  stageDesired(desiredFile, world);
  stageExisting(existingFile, world);
  return computeDiff({ plan, desiredFile, existingFile }, { ...DIFF_SETTINGS, ...settings });
}

function stageDesired(file: string, world: World): void {
  using staging = new DesiredStaging(file);
  const firstLine = world.firstLine ?? 2;
  const rows = Object.entries(world.desired ?? {}).map(([name, wanted], index) => ({
    name,
    line: firstLine + index,
    body: paramsText(wanted),
  }));
  const badRows: readonly BadRow[] = (world.badNames ?? []).map((name, index) => ({
    line: 1000 + index,
    name,
    cells: [name ?? ''],
    faults: [
      { column: 'threshold', reason: 'expected a decimal number, got "n/a"' },
      { column: 'contact', reason: 'expected an e-mail address' },
    ],
  }));
  staging.append(rows);
  staging.addFaults(badRows);
  staging.buildIndex();
  if (world.isDesiredSealed === false) return;
  staging.seal({
    digest: 'digest',
    byteCount: 1,
    rowCount: rows.length + badRows.length,
    badRowCount: badRows.length,
    unusableNameCount: badRows.filter(({ name }) => name === undefined).length,
    desiredCount: rows.length,
    endsWithoutLineEnd: false,
    columns: ['name', ...REQUIRED],
    managedMembers: REQUIRED,
  });
}

function stageExisting(file: string, world: World): void {
  using staging = new ExistingStaging(file);
  const alarms = Object.entries(world.existing ?? {});
  staging.appendPage(
    alarms.map(([name, alarm]) => ({
      name,
      body: paramsText(alarm.params),
      handle: alarm.handle ?? null,
      etag: alarm.etag ?? null,
      raw: null,
      pageNumber: 1,
      isAddressable: alarm.isAddressable ?? true,
    })),
  );
  staging.buildIndex();
  for (const [name, { isHeldTwice }] of alarms) if (isHeldTwice === true) staging.markHeldTwice(name);
  if (world.isExistingSealed !== false) staging.seal();
}

/** The operations as a test wants to see them. Shape: `create a`, in order of sending. */
export function operationsOf(plan: PlanFile): readonly string[] {
  return [...plan.alarms.operations.iterate()].map(({ action, name, state }) =>
    state === 'pending' ? `${action} ${name}` : `${action} ${name} ${state}`,
  );
}

/** The operation of that name. @throws {Error} when there is none. */
export function operationOf(plan: PlanFile, name: string): Operation {
  const operation = plan.alarms.operations.find(name);
  if (operation === undefined) throw new Error(`expected an operation on ${name}`);
  return operation;
}
