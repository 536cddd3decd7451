// Twenty alarms in a service, and a file that has all but one of them, to be spoilt or made to look odd.

import type { Workspace } from './command-line.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { csv, paramsOf, rows } from './world.ts';

/** Twenty alarms, of which the file below has all but one. */
export const HELD = rows(20);
export const WANTED = HELD.slice(1);
export const TEXT = csv(WANTED);
export const LINES = TEXT.trimEnd().split('\n');

export async function startService(): Promise<StandIn> {
  const service = await startStandIn();
  for (const item of HELD) service.put(item.name, paramsOf(item));
  return service;
}

export async function sync(
  workspace: Workspace,
  service: StandIn,
  file: string,
  flags: readonly string[],
): ReturnType<Workspace['run']> {
  return workspace.run(['sync', file, '--service', service.url, '--auto-approve', ...flags]);
}

export function lines(...list: readonly string[]): string {
  return [...list, ''].join('\n');
}

export const GOOD = '"n1",3,cpu.load,gt,active,6f1c1d4e-0c7e-4d0a-9a57-3f4b8b6f2a11,a@example.com,sum';
