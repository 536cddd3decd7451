// Decimal numbers as text -> canonical form and order, with no float and no exponent written out.

const DECIMAL = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,4}))?$/;

interface Decimal {
  readonly isNegative: boolean;
  /** Without leading or trailing zeros; empty for zero. */
  readonly digits: string;
  /** The value is 0.DIGITS times ten to this power. */
  readonly magnitude: number;
}

/** How many digits the mantissa is written with, or undefined when the text is not a decimal number. */
export function decimalDigitCount(text: string): number | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  return (match[2] ?? '').length + (match[3] ?? match[4] ?? '').length;
}

/**
 * One text for each number: `3`, `3.0`, `+3e0` and `0.3e1` give the same one; minus zero is zero.
 * Undefined when the text is not a decimal number. Linear in the text's length whatever its exponent.
 */
export function canonicalDecimal(text: string): string | undefined {
  const decimal = parseDecimal(text);
  if (decimal === undefined) return undefined;
  if (decimal.digits === '') return '0';
  return `${decimal.isNegative ? '-' : ''}.${decimal.digits}e${decimal.magnitude}`;
}

/** Below zero when left < right, zero when equal, above when greater. Undefined when either is not a decimal number. */
export function compareDecimals(left: string, right: string): number | undefined {
  const a = parseDecimal(left);
  const b = parseDecimal(right);
  if (a === undefined || b === undefined) return undefined;
  const signs = signOf(a) - signOf(b);
  if (signs !== 0) return signs;
  return a.isNegative ? compareSizes(b, a) : compareSizes(a, b);
}

function parseDecimal(text: string): Decimal | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const whole = match[2] ?? '';
  const all = whole + (match[3] ?? match[4] ?? '');
  const first = all.search(/[1-9]/);
  if (first === -1) return { isNegative: false, digits: '', magnitude: 0 };
  return {
    isNegative: match[1] === '-',
    digits: trimTrailingZeros(all.slice(first)),
    magnitude: whole.length - first + Number(match[5] ?? 0),
  };
}

// A loop, since /0+$/ is quadratic on hostile digits.
function trimTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

function signOf(decimal: Decimal): number {
  if (decimal.digits === '') return 0;
  return decimal.isNegative ? -1 : 1;
}

function compareSizes(a: Decimal, b: Decimal): number {
  if (a.magnitude !== b.magnitude) return a.magnitude - b.magnitude;
  if (a.digits === b.digits) return 0;
  return a.digits < b.digits ? -1 : 1;
}
