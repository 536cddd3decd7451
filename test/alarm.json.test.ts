import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { canonicalJson, isJsonObject, numberText, parseJson, stringifyJson } from '../src/alarm/json.ts';

const member = fc.constantFrom('a', 'b', '__proto__', 'toString', '1', 'isLosslessNumber', 'é"\n', '');
/** JSON text of any shape, numbers as wild as JSON allows. */
const { json } = fc.letrec<{ json: string; number: string }>((tie) => ({
  number: fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.constantFrom('0', '7', '10', '9007199254740993', '123456789012345678901234567890'),
      fc.constantFrom('', '.0', '.50', '.1'),
      fc.constantFrom('', 'e0', 'E+2', 'e-400', 'e400'),
    )
    .map((parts) => parts.join('')),
  json: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('null', 'true', '""', '"1.5"', '"x:1.0,"', '"\\ud800"'),
    tie('number'),
    fc.array(tie('json'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    fc
      .uniqueArray(fc.tuple(member, tie('json')), { selector: ([name]) => name, maxLength: 3 })
      .map((entries) => `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`),
  ),
}));

/** As JSON.parse, which is wrong only about numbers. */
const withFloats = (text: string): unknown => JSON.parse(text);

describe('JSON text', () => {
  it('comes back as it went, numbers to the last digit', () => {
    fc.assert(
      fc.property(json, (text) => {
        const written = stringifyJson(parseJson(text));
        // The same characters: only integer-like members move to the front, as in any JavaScript object.
        expect(written.split('').toSorted()).toEqual(text.split('').toSorted());
        expect(stringifyJson(parseJson(written))).toBe(written);
      }),
      { numRuns: 1000 },
    );
  });

  it('means what JSON.parse says it means', () => {
    fc.assert(
      fc.property(json, (text) => {
        expect(withFloats(stringifyJson(parseJson(text)))).toEqual(withFloats(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('is refused exactly where JSON.parse refuses it', () => {
    const broken = fc.tuple(
      json,
      fc.nat(),
      fc.constantFrom('', ',', '1', '"', '\u00a0', '\t', '}', '-', '0', '.'),
    );
    const accepts = (parse: (text: string) => unknown, text: string): boolean => {
      try {
        parse(text);
        return true;
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
        return false;
      }
    };
    fc.assert(
      fc.property(broken, ([text, at, piece]) => {
        const index = at % (text.length + 1);
        const damaged = text.slice(0, index) + piece + text.slice(index + (piece === '' ? 1 : 0));
        expect(accepts(parseJson, damaged)).toBe(accepts(withFloats, damaged));
      }),
      { numRuns: 3000 },
    );
  });

  it('may repeat a member, whatever numbers stand beside it: the last one counts', () => {
    expect(stringifyJson(parseJson('{"a":1,"a":2}'))).toBe('{"a":2}');
    expect(stringifyJson(parseJson('{"a":1.0,"a":2.0}'))).toBe('{"a":2.0}');
  });

  it('never takes an object for a number, however it is disguised', () => {
    const hostile = parseJson('{"isLosslessNumber":true,"value":"1","n":1.0}');
    expect(isJsonObject(hostile)).toBe(true);
    expect(numberText(hostile)).toBeUndefined();
    expect(stringifyJson(hostile)).toBe('{"isLosslessNumber":true,"value":"1","n":1.0}');
  });
});

describe('the canonical text', () => {
  it('is one whatever the order of members, at any depth', () => {
    const shuffled = fc.tuple(
      fc.uniqueArray(fc.tuple(member, json), { selector: ([name]) => name, maxLength: 5 }),
      fc.infiniteStream(fc.nat()),
    );
    fc.assert(
      fc.property(shuffled, ([entries, random]) => {
        const write = (parts: typeof entries): string =>
          `{"deep":{${parts.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}}`;
        const other = entries
          .map((entry) => ({ entry, key: random.next().value }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ entry }) => entry);
        expect(canonicalJson(parseJson(write(other)))).toBe(canonicalJson(parseJson(write(entries))));
      }),
    );
  });

  it('differs where values differ', () => {
    const texts = [
      '1',
      '"1"',
      'null',
      '[]',
      '{}',
      '[1]',
      '[[1]]',
      '{"a":1}',
      '{"a":"1"}',
      '9007199254740993',
      '9007199254740992',
    ];
    expect(new Set(texts.map((text) => canonicalJson(parseJson(text)))).size).toBe(texts.length);
  });
});
