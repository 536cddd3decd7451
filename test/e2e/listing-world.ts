// Thirty alarms in pages of ten, and ways to change what a page says.

import { openWorkspace, type Finished } from './command-line.ts';
import { startStandIn, type ListingCall, type StandIn, type StandInSettings } from './stand-in.ts';
import { csv, paramsOf, rows } from './world.ts';

export const HELD = rows(30);

/** Thirty alarms in pages of ten, of which the file has all but one. */
export async function startService(settings: Partial<StandInSettings> = {}): Promise<StandIn> {
  const service = await startStandIn({ maxPageSize: 10, ...settings });
  for (const item of HELD) service.put(item.name, paramsOf(item));
  return service;
}

export async function sync(service: StandIn, flags: readonly string[] = []): Promise<Finished> {
  const workspace = openWorkspace();
  const file = workspace.write('alarms.csv', csv(HELD.slice(1)));
  return workspace.run([
    'sync',
    file,
    '--service',
    service.url,
    '--auto-approve',
    '--retries',
    '1',
    ...flags,
  ]);
}

interface Page {
  alarms: unknown;
  next_cursor?: unknown;
  total?: unknown;
}

/** True for the second page, which is asked for with a cursor. */
export function isSecondPage({ text }: ListingCall): boolean {
  return text.includes('"alarm-10"');
}

/** Answers the second page with the true one, changed. */
export function changedPage(change: (page: Page) => unknown): (call: ListingCall) => boolean {
  return (call) => {
    if (!isSecondPage(call)) return false;
    call.answer(200, JSON.stringify(change(JSON.parse(call.text))));
    return true;
  };
}
