// Patterns over names: as SQLite's GLOB reads them.

import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, it } from 'vitest';

import { globTest } from '../src/alarm/glob.ts';

it('matches what SQLite matches', () => {
  using database = Object.assign(new Database(':memory:'), {
    [Symbol.dispose](this: Database.Database) {
      this.close();
    },
  });
  const glob = database.prepare<[string, string], number>('SELECT ? GLOB ?').pluck();
  // Few characters, so that many pairs match; those of sets among them.
  const text = fc.array(
    fc.constantFrom('a', 'b', 'c', '-', ']', '[', '^', '*', '?', '/', '\u{1F525}', '\n'),
    {
      maxLength: 8,
    },
  );
  let matchCount = 0;
  fc.assert(
    fc.property(text, text, (pattern, name) => {
      const isMatch = globTest(pattern.join(''))(name.join(''));
      if (isMatch) matchCount += 1;
      expect(Number(isMatch)).toBe(glob.get(name.join(''), pattern.join('')));
    }),
    { numRuns: 20_000 },
  );
  expect(matchCount).toBeGreaterThan(100);
});

it.each([
  ['eu/*', 'eu/a/b', true],
  ['eu/*', 'EU/a', false],
  ['[]-]x', ']x', true],
  ['[a-c]?', 'b\u{1F525}', true],
  ['[^a-c]', 'b', false],
  ['[a', '[a', false],
])('%s over %s: %s', (pattern, name, isMatch) => {
  expect(globTest(pattern)(name)).toBe(isMatch);
});
