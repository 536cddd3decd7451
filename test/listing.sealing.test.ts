import { describe, expect, it } from 'vitest';

import { AlarmSyncError, type ErrorCode } from '../src/alarm/errors.ts';
import { alarm, list, page, ScriptedReader, type Answer } from './listing.reader.ts';

const failure = (code: ErrorCode, status?: number): AlarmSyncError =>
  new AlarmSyncError(code, 'failed', status === undefined ? {} : { status });
const down = failure('ALARMSYNC_SERVICE_UNAVAILABLE', 503);
const UNSEALED = { code: 'ALARMSYNC_LISTING_UNSEALED', exitCode: 3 };

describe('a listing is sealed', () => {
  it.each<[string, readonly Answer[]]>([
    ['when every page came, to the last', [page(['a', 'b'], 'c1'), page(['c'], null)]],
    ['when the last total stated is met', [page(['a', 'b'], 'c1', 9), page(['c'], null, 3)]],
    ['when the total stood on an earlier page only', [page(['a', 'b'], 'c1', 3), page(['c'], null)]],
    ['when it came in one answer in parts', [[page(['a'], ''), page(['b', 'c'], null)]]],
    ['when a page in the middle is empty', [page(['a', 'b', 'c'], 'c1'), page([], 'c2'), page([], null)]],
  ])('%s', async (_what, answers) => {
    const listing = await list(new ScriptedReader(answers));
    expect(listing).toMatchObject({
      count: 3,
      isSealed: true,
      error: undefined,
      rows: ['a: 1', 'b: 1', 'c: 1'],
    });
    expect(listing.diagnostics).toEqual([]);
  });

  it('of a service that holds nothing', async () => {
    expect(await list(new ScriptedReader([page([], null, 0)]))).toMatchObject({ count: 0, isSealed: true });
  });

  it('with alarms that break our rules, kept as they are', async () => {
    const strange = { definition: { name: '..', params: { threshold: '7', odd: [1] } } };
    const listing = await list(new ScriptedReader([page([strange, 'a\0b'], null)]));
    expect(listing.rows).toEqual(['..: 7 unaddressable', 'a\0b: 1 unaddressable']);
  });
});

describe('a fresh listing', () => {
  it('is made once when the total is not met, and takes nothing over from the first', async () => {
    const reader = new ScriptedReader([
      page(['a', 'gone'], 'c1', 3),
      page([], null),
      page(['a', 'b'], 'c1', 2),
      page([], null),
    ]);
    const listing = await list(reader);
    expect(listing).toMatchObject({ count: 2, isSealed: true, rows: ['a: 1', 'b: 1'] });
    expect(reader.cursors).toEqual(['start', 'c1', 'start', 'c1']);
    expect(listing.diagnostics).toMatchObject([{ code: 'ALARMSYNC_LISTING_UNSEALED' }]);
  });

  it.each<[string, readonly Answer[]]>([
    ['a total that is not met', [page(['a'], null, 2), page(['a'], null, 2)]],
    ['a total that is exceeded', [page(['a', 'b'], null, 1), page(['a', 'b'], null, 1)]],
    [
      'a cursor that comes twice',
      [page(['a'], 'c1'), page(['b'], 'c1'), page(['a'], 'c1'), page(['b'], 'c1')],
    ],
    [
      'cursors that go round in a circle',
      [
        page(['a'], 'c1'),
        page(['b'], 'c2'),
        page(['c'], 'c1'),
        page(['a'], 'c1'),
        page(['b'], 'c2'),
        page(['c'], 'c1'),
      ],
    ],
    ['a name with a lone surrogate', [page(['a', '\ud800'], null), page(['a', '\ud800'], null)]],
    [
      'an answer that is cut in the middle',
      [
        [page(['a'], ''), down],
        [page(['a'], ''), down],
      ],
    ],
  ])('does not help against %s: refused, unsealed', async (_what, answers) => {
    const listing = await list(new ScriptedReader(answers));
    expect(listing).toMatchObject({ count: undefined, isSealed: false, error: UNSEALED });
    expect(listing.error?.message).not.toContain('no more requests');
  });

  it('helps when an answer was cut in the middle', async () => {
    const listing = await list(
      new ScriptedReader([
        [page(['a'], ''), down],
        [page(['a'], ''), page(['b'], null)],
      ]),
    );
    expect(listing).toMatchObject({ count: 2, isSealed: true });
  });
});

