import path from 'node:path';

import fc from 'fast-check';
import { expect, it } from 'vitest';

import { parseJson, stringifyJson, type JsonObject } from '../src/alarm/json.ts';
import { meaningText, overlay } from '../src/alarm/meaning.ts';
import type { DiffCounts, DiffSettings } from '../src/pipeline/diff/diff.ts';
import { PlanFile } from '../src/store/plan-file.ts';
import { DIFF_SETTINGS, diffInto, NEW_RUN, params, temporaryDirectory, type World } from './plan.world.ts';

const name = fc.constantFrom(
  'a',
  'A',
  'a/b',
  'b',
  'b*',
  '[b]',
  'é',
  'e\u0301',
  '🔥',
  ' ',
  '__proto__',
  '..',
  'p1',
  'p2',
);
const wanted = fc
  .record({
    threshold: fc.constantFrom('1', '1.0', '2'),
    contact: fc.constantFrom<JsonObject[string]>([], ['a@b.c'], ['a@b.c', 'a@b.c']),
    alarm_state: fc.constantFrom('active', 'in_alarm', 'inactive'),
  })
  .map((changes) => params(changes));
const held = fc.record(
  {
    params: fc.oneof(
      wanted,
      wanted.map((one) => ({ ...one, owner: 'ops' })),
      fc.constant({ strange: [1] }),
    ),
    etag: fc.constantFrom('"1"', '"2"'),
    isAddressable: fc.boolean(),
    isHeldTwice: fc.integer({ min: 0, max: 5 }).map((dice) => dice === 0),
  },
  { requiredKeys: ['params', 'isAddressable', 'isHeldTwice'] },
);
const map = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Record<string, Value>> =>
  fc
    .uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 9 })
    .map((entries) => Object.fromEntries(entries));

const world = fc.record({
  desired: map(wanted),
  existing: map(held),
  badNames: fc.array(fc.option(name, { nil: undefined, freq: 8 }), { maxLength: 3 }),
  isDesiredSealed: fc.integer({ min: 0, max: 5 }).map((dice) => dice > 0),
  isExistingSealed: fc.integer({ min: 0, max: 5 }).map((dice) => dice > 0),
});
const glob = fc.constantFrom(null, null, '*', 'a*', '?', '[[]b]', 'p[12]', 'A');
const settings = fc.record({
  policy: fc.constantFrom('sync' as const, 'upsert-only' as const, 'create-only' as const),
  compareState: fc.constantFrom('meaning' as const, 'exact' as const),
  scope: glob,
  exclude: glob,
  protect: glob,
  managedMembers: fc.constantFrom<readonly string[]>(
    DIFF_SETTINGS.managedMembers,
    ['threshold'],
    [...DIFF_SETTINGS.managedMembers, 'query_scope'],
  ),
});

/** SQLite's GLOB, for the patterns above. */
function matches(pattern: string, text: string): boolean {
  const source = pattern.replaceAll(/\[\[\]|\[[^\]]*\]|[*?]|[^\w]/gu, (part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    if (part === '[[]') return '\\[';
    return part.startsWith('[') && part.length > 1 ? part : `\\${part}`;
  });
  return new RegExp(`^${source}$`, 'su').test(text);
}

type Given = Required<Omit<World, 'firstLine'>>;
type How = Omit<DiffSettings, 'isDeleteProved'>;
type Fate = 'create' | 'update' | 'delete' | 'conflict' | 'unchanged' | 'protected' | 'left alone';

/** The own member of that name: `__proto__` is a name like any other. */
function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

const isInScope = ({ scope, exclude }: How, key: string): boolean =>
  (scope === null || matches(scope, key)) && (exclude === null || !matches(exclude, key));

/** What becomes of one name in scope, the obvious way. */
function fateOf(given: Given, how: How, key: string): Fate {
  const want = given.badNames.includes(key) ? undefined : own(given.desired, key);
  const have = own(given.existing, key);
  if (have === undefined) return want === undefined ? 'left alone' : 'create';
  if (have.isHeldTwice === true) return 'conflict';
  const fate = want === undefined ? fateOfUnwanted(given, how, key) : fateOfBoth(how, want, have);
  const isProtected = how.protect !== null && matches(how.protect, key);
  return isProtected && (fate === 'update' || fate === 'delete') ? 'protected' : fate;
}

function fateOfBoth(how: How, want: JsonObject, have: Given['existing'][string]): Fate {
  const { managedMembers, compareState, policy } = how;
  const isSame =
    meaningText(want, managedMembers, compareState) ===
    meaningText(have.params, managedMembers, compareState);
  if (isSame) return 'unchanged';
  return policy === 'create-only' || have.isAddressable === false ? 'left alone' : 'update';
}

function fateOfUnwanted(given: Given, how: How, key: string): Fate {
  const isProved = given.isDesiredSealed && given.isExistingSealed && !given.badNames.includes(undefined);
  const isDoubtful = given.badNames.includes(key) || own(given.existing, key)?.isAddressable === false;
  return how.policy === 'sync' && isProved && !isDoubtful ? 'delete' : 'left alone';
}

/** The same difference in memory: one name after the other. */
function modelOf(
  given: Given,
  how: How,
): { readonly operations: readonly string[]; readonly counts: DiffCounts } {
  const names = [...new Set([...Object.keys(given.desired), ...Object.keys(given.existing)])]
    .filter((key) => isInScope(how, key))
    .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const of = (fate: Fate): readonly string[] => names.filter((key) => fateOf(given, how, key) === fate);
  const text = (image: JsonObject | undefined): string => stringifyJson(image ?? {});
  const laidOver = (key: string): JsonObject =>
    overlay(own(given.existing, key)?.params ?? {}, own(given.desired, key) ?? {}, how.managedMembers);
  const heldNames = names.filter((key) => own(given.existing, key) !== undefined);
  return {
    operations: [
      ...of('create').map((key) => `create ${key} ${text(own(given.desired, key))}`),
      ...of('update').map((key) => `update ${key} ${text(laidOver(key))}`),
      ...of('delete').map((key) => `delete ${key} ${text(own(given.existing, key)?.params)}`),
      ...of('conflict').map((key) => `conflict ${key}`),
    ],
    counts: {
      desiredInScopeCount: names.filter(
        (key) => Object.hasOwn(given.desired, key) && !given.badNames.includes(key),
      ).length,
      existingInScopeCount: heldNames.length,
      existingCount: Object.keys(given.existing).length,
      unchangedCount: of('unchanged').length,
      unaddressableCount: heldNames.filter((key) => own(given.existing, key)?.isAddressable === false).length,
      protectedCount: of('protected').length,
    },
  };
}

it('the SQL gives what the obvious way gives, over any world', () => {
  const directory = temporaryDirectory();
  let planNumber = 0;
  fc.assert(
    fc.property(world, settings, (given, how) => {
      planNumber += 1;
      using plan = PlanFile.create(path.join(directory, `${planNumber}.db`), NEW_RUN);
      plan.database.pragma('synchronous = OFF'); // hundreds of plans, and none has to outlive a power cut
      const counts = diffInto(plan, directory, given, {
        ...how,
        isDeleteProved: !given.badNames.includes(undefined),
      });
      const operations = [...plan.alarms.operations.iterate()].map(
        ({ action, name: key, state, beforeParams, afterParams }) =>
          state === 'conflict'
            ? `conflict ${key}`
            : `${action} ${key} ${stringifyJson(parseJson(afterParams ?? beforeParams ?? ''))}`,
      );
      expect({ operations, counts }).toEqual(modelOf(given, how));
    }),
    { numRuns: 120 },
  );
});
