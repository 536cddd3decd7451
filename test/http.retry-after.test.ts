import { describe, expect, it } from 'vitest';

import { retryAfterMsOf } from '../src/services/retry-after.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

describe('the wait that a throttled answer asks for', () => {
  it.each([
    ['seconds', { 'retry-after': '120' }, 120_000],
    ['no time', { 'retry-after': '0' }, 0],
    ['a fraction of a second', { 'retry-after': '1.5' }, 1500],
    ['a date', { 'retry-after': 'Sun, 01 Mar 2026 12:00:10 GMT' }, 10_000],
    ['a date in the oldest form, without a zone', { 'retry-after': 'Sun Mar  1 12:00:10 2026' }, 10_000],
    ['a date that has passed', { 'retry-after': 'Sun, 01 Mar 2026 11:00:00 GMT' }, 0],
    ['the header twice', { 'retry-after': ['3', '4'] }, 3000],
    ['a reset in seconds', { 'ratelimit-remaining': '0', 'ratelimit-reset': '7' }, 7000],
    [
      'a reset in seconds by the older name',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '9' },
      9000,
    ],
    [
      'a reset at a point in time',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${NOW / 1000 + 5}` },
      5000,
    ],
    [
      'both, of which Retry-After counts',
      { 'retry-after': '2', 'ratelimit-remaining': '0', 'ratelimit-reset': '7' },
      2000,
    ],
    ['more than a timer can hold', { 'retry-after': '9'.repeat(400) }, 2 ** 31 - 1],
    ['a reset while requests remain', { 'ratelimit-remaining': '3', 'ratelimit-reset': '7' }, undefined],
    ['a negative number', { 'retry-after': '-5' }, undefined],
    ['words', { 'retry-after': 'soon' }, undefined],
    ['nothing', {}, undefined],
  ])('is read from %s', (_title, headers, expected) => {
    expect(retryAfterMsOf(headers, NOW)).toBe(expected);
  });

  it('goes by the Date of the answer where our clock is an hour off', () => {
    const headers = { date: 'Sun, 01 Mar 2026 12:00:00 GMT', 'retry-after': 'Sun, 01 Mar 2026 12:00:30 GMT' };
    expect(retryAfterMsOf(headers, NOW + 3_600_000)).toBe(30_000);
    const reset = { ...headers, 'retry-after': undefined, 'x-ratelimit-remaining': '0' };
    expect(retryAfterMsOf({ ...reset, 'x-ratelimit-reset': `${NOW / 1000 + 4}` }, NOW - 3_600_000)).toBe(
      4000,
    );
  });
});
