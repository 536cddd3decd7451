import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { csvLine } from '../src/pipeline/report/csv.ts';
import { shown } from '../src/pipeline/report/escape.ts';
import {
  durationText,
  forecastLine,
  outcomeLine,
  outcomeNotes,
  planLine,
  planNotes,
} from '../src/pipeline/report/summary.ts';
import type { RunOutcome } from '../src/pipeline/report/outcome.ts';
import type { PlanSummary } from '../src/store/plan-summary.ts';

describe('text shown to a person', () => {
  it.each([
    ['plain / % "é" 🔥', 'plain / % "é" 🔥'],
    ['a\u202Eb', 'a\\u{202e}b'],
    ['\u001b[31mred', '\\u{1b}[31mred'],
    ['line\r\nbreak', 'line\\u{d}\\u{a}break'],
    ['\u2028\u2066\ufeff\u009b', '\\u{2028}\\u{2066}\\u{feff}\\u{9b}'],
    ['\ud800', '\\u{d800}'],
    ['\\u{202e}', '\\\\u{202e}'],
  ])('is escaped where it would act: %j', (text, escaped) => {
    expect(shown(text)).toBe(escaped);
  });

  const tricky = fc.string({
    unit: fc.constantFrom('\\', 'u', '{', '}', '202e', '\u202e', 'a', '\n'),
    maxLength: 7,
  });

  it('never holds a control or bidirectional character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(shown(text)).not.toMatch(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it('is different for different texts, so that nothing can be forged', () => {
    fc.assert(
      fc.property(tricky, tricky, (left, right) => {
        expect(shown(left) === shown(right)).toBe(left === right);
      }),
      { numRuns: 3000, examples: [['\\u{202e}', '\\\u202e']] },
    );
  });
});

it('a CSV line is read back cell by cell', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', ';', '\ufeff', 'é', '\t') });
  fc.assert(
    fc.property(fc.array(cell, { minLength: 2, maxLength: 5 }), (cells) => {
      const line = csvLine(cells);
      expect(line.endsWith('\n')).toBe(true);
      expect(parse(line, { record_delimiter: '\n' })).toEqual([cells]);
    }),
    { numRuns: 1000 },
  );
});

const SUMMARY: PlanSummary = {
  createCount: 3,
  updateCount: 2,
  deleteCount: 1,
  unchangedCount: 94,
  conflictCount: 0,
  unaddressableCount: 0,
  protectedCount: 0,
  rejectedRowCount: 0,
  existingInScopeCount: 97,
  existingCount: 97,
  managedMembers: [],
  refusals: [],
  downtimes: null,
  forecast: { requestCount: 9, durationMs: null },
};
const OUTCOME: RunOutcome = {
  createdCount: 3,
  updatedCount: 2,
  deletedCount: 1,
  failedCount: 0,
  conflictCount: 0,
  heldCount: 0,
  unfinishedCount: 0,
  ambiguousResolvedCount: 0,
  rejectedRowCount: 0,
  unaddressableCount: 0,
  downtimes: null,
  exitCode: 0,
};

describe('the summary', () => {
  it('has the lines that other programs read, to the letter', () => {
    expect(planLine(SUMMARY)).toBe('Plan: 3 to create, 2 to update, 1 to delete, 94 unchanged.');
    expect(outcomeLine(OUTCOME)).toBe('Sync complete: 3 created, 2 updated, 1 deleted, 0 failed.');
    expect(outcomeLine({ ...OUTCOME, unfinishedCount: 1 })).toBe(
      'Sync stopped: 3 created, 2 updated, 1 deleted, 0 failed.',
    );
  });

  it('has no further lines when there is nothing further to tell', () => {
    expect(planNotes(SUMMARY)).toEqual([]);
    expect(outcomeNotes(OUTCOME)).toEqual([]);
  });

  it('tells each further count on a line of its own', () => {
    const counts = { conflictCount: 1, unaddressableCount: 2, protectedCount: 3, rejectedRowCount: 4 };
    expect(planNotes({ ...SUMMARY, ...counts }).map((line) => /^\d+ \w+/u.exec(line)?.[0])).toEqual([
      '1 alarm',
      '2 alarms',
      '3 alarms',
      '4 rows',
    ]);
    const further = {
      conflictCount: 1,
      heldCount: 2,
      ambiguousResolvedCount: 3,
      unfinishedCount: 4,
      unaddressableCount: 5,
      rejectedRowCount: 1,
    };
    const notes = outcomeNotes({ ...OUTCOME, ...further });
    expect(notes.map((line) => Number.parseInt(line, 10))).toEqual([1, 2, 3, 4, 5, 1]);
    expect(notes.join('\n')).toMatch(/conflict[^]*held[^]*ambiguous[^]*unaddressable/u);
  });

  it('foretells requests, and the time where a quota is set', () => {
    expect(forecastLine(SUMMARY)).toBe('Forecast: 9 requests.');
    const forecast = { requestCount: 1240, durationMs: 124_000 };
    expect(forecastLine({ ...SUMMARY, forecast })).toBe(
      'Forecast: 1240 requests, 2 min 4 s at the set quota.',
    );
  });

  it.each([
    [0, '0 s'],
    [1, '1 s'],
    [59_999, '1 min'],
    [3_600_000, '1 h'],
    [7_505_000, '2 h 5 min'],
    [3_605_000, '1 h'],
    [90_000_000, '1 d 1 h'],
  ])('says %i ms as %s', (durationMs, text) => {
    expect(durationText(durationMs)).toBe(text);
  });
});
