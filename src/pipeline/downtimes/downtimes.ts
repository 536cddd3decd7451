// Downtimes as the configuration wants them x as the service holds them -> operations in the plan file.
//
// They are few: both sides are held in memory.

import type { AlarmDefinition } from '../../alarm/alarm.ts';
import { downtimeParams } from '../../alarm/downtime.ts';
import { canonicalJson, isJsonObject, parseJson, stringifyJson, type JsonObject } from '../../alarm/json.ts';
import type { AlarmReader, ListedAlarm } from '../../services/alarm-service.ts';
import { withRetries } from '../../services/retry.ts';
import type { Ledger, NewOperation } from '../../store/ledger.ts';
import type { Operation } from '../../store/operation.ts';
import { PlanFile } from '../../store/plan-file.ts';
import type { Policy, RunSettings } from '../../store/run-settings.ts';

/** What the planning found besides operations. */
export interface DowntimeFacts {
  readonly existingCount: number;
  readonly unchangedCount: number;
}

const PAGE_SIZE = 100;

export interface DowntimeDeps {
  readonly plan: PlanFile;
  /** Opens them for listing; undefined where the service has none. */
  readonly openDowntimes: (() => AlarmReader) | undefined;
}

export interface DowntimeSettings {
  readonly run: Pick<RunSettings, 'downtimes' | 'policy' | 'scope' | 'exclude' | 'protect'>;
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
  return planTowards(plan.downtimes, wanted, existing, run);
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
  const done = [...undone.downtimes.operations.iterate()].filter((operation) =>
    isOwnDoing(undone.downtimes, operation),
  );
  if (done.length === 0 || openDowntimes === undefined) return null;
  return planBack(plan.downtimes, done, await listWhole(openDowntimes(), listing.retryCount, signal));
}

/** Not what the run found already as wanted, or gone: that was somebody else's doing. */
function isOwnDoing({ attempts }: Ledger, { id, state, wasAmbiguous }: Operation): boolean {
  if (state !== 'done' || wasAmbiguous) return state === 'done';
  return !attempts
    .ofOperation(id)
    .some(({ step, result }) => step === 'check' && (result === 'as_wanted' || result === 'absent'));
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
  const held = heldByName(existing);
  const changes: Change[] = [];
  let unchangedCount = 0;
  for (const { name, beforeParams, afterParams, replacedParams, sentParams } of done) {
    const found = held.get(name) ?? [];
    const live = found[0];
    const change = { name, before: live, after: imageOf(replacedParams ?? beforeParams) };
    const isAsLeft = isSame(live?.definition.params, imageOf(sentParams ?? afterParams));
    if (found.length > 1) changes.push({ ...change, conflict: REPEATED });
    else if (isSame(live?.definition.params, change.after)) unchangedCount += 1;
    else changes.push(isAsLeft ? change : { ...change, conflict: 'it is no longer as the run left it' });
  }
  ledger.plan(inOrder(changes));
  return { existingCount: held.size, unchangedCount };
}

function planTowards(
  ledger: Ledger,
  desired: readonly AlarmDefinition[],
  existing: readonly ListedAlarm[],
  { policy, scope, exclude, protect }: DowntimeSettings['run'],
): DowntimeFacts {
  const isLookedAt = (name: string): boolean =>
    (scope === null || ledger.matches(name, scope)) && (exclude === null || !ledger.matches(name, exclude));
  const held = heldByName(existing.filter(({ definition }) => isLookedAt(definition.name)));
  const wanted = new Map(
    desired.filter(({ name }) => isLookedAt(name)).map(({ name, params }) => [name, params]),
  );
  const changes: Change[] = [];
  let unchangedCount = 0;
  for (const name of new Set([...wanted.keys(), ...held.keys()])) {
    const found = held.get(name) ?? [];
    const change: Change = { name, before: found[0], after: wanted.get(name) };
    const isProtected = found.length > 0 && protect !== null && ledger.matches(name, protect);
    if (found.length > 1) changes.push({ ...change, conflict: REPEATED });
    else if (isSame(change.before?.definition.params, change.after)) unchangedCount += 1;
    else if (isAllowed(change, policy) && !isProtected) changes.push(change);
  }
  ledger.plan(inOrder(changes));
  return { existingCount: held.size, unchangedCount };
}

interface Change {
  readonly name: string;
  /** As the service holds it; undefined where it does not. */
  readonly before: ListedAlarm | undefined;
  /** As it is wanted; undefined where it is not. */
  readonly after: JsonObject | undefined;
  /** Why it is left alone. */
  readonly conflict?: string;
}

/** What has one name twice was copied by hand: nobody knows which of the two is meant. */
const REPEATED = 'the service holds it more than once; cancel the one that is not meant';

/** A page that moved while it was listed may give one twice. */
function heldByName(existing: readonly ListedAlarm[]): ReadonlyMap<string, readonly ListedAlarm[]> {
  const held = new Map<string, readonly ListedAlarm[]>();
  for (const downtime of existing) {
    const { name } = downtime.definition;
    const found = held.get(name) ?? [];
    if (!found.some(({ handle }) => handle === downtime.handle)) held.set(name, [...found, downtime]);
  }
  return held;
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
  ].map(({ name, before, after, conflict = null }) => ({
    action: before === undefined ? 'create' : after === undefined ? 'delete' : 'update',
    name,
    beforeParams: before === undefined ? null : stringifyJson(before.definition.params),
    afterParams: after === undefined ? null : stringifyJson(after),
    handle: before?.handle ?? null,
    conflict,
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
