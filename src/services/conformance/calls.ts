// What the checks call an adapter with.

import type { JsonObject } from '../../alarm/json.ts';
import type { AlarmService, ListedAlarm, WriteOptions } from '../alarm-service.ts';

/** Never aborted. */
export const signal: AbortSignal = new AbortController().signal;

export const options: WriteOptions = { signal, idempotencyKey: 'run-1' };

/** Gives the names, in their order. */
export async function fill(
  service: AlarmService,
  params: JsonObject,
  count: number,
): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, index) => `alarm-${String(index).padStart(3, '0')}`);
  for (const name of names) await service.create({ name, params }, options);
  return names;
}

export function nameOf({ definition }: ListedAlarm): string {
  return definition.name;
}

export function handleOf(listed: ListedAlarm | undefined): { readonly handle?: string } {
  return listed?.handle === undefined ? {} : { handle: listed.handle };
}
