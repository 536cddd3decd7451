// Members of params that are texts.

import type { JsonObject } from './json.ts';

/** Undefined for a member that is absent, or no text. */
export function textOf(params: JsonObject, member: string): string | undefined {
  const value = params[member];
  return typeof value === 'string' ? value : undefined;
}

/** A word of a closed vocabulary, whatever its case; '' where there is none. */
export function wordOf(params: JsonObject, member: string): string {
  return (textOf(params, member) ?? '').trim().toLowerCase();
}
