import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { KNOWN_MEMBERS } from '../src/alarm/alarm.ts';
import { parseJson, stringifyJson, type JsonObject, type JsonValue } from '../src/alarm/json.ts';
import {
  differingMembers,
  meaningText,
  overlay,
  wholeMeaningText,
  withWeatherOf,
} from '../src/alarm/meaning.ts';

/** Values that a member may have in a service we do not control: good, spelled otherwise, and strange. */
const value: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom(
    '3',
    '3.0',
    '+3e0',
    '4',
    '',
    'GT',
    ' gt ',
    'gt',
    'active',
    'in_alarm',
    'inactive',
    'ABCD',
    'abcd',
  ),
  fc.constantFrom<JsonValue>(3, 4, null, true, [], {}, ['3'], { a: 1 }, parseJson('3.0')),
  fc.array(fc.constantFrom('a@b.c', 'ldap:ops', 'A@b.c'), { maxLength: 3 }),
);
const memberName = fc.constantFrom(...KNOWN_MEMBERS, 'owner', '__proto__', 'toString');
const params: fc.Arbitrary<JsonObject> = fc
  .array(fc.tuple(memberName, value), { maxLength: 6 })
  .map((entries) => Object.fromEntries(entries));
const compareState = fc.constantFrom('meaning' as const, 'exact' as const);

function mean(left: JsonObject, right: JsonObject, state: 'meaning' | 'exact' = 'meaning'): boolean {
  return meaningText(left, KNOWN_MEMBERS, state) === meaningText(right, KNOWN_MEMBERS, state);
}

function reversed(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).toReversed());
}

describe('equality by meaning', () => {
  it.each<[string, JsonValue, JsonValue]>([
    ['threshold', '3', '3.0'],
    ['threshold', '3', 3],
    ['threshold', '1e400', parseJson('1.0e400')],
    ['warning_threshold', '.5', '0.50'],
    ['no_data_minutes', '05', 5],
    ['contact', ['a@b.c', 'ldap:x'], ['ldap:x', 'a@b.c', 'a@b.c']],
    ['tracking_metric_id', 'ABCD', 'abcd'],
    ['comparison_method', ' GT', 'gt'],
    ['metric_math', 'Sum ', 'sum'],
    ['alarm_state', 'in_alarm', 'active'],
  ])('of %s holds between %j and %j', (member, left, right) => {
    expect(mean({ [member]: left }, { [member]: right })).toBe(true);
  });

  it.each<[string, JsonValue | undefined, JsonValue | undefined]>([
    ['threshold', '3', '3.0000000000000001'],
    ['threshold', '9007199254740993', '9007199254740992'],
    ['threshold', '', undefined],
    ['contact', ['a@b.c'], ['A@b.c']],
    ['contact', [], 'a@b.c'],
    ['metric_name', 'cpu', 'CPU'],
    ['metric_name', 'cpu', ' cpu'],
    ['alarm_state', 'inactive', 'in_alarm'],
    ['alarm_state', 'inactive', 'active'],
    ['query_scope', '3', '3.0'],
    ['message_alert', '3', 3],
    ['message_alert', '', undefined],
    ['metric_name', '["x"]', ['x']],
  ])('of %s does not hold between %j and %j', (member, left, right) => {
    const of = (one: JsonValue | undefined): JsonObject => (one === undefined ? {} : { [member]: one });
    expect(mean(of(left), of(right))).toBe(false);
  });

  it('with --compare-state exact holds only between equal states', () => {
    expect(mean({ alarm_state: 'in_alarm' }, { alarm_state: 'active' }, 'exact')).toBe(false);
    expect(mean({ alarm_state: 'in_alarm' }, { alarm_state: 'in_alarm' }, 'exact')).toBe(true);
  });

  it('is an equivalence: reflexive, symmetric, transitive', () => {
    fc.assert(
      fc.property(params, params, params, compareState, (a, b, c, state) => {
        expect(mean(a, reversed(a), state)).toBe(true);
        expect(mean(a, b, state)).toBe(mean(b, a, state));
        if (mean(a, b, state) && mean(b, c, state)) expect(mean(a, c, state)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('holds exactly when no member differs', () => {
    fc.assert(
      fc.property(params, params, compareState, (a, b, state) => {
        expect(differingMembers(a, b, KNOWN_MEMBERS, state).length === 0).toBe(mean(a, b, state));
      }),
      { numRuns: 1000 },
    );
  });

  it('takes contacts as a set', () => {
    const contacts = fc.array(fc.constantFrom('a@b.c', 'b@b.c', 'ldap:x', 'ticket:1'), { maxLength: 5 });
    fc.assert(
      fc.property(contacts, contacts, (left, right) => {
        const areSame =
          new Set(left).size === new Set([...left, ...right]).size &&
          left.every((one) => right.includes(one));
        expect(mean({ contact: left }, { contact: right })).toBe(areSame);
      }),
    );
  });

  it('of whole definitions minds the members unknown to us, and not their order', () => {
    fc.assert(
      fc.property(params, compareState, (a, state) => {
        expect(wholeMeaningText(reversed(a), state)).toBe(wholeMeaningText(a, state));
        expect(wholeMeaningText({ ...a, owner: 'someone new' }, state)).not.toBe(wholeMeaningText(a, state));
      }),
    );
  });
});

describe('the overlay', () => {
  const managed = fc.subarray([...KNOWN_MEMBERS]);

  it('keeps what the file does not manage, and means what the file says in the rest', () => {
    fc.assert(
      fc.property(params, params, managed, (existing, wanted, members) => {
        const isManaged = ([name]: readonly [string, unknown]): boolean =>
          members.some((member) => member === name);
        const desired = Object.fromEntries(Object.entries(wanted).filter(isManaged));
        const result = overlay(existing, desired, members);
        const others = (object: JsonObject): string =>
          stringifyJson(Object.fromEntries(Object.entries(object).filter((entry) => !isManaged(entry))));
        expect(others(result)).toBe(others(existing));
        for (const member of members) {
          expect(Object.hasOwn(result, member)).toBe(Object.hasOwn(desired, member));
          expect(stringifyJson(result[member] ?? null)).toBe(stringifyJson(desired[member] ?? null));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('laid over twice is laid over once', () => {
    fc.assert(
      fc.property(params, params, managed, (existing, desired, members) => {
        const once = overlay(existing, desired, members);
        expect(stringifyJson(overlay(once, desired, members))).toBe(stringifyJson(once));
      }),
    );
  });
});

describe('the weather of what is sent', () => {
  const sent = (
    state: string,
    live: string | undefined,
    how: 'meaning' | 'exact' = 'meaning',
  ): JsonValue | undefined =>
    withWeatherOf(
      { name: 'a', params: { alarm_state: state } },
      live === undefined ? undefined : { alarm_state: live },
      how,
    ).params['alarm_state'];

  it.each([
    ['active', undefined, 'active'],
    ['in_alarm', undefined, 'active'],
    ['inactive', undefined, 'inactive'],
    ['active', 'in_alarm', 'in_alarm'],
    ['in_alarm', 'active', 'active'],
    ['in_alarm', 'inactive', 'active'],
    ['inactive', 'in_alarm', 'inactive'],
  ])('for %s in the file over %s live is %s', (state, live, expected) => {
    expect(sent(state, live)).toBe(expected);
  });

  it('is verbatim with --compare-state exact', () => {
    expect(sent('in_alarm', 'active', 'exact')).toBe('in_alarm');
    expect(sent('active', 'in_alarm', 'exact')).toBe('active');
  });
});