describe('a page that fails', () => {
  it('is asked for again from its own cursor', async () => {
    const reader = new ScriptedReader([
      page(['a'], 'c1'),
      down,
      down,
      page(['b'], 'c2'),
      down,
      page(['c'], null),
    ]);
    expect(await list(reader)).toMatchObject({ count: 3, isSealed: true, rows: ['a: 1', 'b: 1', 'c: 1'] });
    expect(reader.cursors).toEqual(['start', 'c1', 'c1', 'c1', 'c2', 'c2']);
  });

  it('too often makes the listing start afresh, and then refuses it', async () => {
    const reader = new ScriptedReader([page(['a'], 'c1'), down, down, page(['a'], 'c1'), down, down]);
    expect(await list(reader, 1)).toMatchObject({ isSealed: false, error: UNSEALED });
    expect(reader.cursors).toEqual(['start', 'c1', 'c1', 'start', 'c1', 'c1']);
  });

  it('by being throttled costs no try', async () => {
    const throttled = failure('ALARMSYNC_SERVICE_THROTTLED', 429);
    const reader = new ScriptedReader([throttled, throttled, throttled, page(['a'], null)]);
    expect(await list(reader, 0)).toMatchObject({ count: 1, isSealed: true });
    expect(reader.cursors).toHaveLength(4);
  });

  it.each<[ErrorCode, ErrorCode]>([
    ['ALARMSYNC_SERVICE_CREDENTIALS', 'ALARMSYNC_SERVICE_CREDENTIALS'],
    ['ALARMSYNC_SERVICE_FORBIDDEN', 'ALARMSYNC_SERVICE_CREDENTIALS'],
    ['ALARMSYNC_SERVICE_MISSING', 'ALARMSYNC_SERVICE_FOREIGN'],
    ['ALARMSYNC_SERVICE_REFUSED', 'ALARMSYNC_SERVICE_FOREIGN'],
  ])('with %s is fatal at once: %s, never empty', async (thrown, code) => {
    const reader = new ScriptedReader([page(['a'], 'c1'), failure(thrown)]);
    expect(await list(reader)).toMatchObject({ isSealed: false, error: { code, exitCode: 7 } });
    expect(reader.cursors).toEqual(['start', 'c1']);
  });
});

describe('a repeated name', () => {
  it('alike on several pages counts once, and the last row stands', async () => {
    const repeated = [
      page([alarm('a', {}, { etag: '"1"' }), 'b'], 'c1', 2),
      page([alarm('a', {}, { etag: '"2"' })], null, 2),
    ];
    const reader = new ScriptedReader(repeated);
    expect(await list(reader)).toMatchObject({ count: 2, isSealed: true, rows: ['a: 1', 'b: 1'] });
    expect(reader.reads).toEqual([]);
  });

  it('whose rows differ is read again', async () => {
    const reader = new ScriptedReader(
      [page(['a', 'b'], 'c1'), page([alarm('a', { threshold: '2' })], 'c2'), page(['c'], null, 3)],
      [['a', alarm('a', { threshold: '3' })]],
    );
    expect(await list(reader)).toMatchObject({ count: 3, isSealed: true, rows: ['a: 3', 'b: 1', 'c: 1'] });
    expect(reader.reads).toEqual(['a']);
  });

  it('whose rows differ and that is gone by now is left out', async () => {
    const reader = new ScriptedReader([
      page(['a', 'b'], 'c1'),
      page([alarm('a', { threshold: '2' })], null, 1),
    ]);
    expect(await list(reader)).toMatchObject({ count: 1, isSealed: true, rows: ['b: 1'] });
  });

  it.each<[string, readonly Answer[]]>([
    ['on one page', [page(['a', alarm('a', { threshold: '2' }), 'b'], null)]],
    ['alike on one page', [page(['a', 'a', 'b'], null)]],
    ['in one answer in parts', [[page(['a', 'b'], ''), page(['a'], null)]]],
    [
      'under two handles',
      [page([alarm('a', {}, { handle: '1' }), 'b'], 'c1'), page([alarm('a', {}, { handle: '2' })], null)],
    ],
  ])('%s is really held twice: marked, not read', async (_what, answers) => {
    const reader = new ScriptedReader(answers);
    const listing = await list(reader);
    expect(listing).toMatchObject({ count: 2, isSealed: true });
    expect(listing.rows).toContain('b: 1');
    expect(listing.rows[0]).toMatch(/^a: \d twice$/u);
    expect(reader.reads).toEqual([]);
  });

  it.each([2, 3])('really held twice seals with a total of %i: services count either way', async (total) => {
    expect(await list(new ScriptedReader([page(['a', 'a', 'b'], null, total)]))).toMatchObject({
      isSealed: true,
    });
  });

  it('that no request can carry does not stop the listing when its rows differ', async () => {
    const refusal = failure('ALARMSYNC_SERVICE_REFUSED');
    const answers = [page(['..', 'b'], 'c1'), page([alarm('..', { threshold: '2' })], null, 2)];
    const listing = await list(new ScriptedReader([...answers, ...answers], [['..', refusal]]));
    expect(listing).toMatchObject({ count: 2, isSealed: true });
    expect(listing.rows[0]).toMatch(/^\.\.: \d unaddressable$/u);
  });
});
