// Pages read piece by piece against the same pages parsed whole: whatever the text, both make the same of it.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AlarmSyncError } from '../src/alarm/errors.ts';
import { paramsText } from '../src/alarm/params-text.ts';
import type { AlarmPage, ListedAlarm, ListedText } from '../src/services/alarm-service.ts';
import { PageReader } from '../src/services/rest/page.ts';
import { decodePage } from '../src/services/rest/wire.ts';

const WHERE = 'GET http://127.0.0.1/alarms';

function readInPieces(bytes: Buffer, pieceBytes: number): AlarmPage<ListedAlarm | ListedText> {
  const reader = new PageReader(WHERE);
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.push(bytes.subarray(at, at + pieceBytes));
  return reader.end();
}

/** What is staged of a page, or the code of what is thrown. */
function outcomeOf(read: () => AlarmPage<ListedAlarm | ListedText>): unknown {
  try {
    const { alarms, nextCursor, total } = read();
    return { alarms: alarms.map(stagedOf), nextCursor, total };
  } catch (error) {
    if (error instanceof AlarmSyncError) return error.code;
    throw error;
  }
}

function stagedOf(alarm: ListedAlarm | ListedText): unknown {
  if (!('definition' in alarm)) return { ...alarm, etag: alarm.etag };
  const { definition, etag, raw } = alarm;
  return { name: definition.name, paramsText: paramsText(definition.params), etag, raw };
}

function expectSame(text: string, pieceBytes: number): unknown {
  const bytes = Buffer.from(text);
  const outcome = outcomeOf(() => readInPieces(bytes, pieceBytes));
  // Of two lists the last counts; a fault in the first is known before the second has come, and refusing is safe.
  if (outcome === 'ALARMSYNC_SERVICE_MALFORMED' && /larms".*larms"/su.test(text)) return outcome;
  expect(outcome).toEqual(outcomeOf(() => decodePage(new TextDecoder().decode(bytes), WHERE)));
  return outcome;
}

const word = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('a', 'disk-full', '3', '+4.50', 'gt', 'x y', 'a, b', ', ', '}', ']}', ''),
  },
  fc.constantFrom(
    'é',
    '😀',
    '"',
    '\\',
    'a"b',
    'tab\t',
    '\u007f',
    '\u0080',
    '\u2028',
    '{"name": "x"}',
    '\u0000',
  ),
);

const usualParams = fc.record({
  threshold: word,
  metric_name: word,
  comparison_method: word,
  alarm_state: word,
  tracking_metric_id: word,
  contact: fc.array(word, { maxLength: 3 }),
  metric_math: word,
});

const alarm = fc.oneof(
  { weight: 5, arbitrary: fc.record({ name: word, params: usualParams }) },
  {
    weight: 2,
    arbitrary: fc.record({ name: word, params: usualParams, etag: word.map((etag) => `"${etag}"`) }),
  },
  fc.record({ name: word, params: fc.jsonValue() }),
  fc.record({ params: usualParams, name: word, extra: fc.jsonValue() }),
  fc.jsonValue(),
);

const page = fc.record({
  alarms: fc.array(alarm, { maxLength: 6 }),
  next_cursor: fc.constantFrom(null, 'C2', 'é', '', 3),
  total: fc.constantFrom(7, 0, -1, '7'),
});

/** The same JSON as several writers spell it. */
const spelling = fc.constantFrom<(value: unknown) => string>(
  (value) => JSON.stringify(value),
  (value) => JSON.stringify(value, undefined, 1),
  (value) =>
    JSON.stringify(value, undefined, 1)
      .replaceAll(/\n */gu, ' ')
      .replaceAll(/([{[]) /gu, '$1'),
  (value) => JSON.stringify(value).replaceAll('é', String.raw`\u00e9`),
);

const pieceBytes = fc.integer({ min: 1, max: 200 });

const usualText = JSON.stringify({
  alarms: [
    {
      name: 'n',
      params: {
        threshold: '3',
        metric_name: 'm',
        comparison_method: 'gt',
        alarm_state: 'active',
        tracking_metric_id: 'id',
        contact: ['a', 'b'],
        metric_math: 'sum',
      },
    },
  ],
  next_cursor: null,
});

describe('a page read in pieces is the page parsed whole', () => {
  it('whatever its alarms are and however they are spelt', () => {
    let alarmCount = 0;
    fc.assert(
      fc.property(page, spelling, pieceBytes, (value, spell, bytes) => {
        const outcome = expectSame(spell(value), bytes);
        if (typeof outcome === 'object') alarmCount += value.alarms.length;
      }),
      { numRuns: 5000 },
    );
    expect(alarmCount).toBeGreaterThan(500);
  });

  it('whatever was cut out of its text or put into it', () => {
    const inserted = fc.constantFrom(
      '',
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      ' ',
      '\n',
      '1',
      '1.0',
      'é',
      '\u0000',
      '\uFEFF',
      '{}',
      '[]',
      'null,',
      ',"alarms":[]',
      ',"alarms":0',
      ',"alarms":1',
      String.raw`,"\u0061larms":[]`,
      ',"next_cursor":"C3"',
      ',"name":"twice"',
    );
    const spoiling = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cutCount: fc.nat(3),
      inserted,
    });
    fc.assert(
      fc.property(page, spelling, spoiling, pieceBytes, (value, spell, spoil, bytes) => {
        const text = spell(value);
        const at = Math.floor(spoil.at * text.length);
        expectSame(text.slice(0, at) + spoil.inserted + text.slice(at + spoil.cutCount), bytes);
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    ['a comma after the last alarm', '{"alarms":[{"name":"a","params":{}},],"next_cursor":null}'],
    ['a second list of alarms', '{"alarms":[{"name":"a","params":{}}],"next_cursor":null,"alarms":[]}'],
    [
      'a second list, escaped',
      String.raw`{"alarms":[{"name":"a","params":{}}],"next_cursor":null,"\u0061larms":[]}`,
    ],
    ['alarms elsewhere too', '{"alarms":[{"name":"a","params":{}}],"meta":{"alarms":5},"next_cursor":null}'],
    ['alarms after the cursor', '{"next_cursor":null,"alarms":[{"name":"a","params":{}}]}'],
    ['brackets that do not match', '{"alarms":[{"name":"a","params":{"x":[}}],"next_cursor":null}'],
    ['contacts without a comma between them', usualText.replace('"a","b"', '"a""b"')],
    ['a comma after the last contact', usualText.replace('"a","b"', '"a","b",')],
    ['a byte-order mark', '\uFEFF{"alarms":[],"next_cursor":null}'],
    [
      'an alarm of two mebibytes',
      `{"alarms":[{"name":"${'é'.repeat(1 << 20)}","params":{}}],"next_cursor":null}`,
    ],
    ['more after its end', '{"alarms":[],"next_cursor":null}}'],
  ])('with %s', (_title, text) => {
    for (const pieceLength of text.length > 1000 ? [65_536] : [7, 65_536]) expectSame(text, pieceLength);
  });

  it('and what is not UTF-8 is refused, wherever it stands', () => {
    const text = '{"alarms":[{"name":"a","params":{}}],"next_cursor":"C"}';
    for (const at of [text.indexOf('a",'), text.indexOf('C"')]) {
      const bytes = Buffer.from(text);
      bytes[at] = 0xff;
      expect(outcomeOf(() => readInPieces(bytes, 9))).toBe('ALARMSYNC_SERVICE_MALFORMED');
    }
  });
});
