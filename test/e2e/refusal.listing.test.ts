// Listings that are not whole, or of a service that does not answer as one: refused, and not one write leaves.

import { expect, it } from 'vitest';

import { openWorkspace } from './command-line.ts';
import { changedPage, HELD, isSecondPage, startService, sync } from './listing-world.ts';
import { startStandIn, type ListingCall, type StandInSettings } from './stand-in.ts';
import { csv, paramsOf, row } from './world.ts';

function secondPage(answer: (call: ListingCall) => void): (call: ListingCall) => boolean {
  return (call) => {
    if (!isSecondPage(call)) return false;
    answer(call);
    return true;
  };
}

function everyPage(answer: (call: ListingCall) => void): (call: ListingCall) => boolean {
  return (call) => {
    answer(call);
    return true;
  };
}

/** Half of the true answer, then the end of the connection. */
function cut({ response, text }: ListingCall): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

/** The same without a length: only the missing last chunk tells that something is missing. */
function cutChunks({ response, text }: ListingCall): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

/** Ends well, and is well-formed up to there: only the array is not closed. */
function halfArray({ answer, text }: ListingCall): void {
  answer(200, text.slice(0, text.indexOf(',{"name":"alarm-20"')));
}

function asHtml({ answer }: ListingCall): void {
  answer(200, '<html><body>Sign in</body></html>', { 'content-type': 'text/html' });
}

interface BadListing {
  readonly what: string;
  readonly onListing: (call: ListingCall) => boolean;
  readonly exitCode: 3 | 7;
  readonly settings?: Partial<StandInSettings>;
}

const OTHER_ALARM = { name: 'alarm-0', params: paramsOf(row('', { threshold: '99' })) };

const BAD_LISTINGS: readonly BadListing[] = [
  {
    what: 'a page that fails with 500',
    onListing: secondPage(({ answer }) => answer(500, '{}')),
    exitCode: 3,
  },
  { what: 'a page that fails with 503', onListing: secondPage(({ answer }) => answer(503, '')), exitCode: 3 },
  { what: 'a page that is cut', onListing: secondPage(cut), exitCode: 3 },
  { what: 'a page in chunks that is cut', onListing: secondPage(cutChunks), exitCode: 3 },
  {
    what: 'a connection that ends at once',
    onListing: everyPage(({ response }) => response.destroy()),
    exitCode: 3,
  },
  { what: 'a page that is no JSON', onListing: secondPage(asHtml), exitCode: 3 },
  { what: 'an empty page body', onListing: secondPage(({ answer }) => answer(200, '')), exitCode: 3 },
  {
    what: 'a page of 204',
    onListing: secondPage(({ response }) => response.writeHead(204).end()),
    exitCode: 3,
  },
  {
    what: 'a cursor that loops',
    onListing: changedPage((page) => ({ ...page, next_cursor: Buffer.from('10').toString('base64') })),
    exitCode: 3,
  },
  {
    what: 'a page without next_cursor',
    onListing: changedPage(({ alarms, total }) => ({ alarms, total })),
    exitCode: 3,
  },
  {
    what: 'a cursor that is a number',
    onListing: changedPage((page) => ({ ...page, next_cursor: 20 })),
    exitCode: 3,
  },
  { what: 'an empty cursor', onListing: changedPage((page) => ({ ...page, next_cursor: '' })), exitCode: 3 },
  {
    what: 'a page without alarms',
    onListing: changedPage((page) => ({ ...page, alarms: undefined })),
    exitCode: 3,
  },
  {
    what: 'alarms that are no array',
    onListing: changedPage((page) => ({ ...page, alarms: {} })),
    exitCode: 3,
  },
  {
    what: 'an alarm that is no object',
    onListing: changedPage((page) => ({ ...page, alarms: ['alarm-10'] })),
    exitCode: 3,
  },
  {
    what: 'an alarm without a name',
    onListing: changedPage((page) => ({ ...page, alarms: [{ params: {} }] })),
    exitCode: 3,
  },
  {
    what: 'a name with a lone surrogate',
    onListing: changedPage((page) => ({ ...page, alarms: [{ ...OTHER_ALARM, name: '\uD800' }] })),
    exitCode: 3,
  },
  {
    what: 'fewer alarms than it states',
    onListing: changedPage((page) => ({ ...page, alarms: [] })),
    exitCode: 3,
  },
  {
    what: 'a total that is never met',
    onListing: (call) => {
      call.answer(200, call.text.replace('"total":30', '"total":31'));
      return true;
    },
    exitCode: 3,
  },
  {
    what: 'a last page too early',
    onListing: changedPage((page) => ({ ...page, next_cursor: null })),
    exitCode: 3,
  },
  {
    what: 'a whole array in answer to a cursor',
    onListing: changedPage(({ alarms }) => alarms),
    exitCode: 3,
    settings: { hasTotals: false },
  },
  { what: 'an array that is cut', onListing: everyPage(cut), exitCode: 3, settings: { paging: 'none' } },
  {
    what: 'an array in chunks that is cut',
    onListing: everyPage(cutChunks),
    exitCode: 3,
    settings: { paging: 'none' },
  },
  {
    what: 'an array that is not closed',
    onListing: everyPage(halfArray),
    exitCode: 3,
    settings: { paging: 'none' },
  },
  {
    what: 'text after the array',
    onListing: everyPage(({ answer, text }) => answer(200, `${text}[]`)),
    exitCode: 3,
    settings: { paging: 'none' },
  },
  { what: '401', onListing: everyPage(({ answer }) => answer(401, '{}')), exitCode: 7 },
  { what: '403', onListing: everyPage(({ answer }) => answer(403, '{}')), exitCode: 7 },
  { what: '404', onListing: everyPage(({ answer }) => answer(404, '{}')), exitCode: 7 },
  { what: '401 on the second page', onListing: secondPage(({ answer }) => answer(401, '{}')), exitCode: 7 },
  { what: '403 on the second page', onListing: secondPage(({ answer }) => answer(403, '{}')), exitCode: 7 },
];

it.each(BAD_LISTINGS)(
  'refuses $what with $exitCode and writes nothing',
  async ({ onListing, exitCode, settings }) => {
    const service = await startService(settings);
    service.onListing = onListing;

    const finished = await sync(service);

    expect(finished.stderr).toMatch(/Error: .* \[ALARMSYNC_(?:LISTING|SERVICE)_\w+\]/u);
    expect(finished.exitCode).toBe(exitCode);
    expect(service.writes).toEqual([]);
  },
);

it.each([301, 302, 307, 308])('follows no redirect (%i), and writes nothing', async (status) => {
  const service = await startService();
  const other = await startStandIn();
  service.onListing = everyPage(({ answer }) => answer(status, '', { location: `${other.url}/alarms` }));

  const finished = await sync(service);

  expect([3, 7]).toContain(finished.exitCode);
  expect(other.requests).toEqual([]);
  expect(service.writes).toEqual([]);
});

it('refuses a sign-in page in the place of the service, and writes nothing', async () => {
  const service = await startService();
  service.onListing = everyPage(asHtml);

  const finished = await sync(service);

  expect([3, 7]).toContain(finished.exitCode);
  expect(service.writes).toEqual([]);
});

it('refuses a service that is not there', async () => {
  const workspace = openWorkspace();
  const file = workspace.write('alarms.csv', csv(HELD));
  const finished = await workspace.run([
    'sync',
    file,
    '--service',
    'http://127.0.0.1:1',
    '--auto-approve',
    '--retries',
    '1',
  ]);

  expect([3, 7]).toContain(finished.exitCode);
});
