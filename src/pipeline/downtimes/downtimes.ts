// Downtimes as the configuration wants them x as the service holds them -> operations in the plan file.
//
// They are few: both sides are held in memory.

import type { AlarmDefinition } from '../../alarm/alarm.ts';
import { downtimeParams } from '../../alarm/downtime.ts';
import { canonicalJson, isJsonObject, parseJson, stringifyJson, type JsonObject } from '../../alarm/json.ts';
import type { AlarmReader, ListedAlarm } from '../../services/alarm-service.ts';
import { withRetries } from '../../services/retry.ts';
import type { Ledger, NewOperation } from '../../store/ledger.ts';
import type { Operation } from '../../store/operation-table.ts';
import { PlanFile } from '../../store/plan-file.ts';
import type { Policy, RunSettings } from '../../store/run-settings.ts';
import { publish } from '../../telemetry/names.ts';

/** What the planning found besides operations. */
export interface DowntimeFacts {
  readonly existingCount: number;
  readonly unchangedCount: number;
  /** Names that the service holds more than once, or that changed since a run that is undone; never touched. */
  readonly conflictCount: number;
}

const PAGE_SIZE = 100;

export interface DowntimeDeps {
  readonly plan: PlanFile;
  /** Opens them for listing; undefined where the service has none. */
  readonly openDowntimes: (() => AlarmReader) | undefined;
}

export interface DowntimeSettings {
  readonly run: Pick<RunSettings, 'downtimes' | 'policy'>;
  readonly listing: { readonly retryCount: number };
}

/**
 * Plans what makes the service hold the wanted downtimes, and no others of ours. Null where they are left alone.
 * @throws {AlarmSyncError} any ALARMSYNC_SERVICE_ code; the signal's own reason.
 */
export async function planDowntimes(
  { plan, openDowntimes }: DowntimeDeps,
  { run, listing }: DowntimeSettings,
  signal: AbortSignal,
): Promise<DowntimeFacts | null> {
  if (run.downtimes === null || openDowntimes === undefined) return null;
  const wanted = run.downtimes.map((downtime) => ({ name: downtime.name, params: downtimeParams(downtime) }));
  const existing = await listWhole(openDowntimes(), listing.retryCount, signal);
  return planTowards(plan.downtimes, wanted, existing, run.policy);
}

/**
 * Plans what undoes the downtimes of an earlier run, where they are still as it left them. Null when it changed none.
 * @throws {AlarmSyncError} any ALARMSYNC_SERVICE_ code; the signal's own reason.
 */
export async function planDowntimeRollback(
  { plan, openDowntimes }: DowntimeDeps,
  { undoneFile, listing }: Pick<DowntimeSettings, 'listing'> & { readonly undoneFile: string },
  signal: AbortSignal,
): Promise<DowntimeFacts | null> {
  using undone = PlanFile.openReadOnly(undoneFile);
  const done = [...undone.downtimes.operations.iterate()].filter(({ state }) => state === 'done');
  if (done.length === 0 || openDowntimes === undefined) return null;
  return planBack(plan.downtimes, done, await listWhole(openDowntimes(), listing.retryCount, signal));
}

async function listWhole(
  reader: AlarmReader,
  retryCount: number,
  signal: AbortSignal,
): Promise<readonly ListedAlarm[]> {
  const list = async (): Promise<readonly ListedAlarm[]> => {
    const downtimes: ListedAlarm[] = [];
    for await (const { alarms } of reader.list({ pageSize: PAGE_SIZE }, signal)) downtimes.push(...alarms);
    return downtimes;
  };
  return withRetries(list, { retries: retryCount, random: Math.random }, signal);
}

function planBack(
  ledger: Ledger,
  done: readonly Operation[],
  existing: readonly ListedAlarm[],
): DowntimeFacts {
  const { held, repeatedNames } = heldOnce(existing);
  const changes: Change[] = [];
  let conflictCount = 0;
  let unchangedCount = 0;
  for (const { name, beforeParams, afterParams } of done) {
    const live = held.get(name);
    const isAsLeft = isSame(live?.definition.params, imageOf(afterParams));
    const isAsBefore = isSame(live?.definition.params, imageOf(beforeParams));
    if (repeatedNames.has(name) || !(isAsLeft || isAsBefore)) conflictCount += 1;
    else if (isAsBefore) unchangedCount += 1;
    else changes.push({ name, before: live, after: imageOf(beforeParams) });
  }
  ledger.plan(inOrder(changes));
  return { existingCount: held.size, unchangedCount, conflictCount };
}

function planTowards(
  ledger: Ledger,
  desired: readonly AlarmDefinition[],
  existing: readonly ListedAlarm[],
  policy: Policy,
): DowntimeFacts {
  const { held, repeatedNames } = heldOnce(existing);
  const wanted = new Map(desired.map(({ name, params }) => [name, params]));
  const names = [...new Set([...wanted.keys(), ...held.keys()])].filter((name) => !repeatedNames.has(name));
  const different = names
    .map((name): Change => ({ name, before: held.get(name), after: wanted.get(name) }))
    .filter(({ before, after }) => !isSame(before?.definition.params, after));
  ledger.plan(inOrder(different.filter((change) => isAllowed(change, policy))));
  return {
    existingCount: held.size,
    unchangedCount: names.length - different.length,
    conflictCount: repeatedNames.size,
  };
}

interface Change {
  readonly name: string;
  /** As the service holds it; undefined where it does not. */
  readonly before: ListedAlarm | undefined;
  /** As it is wanted; undefined where it is not. */
  readonly after: JsonObject | undefined;
}

/** What has one name twice was copied by hand: nobody knows which of the two is meant. */
function heldOnce(existing: readonly ListedAlarm[]): {
  readonly held: ReadonlyMap<string, ListedAlarm>;
  readonly repeatedNames: ReadonlySet<string>;
} {
  const held = new Map<string, ListedAlarm>();
  const repeatedNames = new Set<string>();
  for (const downtime of existing) {
    const { name } = downtime.definition;
    if (held.has(name)) repeatedNames.add(name);
    held.set(name, downtime);
  }
  for (const name of repeatedNames) {
    publish('diagnostic', {
      code: 'ALARMSYNC_DOWNTIME_REPEATED',
      message: `the service holds more than one downtime ${JSON.stringify(name)}: none of them is touched`,
      hint: 'cancel the one that is not meant',
    });
  }
  return { held, repeatedNames };
}

function isAllowed({ before, after }: Change, policy: Policy): boolean {
  if (before === undefined) return true;
  return after === undefined ? policy === 'sync' : policy !== 'create-only';
}

/** By name, deletes last. */
function inOrder(changes: readonly Change[]): readonly NewOperation[] {
  const sorted = changes.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  return [
    ...sorted.filter(({ after }) => after !== undefined),
    ...sorted.filter(({ after }) => after === undefined),
  ].map(({ name, before, after }) => ({
    action: before === undefined ? 'create' : after === undefined ? 'delete' : 'update',
    name,
    beforeParams: before === undefined ? null : stringifyJson(before.definition.params),
    afterParams: after === undefined ? null : stringifyJson(after),
    handle: before?.handle ?? null,
  }));
}

function isSame(left: JsonObject | undefined, right: JsonObject | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return canonicalJson(left) === canonicalJson(right);
}

function imageOf(text: string | null): JsonObject | undefined {
  const value = text === null ? undefined : parseJson(text);
  return isJsonObject(value) ? value : undefined;
}
