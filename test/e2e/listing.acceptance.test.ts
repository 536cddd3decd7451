// Listings that hiccup, repeat themselves or hold what our rules do not allow: what a sync makes of them.

import { expect, it } from 'vitest';

import { changedPage, startService, sync } from './listing-world.ts';
import type { ListingCall } from './stand-in.ts';
import { paramsOf, row } from './world.ts';

const OTHER_ALARM = { name: 'alarm-0', params: paramsOf(row('', { threshold: '99' })) };

it.each<{ readonly what: string; readonly onListing: (call: ListingCall) => boolean }>([
  {
    what: 'a page that fails once',
    onListing: (call) => {
      if (call.count !== 2) return false;
      call.answer(503, '', { 'retry-after': '0' });
      return true;
    },
  },
  {
    what: 'a throttled page',
    onListing: (call) => {
      if (call.count !== 2) return false;
      call.answer(429, '', { 'retry-after': '0' });
      return true;
    },
  },
  {
    what: 'a total that is not met at first',
    onListing: (call) => {
      if (call.count > 3) return false;
      call.answer(200, call.text.replace('"total":30', '"total":31'));
      return true;
    },
  },
])('goes on after $what', async ({ onListing }) => {
  const service = await startService();
  service.onListing = onListing;

  const finished = await sync(service);

  expect(finished.exitCode).toBe(0);
  expect(finished.stdout).toContain('Sync complete: 0 created, 0 updated, 1 deleted, 0 failed.');
});

it('reads an alarm again that two pages show differently, and takes what the read says', async () => {
  const service = await startService({ hasTotals: false });
  service.onListing = changedPage((page) => ({
    ...page,
    alarms: [{ ...OTHER_ALARM, name: 'alarm-1' }, ...(Array.isArray(page.alarms) ? page.alarms : [])],
  }));

  const finished = await sync(service);

  expect(finished.stdout).toContain('Sync complete: 0 created, 0 updated, 1 deleted, 0 failed.');
  expect(finished.exitCode).toBe(0);
});

it('never touches a name that one page holds twice, and ends with 4', async () => {
  const service = await startService({ hasTotals: false });
  service.onListing = changedPage((page) => ({
    ...page,
    alarms: [OTHER_ALARM, OTHER_ALARM, ...(Array.isArray(page.alarms) ? page.alarms.slice(1) : [])],
  }));
  service.drop('alarm-0');

  const finished = await sync(service);

  expect(finished.exitCode).toBe(4);
  expect(service.writes.map(({ name }) => name)).not.toContain('alarm-0');
});

it.each(['..', '.'])('never touches an alarm named %s, and ends with 6', async (name) => {
  const service = await startService();
  service.put(name, paramsOf(row(name)));

  const finished = await sync(service);

  expect(finished.exitCode).toBe(6);
  expect(finished.stdout).toContain('Sync complete: 0 created, 0 updated, 1 deleted, 0 failed.');
  expect(service.names).toContain(name);
});

it('keeps and passes over an alarm whose params are strange while it is not wanted, and deletes it when told', async () => {
  const service = await startService();
  service.put('strange', '{"threshold":[1,{"a":12345678901234567890}],"contact":"one","__proto__":null}');

  const finished = await sync(service);

  expect(finished.exitCode).toBe(0);
  expect(finished.stdout).toContain('2 deleted, 0 failed.');
});
