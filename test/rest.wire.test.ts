import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AlarmSyncError } from '../src/alarm/errors.ts';
import { stringifyJson } from '../src/alarm/json.ts';
import {
  decodeAcknowledgement,
  decodeDefinition,
  decodePage,
  encodeDefinition,
} from '../src/services/rest/wire.ts';
import { failureOf, shownText } from './http.loopback.ts';

const WHERE = 'GET http://127.0.0.1/alarms';
const page = (text: string) => decodePage(text, WHERE);
const read = (text: string) => decodeDefinition(text, 'a', WHERE);
const acknowledge = (text: string) => decodeAcknowledgement(text, 'a', WHERE);
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('a page', () => {
  it('gives alarms, cursor and total', () => {
    const text =
      '{"alarms":[{"name":"a","params":{"threshold":"3"},"etag":"\\"e1\\""}],"next_cursor":"C2","total":7}';
    expect(page(text)).toEqual({
      alarms: [{ definition: { name: 'a', params: { threshold: '3' } }, etag: '"e1"' }],
      nextCursor: 'C2',
      total: 7,
    });
    expect(page('{"alarms":[],"next_cursor":null}')).toEqual({ alarms: [], nextCursor: null });
  });

  it.each([
    ['no cursor, which proves no end', '{"alarms":[]}'],
    ['an empty cursor', '{"alarms":[],"next_cursor":""}'],
    ['a cursor that is a number', '{"alarms":[],"next_cursor":0}'],
    ['a cursor that no URL can carry', String.raw`{"alarms":[],"next_cursor":"\ud800"}`],
    ['no alarms', '{"next_cursor":null}'],
    ['alarms that are an object', '{"alarms":{},"next_cursor":null}'],
    ['alarms only through a prototype', '{"__proto__":{"alarms":[]},"next_cursor":null}'],
    ['an alarm that is null', '{"alarms":[null],"next_cursor":null}'],
    ['an alarm without a name', '{"alarms":[{"params":{}}],"next_cursor":null}'],
    ['a name that is a number', '{"alarms":[{"name":1e400,"params":{}}],"next_cursor":null}'],
    [
      'a name with a lone surrogate',
      String.raw`{"alarms":[{"name":"\udc00","params":{}}],"next_cursor":null}`,
    ],
    [
      'an alarm nested too deeply',
      `{"alarms":[{"name":"a","params":{"x":${nested(100)}}}],"next_cursor":null}`,
    ],
    ['a negative total', '{"alarms":[],"next_cursor":null,"total":-1}'],
    ['a fractional total', '{"alarms":[],"next_cursor":null,"total":1.5}'],
    ['a total that is text', '{"alarms":[],"next_cursor":null,"total":"1"}'],
    ['nothing', ''],
    ['HTML', '<html>hidden</html>'],
    ['a text', '"hidden"'],
    ['a cut object', '{"alarms":[{"name":"hidden"'],
    ['two values', '{"alarms":[],"next_cursor":null} hidden'],
    ['brackets without end', '['.repeat(200_000)],
    ['brackets without end around a number kept as text', '[1.50,'.repeat(200_000)],
  ])('is malformed with %s', async (_title, text) => {
    const error = await failureOf(async () => page(text));
    expect(error).toMatchObject({ code: 'ALARMSYNC_SERVICE_MALFORMED', failureClass: 'malformed' });
    expect(error.message).toContain(WHERE);
    expect(shownText(error)).not.toContain('hidden');
  });

  it.each(['{}', '{"error":"hidden"}', '{"__proto__":{"alarms":[],"next_cursor":null}}'])(
    'is of no alarm service when it is %s',
    async (text) => {
      const error = await failureOf(async () => page(text));
      expect(error.code).toBe('ALARMSYNC_SERVICE_FOREIGN');
      expect(shownText(error)).not.toContain('hidden');
    },
  );

  it('keeps numbers whose text a float would change', () => {
    const params = '{"threshold":3.10,"id":12345678901234567890,"ratio":1e3}';
    const { alarms } = page(`{"alarms":[{"name":"a","params":${params}}],"next_cursor":null}`);
    expect(stringifyJson(alarms[0]?.definition.params ?? {})).toBe(params);
  });

  it.each(['null', '[1]', '"text"', '7'])('keeps an alarm whose params are %s, with its text', (params) => {
    const item = `{"name":"a","params":${params}}`;
    const { alarms } = page(`{"alarms":[${item}],"next_cursor":null}`);
    expect(alarms).toEqual([{ definition: { name: 'a', params: {} }, raw: item }]);
  });

  it('keeps the text of an alarm that has no params or members beside the agreed ones', () => {
    const items = ['{"name":".."}', '{"name":"b","params":{"x":1},"id":"7"}'];
    const { alarms } = page(`{"alarms":[${items.join(',')}],"next_cursor":null}`);
    expect(alarms.map((alarm) => alarm.raw)).toEqual(items);
    expect(alarms.map((alarm) => alarm.definition.name)).toEqual(['..', 'b']);
  });

  it.each(['null', '7', '""', String.raw`"a\nb"`, '"\u{1f511}"'])(
    'takes an etag that no header can carry, %s, for none',
    (etag) => {
      const { alarms } = page(`{"alarms":[{"name":"a","params":{},"etag":${etag}}],"next_cursor":null}`);
      expect(alarms).toEqual([{ definition: { name: 'a', params: {} } }]);
    },
  );
});

