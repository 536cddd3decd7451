// Staged texts are abbreviated: written out by SQL they are the JSON of the params, and equal texts mean equal params.

import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, it } from 'vitest';

import { orderMembers, REQUIRED_MEMBERS } from '../src/alarm/alarm.ts';
import { stringifyJson, type JsonObject } from '../src/alarm/json.ts';
import { bodyOfText, paramsOfText, paramsText } from '../src/alarm/params-text.ts';
import { BODY_OF_TEXT } from '../src/store/body-of-text.ts';

const odds = fc.constantFrom(
  '"',
  '\\',
  '\u0001',
  '\u0008',
  '\u007f',
  '\u0092',
  '\0',
  '😀',
  '\ud800',
  '","',
  '":"',
);
const text = fc.oneof(
  { weight: 30, arbitrary: fc.string({ unit: fc.constantFrom('a', '7', 'é', ','), maxLength: 4 }) },
  { weight: 1, arbitrary: fc.string({ unit: odds, maxLength: 3 }) },
);
const value = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 1, arbitrary: fc.array(text, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);
const usual: fc.Arbitrary<JsonObject> = fc.record({
  threshold: text,
  metric_name: text,
  comparison_method: text,
  alarm_state: text,
  tracking_metric_id: text,
  contact: fc.array(text, { maxLength: 3 }),
  metric_math: text,
});
const odd: fc.Arbitrary<JsonObject> = fc
  .array(fc.tuple(fc.constantFrom(...REQUIRED_MEMBERS, 'query_scope', 'owner'), value), { maxLength: 9 })
  .map((entries) => decode(JSON.stringify(Object.fromEntries(entries))));

function decode(json: string): JsonObject {
  return JSON.parse(json) as JsonObject;
}

it('gives the JSON of any params back', () => {
  const database = new Database(':memory:');
  const writeOut = database
    .prepare<[string], string>(`SELECT ${BODY_OF_TEXT} FROM (SELECT ? AS text)`)
    .pluck();
  let abbreviatedCount = 0;
  fc.assert(
    fc.property(fc.oneof(usual, odd), (params) => {
      const staged = paramsText(params);
      if (staged.startsWith('\u0001')) abbreviatedCount += 1;
      const body = stringifyJson(orderMembers(params));
      expect([writeOut.get(staged), bodyOfText(staged)]).toEqual([body, body]);
      expect(stringifyJson(paramsOfText(staged))).toBe(body);
    }),
    { numRuns: 5000 },
  );
  expect(abbreviatedCount).toBeGreaterThan(500);
  database.close();
});

it('is equal exactly where the JSON is', () => {
  fc.assert(
    fc.property(fc.oneof(usual, odd), fc.oneof(usual, odd), (left, right) => {
      const isSameJson = stringifyJson(orderMembers(left)) === stringifyJson(orderMembers(right));
      expect(paramsText(left) === paramsText(right)).toBe(isSameJson);
    }),
    { numRuns: 5000 },
  );
});
