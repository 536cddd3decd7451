// What every adapter of an alarm service fulfils, as checks for any test runner.
//
//   import { conformanceChecks } from 'alarmsync/conformance';
//   for (const { title, run } of conformanceChecks(target)) test(title, run);

import assert from 'node:assert/strict';

import { REQUIRED_MEMBERS, type AlarmDefinition } from '../../alarm/alarm.ts';
import { asAlarmSyncError, type AlarmSyncError, type ErrorCode } from '../../alarm/errors.ts';
import type { JsonObject } from '../../alarm/json.ts';
import { meaningText } from '../../alarm/meaning.ts';
import type { AlarmService, RequestGate } from '../alarm-service.ts';
import { handleOf, options, signal } from './calls.ts';
import { CountingGate } from './counting-gate.ts';
import { givesTexts, goesOn, listsWhatStays, listsWhole, pagesOf } from './listing-checks.ts';

/** The adapter under test, and what its service holds. */
export interface ConformanceTarget {
  /** The adapter of a service that holds nothing yet. A check disposes of the adapter; the service is the target's own. */
  readonly open: (gate: RequestGate) => Promise<AlarmService>;
  /** The same with a token that the service refuses; absent where a service asks for none. */
  readonly openRefused?: (gate: RequestGate, token: string) => Promise<AlarmService>;
  /** What a refused token comes to; ALARMSYNC_SERVICE_CREDENTIALS when absent. */
  readonly refusedCode?: ErrorCode;
  /** Names that the service holds, those at its limits among them. */
  readonly names: readonly string[];
  /** Definitions with every word of the vocabulary that the service holds. At least one. */
  readonly definitions: readonly AlarmDefinition[];
}

export interface ConformanceCheck {
  readonly title: string;
  /** Rejects with an AssertionError, or with what the adapter threw, when the adapter does not fulfil it. */
  readonly run: () => Promise<void>;
}

/** All checks, none of which needs another. Each opens an adapter of its own. */
export function conformanceChecks(target: ConformanceTarget): readonly ConformanceCheck[] {
  const check = (title: string, work: (service: AlarmService, gate: CountingGate) => Promise<void>) => ({
    title,
    run: async (): Promise<void> => {
      const gate = new CountingGate();
      await using service = await target.open(gate);
      await work(service, gate);
    },
  });
  const { definitions, names } = target;
  const params = definitions[0]?.params ?? {};
  return [
    ...[1, 3, 100].map((pageSize) =>
      check(`lists every alarm once in pages of ${pageSize}, and ends with null`, async (service) =>
        listsWhole(service, params, pageSize),
      ),
    ),
    check('goes on from a cursor with what follows it', async (service) => goesOn(service, params)),
    check('lists every alarm that stays, while others come and go', async (service) =>
      listsWhatStays(service, params),
    ),
    check('gives the same in texts, where it has them', async (service) => givesTexts(service, definitions)),
    check('gives back what it was given, for every word that the service holds', async (service) =>
      givesBack(service, definitions),
    ),
    check('holds every name, and reads, updates and deletes it under that name alone', async (service) =>
      holdsNames(service, params, names),
    ),
    check('tells that an alarm is not there', async (service) => tellsMissing(service, params)),
    check(
      'refuses a name that is taken, unless it states that names may repeat or a create replaces',
      async (service) => refusesTaken(service, params),
    ),
    check('writes under a condition only while the alarm is as it was, where it can', async (service) =>
      keepsConditions(service, params),
    ),
    check('lets every request pass the gate first, by its kind', async (service, gate) =>
      passesGate(service, params, gate),
    ),
    check('ends with the reason of its signal, and sends nothing once that aborted', async (service, gate) =>
      obeysSignal(service, params, gate),
    ),
    ...secretChecks(target, params),
  ];
}

async function givesBack(service: AlarmService, definitions: readonly AlarmDefinition[]): Promise<void> {
  for (const definition of definitions) await service.create(definition, options);
  for (const { name, params } of definitions) {
    const read = await service.read(name, signal);
    assert.deepEqual([name, meaningOf(read?.definition.params ?? {})], [name, meaningOf(params)]);
  }
}

async function holdsNames(
  service: AlarmService,
  params: JsonObject,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    assert.ok(service.canAddress(name), `expected ${JSON.stringify(name)} to be addressable`);
    await service.create({ name, params }, options);
  }
  for (const name of names) {
    const listed = await service.read(name, signal);
    await service.update(
      { name, params: { ...params, threshold: '4' } },
      { ...options, ...handleOf(listed) },
    );
    const read = await service.read(name, signal, listed?.handle);
    assert.deepEqual([read?.definition.name, read?.definition.params['threshold']], [name, '4']);
    await service.delete(name, { ...options, ...handleOf(listed) });
    assert.equal(await service.read(name, signal), undefined);
  }
}