describe('the answer to a read', () => {
  it('is the alarm, or the status that says there is none', () => {
    expect(read('{"name":"a","params":{"x":"1"}}')).toEqual({
      alarm: { definition: { name: 'a', params: { x: '1' } } },
    });
    expect(read('{"name":"a","status":"404"}')).toEqual({ status: '404' });
  });

  it.each([
    ['another name', '{"name":"b","params":{}}'],
    ['another name without an alarm', '{"name":"b","status":"404"}'],
    ['a status that is a number', '{"name":"a","status":404}'],
    ['a status of no meaning', '{"name":"a","status":"302"}'],
    ['an array', '[{"name":"a","params":{}}]'],
  ])('is malformed with %s', async (_title, text) => {
    expect((await failureOf(async () => read(text))).code).toBe('ALARMSYNC_SERVICE_MALFORMED');
  });
});

describe('an acknowledgement', () => {
  it('carries the name that was written and a status', () => {
    expect(acknowledge('{"name":"a","status":"200","more":1}')).toEqual({ name: 'a', status: '200' });
    expect(acknowledge('{"name":"a","status":"409"}')).toEqual({ name: 'a', status: '409' });
  });

  it.each([
    ['another name', '{"name":"A","status":"200"}'],
    ['no name', '{"status":"200"}'],
    ['no status', '{"name":"a"}'],
    ['a status that is a number', '{"name":"a","status":200}'],
    ['words for a status', '{"name":"a","status":"OK"}'],
    ['more than three digits', '{"name":"a","status":"2000"}'],
    ['nothing', ''],
  ])('is malformed with %s', async (_title, text) => {
    expect((await failureOf(async () => acknowledge(text))).code).toBe('ALARMSYNC_SERVICE_MALFORMED');
  });
});

describe('hostile JSON', () => {
  const member = fc.constantFrom(
    'alarms',
    'name',
    'params',
    'etag',
    'next_cursor',
    'total',
    'status',
    '__proto__',
    'constructor',
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom(
        'null',
        'true',
        '"a"',
        '""',
        '0',
        '-0',
        '1.50',
        '1e999',
        String.raw`"\ud800"`,
        '"404"',
        '"200"',
        nested(300),
      ),
      fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
      fc.array(tie('any'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
      fc
        .array(fc.tuple(member, tie('any')), { maxLength: 5 })
        .map(
          (members) =>
            `{${members.map(([name, text]) => `${JSON.stringify(name)}:${String(text)}`).join(',')}}`,
        ),
    ),
  })).any;
  const text = fc.oneof(
    value,
    value.map((items) => `{"alarms":[${items}],"next_cursor":null}`),
    fc.tuple(value, fc.nat(40)).map(([items, cut]) => items.slice(0, cut)),
    fc.string({ unit: 'binary' }),
  );

  it('is decoded, or malformed, and never anything else', () => {
    fc.assert(
      fc.property(text, (hostile) => {
        for (const decode of [page, read, acknowledge]) {
          try {
            decode(hostile);
          } catch (error) {
            const codes = ['ALARMSYNC_SERVICE_MALFORMED', 'ALARMSYNC_SERVICE_FOREIGN'];
            if (!(error instanceof AlarmSyncError) || !codes.includes(error.code)) throw error;
          }
        }
      }),
      { numRuns: 3000 },
    );
  });
});

it('a definition is sent with its numbers as they were', () => {
  const { alarms } = page('{"alarms":[{"name":"a","params":{"x":1.10},"id":7}],"next_cursor":null}');
  expect(encodeDefinition(alarms[0]?.definition ?? { name: '', params: {} })).toBe(
    '{"name":"a","params":{"x":1.10}}',
  );
});
