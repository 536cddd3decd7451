// Any text in an answer -> a value, or an error of ours: the decoders neither crash nor overflow.

import fc from 'fast-check';
import { expect, it } from 'vitest';

import { AlarmSyncError } from '../../src/alarm/errors.ts';
import { pagesOfArray } from '../../src/services/rest/array-page.ts';
import { decodeAcknowledgement, decodeDefinition, decodePage } from '../../src/services/rest/wire.ts';

function expectOurs(thrown: unknown): void {
  expect(thrown).toBeInstanceOf(AlarmSyncError);
  if (thrown instanceof AlarmSyncError)
    expect(thrown.code).toMatch(/^ALARMSYNC_SERVICE_(MALFORMED|FOREIGN)$/u);
}

const anyText = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.json().map((text) => `{"alarms":${text},"next_cursor":null}`),
  fc.json().map((text) => `{"alarms":[{"name":"a","params":${text}}],"next_cursor":"c"}`),
  fc.json().map((text) => `{"name":"a","status":${text}}`),
  fc.json().map((text) => `{"name":"a","params":${text},"etag":${text}}`),
  fc.constantFrom(
    '['.repeat(1e5),
    '{"a":'.repeat(1e5),
    `{"alarms":${'['.repeat(5000)}${']'.repeat(5000)},"next_cursor":null}`,
    '1e999999',
    '""',
    'null',
  ),
);

it.each([
  { title: 'a page', decode: (text: string) => decodePage(text, 'here') },
  { title: 'an alarm', decode: (text: string) => decodeDefinition(text, 'a', 'here') },
  { title: 'an acknowledgement', decode: (text: string) => decodeAcknowledgement(text, 'a', 'here') },
])('any text as $title is decoded, or refused with an error of ours', ({ decode }) => {
  fc.assert(
    fc.property(anyText, (text) => {
      try {
        decode(text);
      } catch (thrown) {
        expectOurs(thrown);
      }
    }),
    { numRuns: 2000 },
  );
});

it('any text in any pieces as an unpaged listing is decoded, or refused with an error of ours', async () => {
  const text = fc.oneof(
    anyText,
    fc.json().map((inner) => `[{"name":"a","params":${inner}}]`),
  );
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 40 }), async (whole, pieceLength) => {
      const pieces = async function* (): AsyncGenerator<string> {
        const length = Math.max(pieceLength, whole.length / 500);
        for (let at = 0; at < whole.length; at += length) yield whole.slice(at, at + length);
      };
      try {
        for await (const page of pagesOfArray(pieces(), 10, 'here'))
          expect(page.alarms.length).toBeLessThanOrEqual(10);
      } catch (thrown) {
        expectOurs(thrown);
      }
    }),
    { numRuns: 500 },
  );
});
