import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isWellFormed, nameFault, orderMembers } from '../src/alarm/alarm.ts';

describe('a name', () => {
  it.each([
    'a',
    '/',
    '%2e%2e',
    '...',
    ' padded ',
    '🔥',
    'abc\u202Edef',
    'a;b',
    '"',
    '__proto__',
    'é'.repeat(512),
  ])('may be %j', (name) => {
    expect(nameFault(name)).toBeUndefined();
  });

  it.each(['', '.', '..', 'a\0', 'tab\t', 'line\n', '\u007f', '\u0085', '\ud800', `x${'é'.repeat(512)}`])(
    'is refused as %j',
    (name) => {
      expect(nameFault(name)).toMatch(/^expected /u);
    },
  );

  it('is counted in bytes of UTF-8 and in nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 700 }), (text) => {
        fc.pre(!/[\p{Cc}\p{Cs}]/u.test(text) && text !== '.' && text !== '..');
        expect(nameFault(text) === undefined).toBe(Buffer.byteLength(text) <= 1024);
      }),
    );
  });
});

it('text is well-formed exactly when UTF-8 gives it back', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '\ud83d', '\ude00', '🔥'), maxLength: 4 }), (text) => {
      expect(isWellFormed(text)).toBe(Buffer.from(text).toString() === text);
    }),
  );
});

it('members come in their fixed order, unknown ones after them, and none is lost', () => {
  const ordered = orderMembers({ zeta: 1, contact: [], threshold: '1', ['__proto__']: 'kept', alpha: 2 });
  expect(Object.keys(ordered)).toEqual(['threshold', 'contact', 'zeta', '__proto__', 'alpha']);
});