async function tellsMissing(service: AlarmService, params: JsonObject): Promise<void> {
  assert.equal(await service.read('missing', signal), undefined);
  for (const call of [
    async () => service.update({ name: 'missing', params }, options),
    async () => service.delete('missing', options),
  ]) {
    const { code, failureClass } = await failureOf(call);
    assert.deepEqual([code, failureClass], ['ALARMSYNC_SERVICE_MISSING', 'http_4xx_404']);
  }
}

async function refusesTaken(service: AlarmService, params: JsonObject): Promise<void> {
  const { createIsUpsert, namesAreUnique } = service.capabilities;
  await service.create({ name: 'taken', params }, options);
  const outcome = await service.create({ name: 'taken', params }, options).then(
    () => 'taken again',
    (thrown: unknown) => asAlarmSyncError(thrown).code,
  );
  const mayRepeat = createIsUpsert || !namesAreUnique;
  if (mayRepeat && outcome === 'taken again') return;
  assert.equal(outcome, 'ALARMSYNC_SERVICE_EXISTS');
}

async function keepsConditions(service: AlarmService, params: JsonObject): Promise<void> {
  await service.create({ name: 'a', params }, options);
  const ifMatch = (await service.read('a', signal))?.etag;
  assert.equal(ifMatch !== undefined, service.capabilities.hasConditionalWrites);
  if (ifMatch === undefined) return;
  await service.update({ name: 'a', params: { ...params, threshold: '4' } }, { ...options, ifMatch });
  const stale = await failureOf(async () => service.delete('a', { ...options, ifMatch }));
  assert.equal(stale.code, 'ALARMSYNC_SERVICE_CHANGED');
  assert.equal((await service.read('a', signal))?.definition.params['threshold'], '4');
}

async function passesGate(service: AlarmService, params: JsonObject, gate: CountingGate): Promise<void> {
  await service.create({ name: 'a', params }, options);
  await service.read('a', signal);
  await service.update({ name: 'a', params }, options);
  await service.delete('a', options);
  await pagesOf(service, { pageSize: 10 });
  const kinds = gate.passed.filter((kind, index) => kind !== gate.passed[index - 1]);
  assert.ok(
    kinds.filter((kind) => kind === 'write').length >= 2,
    `expected the writes to pass, got ${String(kinds)}`,
  );
  assert.deepEqual([kinds.includes('read'), kinds.at(-1)], [true, 'list']);
}

async function obeysSignal(service: AlarmService, params: JsonObject, gate: CountingGate): Promise<void> {
  const reason = new Error('stopped by the caller');
  const aborted = AbortSignal.abort(reason);
  const isReason = (thrown: unknown): boolean => thrown === reason;
  const { passed } = gate;
  const passedCount = passed.length;
  await assert.rejects(async () => service.read('a', aborted), isReason);
  await assert.rejects(
    async () => service.create({ name: 'a', params }, { ...options, signal: aborted }),
    isReason,
  );
  await assert.rejects(async () => pagesOf(service, { pageSize: 10 }, aborted), isReason);
  assert.equal(passed.length, passedCount);
}

function secretChecks(
  { openRefused, refusedCode = 'ALARMSYNC_SERVICE_CREDENTIALS' }: ConformanceTarget,
  params: JsonObject,
): readonly ConformanceCheck[] {
  if (openRefused === undefined) return [];
  const run = async (): Promise<void> => {
    const token = 'secret-token-of-the-suite';
    await using service = await openRefused(new CountingGate(), token);
    for (const call of [
      async () => service.read('a', signal),
      async () => service.create({ name: 'a', params }, options),
    ]) {
      const error = await failureOf(call);
      assert.equal(error.code, refusedCode);
      assert.ok(!shownText(error).includes(token), 'expected no token in the error');
    }
  };
  return [{ title: 'shows no secret when it is refused', run }];
}

async function failureOf(call: () => Promise<unknown>): Promise<AlarmSyncError> {
  try {
    await call();
  } catch (thrown) {
    return asAlarmSyncError(thrown);
  }
  throw new assert.AssertionError({ message: 'expected a failure, got none' });
}

/** Whatever a log could show of an error, its causes included. */
function shownText(error: Error): string {
  const { cause } = error;
  return [
    error.message,
    error.stack,
    JSON.stringify(error),
    cause instanceof Error ? shownText(cause) : '',
  ].join('\n');
}

function meaningOf(params: JsonObject): string {
  return meaningText(params, REQUIRED_MEMBERS, 'meaning');
}
