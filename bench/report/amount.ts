// Figures -> text that a person reads at a glance.

import { numberIn, type ResultLine } from './result.ts';

/** How a kind of figure is written; `key` is that of the results, without `_median`. */
export interface Unit {
  readonly key: string;
  readonly write: (value: number) => string;
}

export const WALL: Unit = { key: 'wall_ms', write: (ms) => `${threeDigits(ms / 1000)} s` };

export const MEMORY: Unit = { key: 'peak_memory_bytes', write: (bytes) => `${Math.round(bytes / 1e6)} MB` };

/** Of a few megabytes, where tenths are seen. */
export const MEMORY_SMALL: Unit = {
  key: 'peak_memory_bytes',
  write: (bytes) => `${(bytes / 1e6).toFixed(1)} MB`,
};

/** Of the run and of whatever works for it. */
export const PROCESSOR: Unit = {
  key: 'microseconds_per_operation',
  write: (value) => `${Math.round(value)} µs`,
};

export const DISK: Unit = { key: 'peak_disk_bytes', write: (bytes) => `${Math.round(bytes / 1e6)} MB` };

export const PER_ROW: Unit = { key: 'microseconds_per_row', write: (value) => `${threeDigits(value)} µs` };

export const RATE: Unit = {
  key: 'operations_per_second',
  write: (value) => `${grouped(Math.round(value))}/s`,
};

export const FIRST_WRITE: Unit = { key: 'first_write_ms', write: (ms) => `${Math.round(ms)} ms` };

export const QUOTA_USE: Unit = { key: 'quota_use_ratio', write: (ratio) => `${(ratio * 100).toFixed(1)} %` };

export const TELLING: Unit = { key: 'telling_ratio', write: (ratio) => `${(ratio * 100).toFixed(3)} %` };

/** Median, least and most of one figure. */
export interface Measure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Undefined when the line is missing or has no such figure. */
export function measureIn(line: ResultLine | undefined, { key }: Unit): Measure | undefined {
  const median = numberIn(line, `${key}_median`);
  const min = numberIn(line, `${key}_min`);
  const max = numberIn(line, `${key}_max`);
  return median === undefined || min === undefined || max === undefined ? undefined : { median, min, max };
}

/** Shape: `6.12 s (6.05 to 6.3 s)`; without brackets where the spread cannot be seen. */
export function withSpread(measure: Measure, unit: Unit): string {
  const [median, min, max] = [measure.median, measure.min, measure.max].map(unit.write);
  return min === max ? String(median) : `${median} (${String(min).replace(/ ?[^\d.]+$/, '')} to ${max})`;
}

/** Shape: `250 000`; the spaces do not break. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ' ');
}

function threeDigits(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}
