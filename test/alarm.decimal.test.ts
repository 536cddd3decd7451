import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { canonicalDecimal, compareDecimals, decimalDigitCount } from '../src/alarm/decimal.ts';

/** The value as an exact fraction of two whole numbers: the arithmetic to hold ours against. */
function fractionOf(text: string): { readonly top: bigint; readonly bottom: bigint } {
  const [mantissa = '', exponentText = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace(/^[+-]/u, '').split('.');
  const digits = BigInt(`${whole}${fraction}` || '0') * (mantissa.startsWith('-') ? -1n : 1n);
  const exponent = Number(exponentText) - fraction.length;
  return exponent >= 0
    ? { top: digits * 10n ** BigInt(exponent), bottom: 1n }
    : { top: digits, bottom: 10n ** BigInt(-exponent) };
}

function orderOf(left: string, right: string): number {
  const a = fractionOf(left);
  const b = fractionOf(right);
  const difference = a.top * b.bottom - b.top * a.bottom;
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

const digits = (minLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('0', '0', '1', '5', '9'), minLength, maxLength: 6 });

/** Any text of the grammar, with few digits and small exponents, so that equal numbers are common. */
const decimal = fc
  .tuple(
    fc.constantFrom('', '+', '-'),
    fc.oneof(
      digits(1),
      fc.tuple(digits(1), digits(0)).map(([whole, fraction]) => `${whole}.${fraction}`),
      digits(1).map((fraction) => `.${fraction}`),
    ),
    fc.oneof(
      fc.constant(''),
      fc
        .tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.integer({ min: 0, max: 12 }))
        .map((parts) => parts.join('')),
    ),
  )
  .map((parts) => parts.join(''));

/** Other spellings of the same number, by rules of arithmetic alone. */
const respelled = fc
  .tuple(decimal, fc.array(fc.constantFrom('zeros before', 'zeros after', 'plus', 'shift'), { maxLength: 5 }))
  .map(([text, steps]) => ({ text, other: steps.reduce(respell, text) }));

function respell(text: string, step: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const sign = /^[+-]/u.exec(mantissa)?.[0] ?? '';
  const unsigned = mantissa.slice(sign.length);
  const tail = text.toLowerCase().includes('e') ? `e${exponent}` : '';
  switch (step) {
    case 'zeros before':
      return `${sign}00${unsigned}${tail}`;
    case 'zeros after':
      return `${sign}${unsigned}${unsigned.includes('.') ? '' : '.'}00${tail}`;
    case 'plus':
      return `${sign === '' ? '+' : sign}${unsigned}${tail}`;
    default:
      return `${sign}${shiftLeft(unsigned)}e${Number(exponent) + 1}`;
  }
}

/** A tenth of an unsigned number. */
function shiftLeft(unsigned: string): string {
  const [whole = '', fraction = ''] = unsigned.split('.');
  const padded = `0${whole}`;
  return `${padded.slice(0, -1)}.${padded.slice(-1)}${fraction}`;
}

describe('the canonical form', () => {
  it.each([
    ['3', '3.0'],
    ['3', '3e0'],
    ['3', '+3'],
    ['3', '0.3e1'],
    ['3', '.3E+01'],
    ['3', '3.'],
    ['0', '-0'],
    ['0', '0e9999'],
    ['0', '-.000e-77'],
    ['1e9999', '10e9998'],
    ['100', '1e2'],
  ])('is one for %s and %s', (left, right) => {
    expect(canonicalDecimal(left)).toBeDefined();
    expect(canonicalDecimal(left)).toBe(canonicalDecimal(right));
  });

  it.each([
    ['0.1', '0.1000000000000000055511151231257827'],
    ['9007199254740992', '9007199254740993'],
    ['1e9999', '1e9998'],
    ['1e400', '2e400'],
    ['3', '-3'],
    ['1e-9999', '0'],
  ])('differs for %s and %s, which a float may take for the same', (left, right) => {
    expect(canonicalDecimal(left)).toBeDefined();
    expect(canonicalDecimal(left)).not.toBe(canonicalDecimal(right));
  });

  it('is the same for every spelling of one number', () => {
    fc.assert(
      fc.property(respelled, ({ text, other }) => {
        expect(orderOf(text, other)).toBe(0);
        expect(canonicalDecimal(other)).toBe(canonicalDecimal(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('is equal exactly when the numbers are', () => {
    fc.assert(
      fc.property(decimal, decimal, (left, right) => {
        expect(canonicalDecimal(left) === canonicalDecimal(right)).toBe(orderOf(left, right) === 0);
      }),
      { numRuns: 5000 },
    );
  });

  it('is itself a decimal number with the value it stands for', () => {
    fc.assert(
      fc.property(decimal, (text) => {
        expect(orderOf(canonicalDecimal(text) ?? 'none', text)).toBe(0);
      }),
    );
  });

  it.each([
    '',
    ' 3',
    '3 ',
    '3\n',
    '.',
    '+',
    'e5',
    '3e',
    '3e12345',
    '0x10',
    'NaN',
    'Infinity',
    '1,5',
    '--3',
    '٣',
  ])('is undefined for %j', (text) => {
    expect(canonicalDecimal(text)).toBeUndefined();
    expect(decimalDigitCount(text)).toBeUndefined();
  });

  it('takes a long number in a time that grows with its length alone', () => {
    const long = `${'0'.repeat(200_000)}1${'0'.repeat(200_000)}`;
    const startedMs = performance.now();
    expect(canonicalDecimal(`${long}e9999`)).toBe(`.1e${200_001 + 9999}`);
    expect(performance.now() - startedMs).toBeLessThan(500);
  });
});

describe('the order', () => {
  it('is that of the numbers', () => {
    fc.assert(
      fc.property(decimal, decimal, (left, right) => {
        expect(Math.sign(compareDecimals(left, right) ?? Number.NaN)).toBe(orderOf(left, right));
      }),
      { numRuns: 5000 },
    );
  });

  it('is undefined where either is no number', () => {
    expect(compareDecimals('1', 'one')).toBeUndefined();
    expect(compareDecimals('one', '1')).toBeUndefined();
  });
});

it('counts the digits of the mantissa as written', () => {
  expect(decimalDigitCount('-00.10e99')).toBe(4);
  expect(decimalDigitCount('.5')).toBe(1);
  expect(decimalDigitCount('5.')).toBe(1);
});
