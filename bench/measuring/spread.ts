// The figures of several runs -> median, least and most, under keys that carry the unit.

/** Shape: `{wall_ms_median, wall_ms_min, wall_ms_max}` for `wall_ms`; four significant digits, so that lines can be read. */
export function spread(key: string, values: readonly number[]): Readonly<Record<string, number>> {
  return {
    [`${key}_median`]: rounded(median(values)),
    [`${key}_min`]: rounded(Math.min(...values)),
    [`${key}_max`]: rounded(Math.max(...values)),
  };
}

/** @param values at least one */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  const lower = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** Whole above a thousand, else four significant digits. */
export function rounded(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
}
