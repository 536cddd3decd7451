// Several services and one file for all of them.

import { csv, meaning, type Row } from './world.ts';

/** What a service holds by its own listing, in the form of `meanings`. */
export async function heldAt(url: string): Promise<ReadonlyMap<string, string>> {
  const response = await fetch(`${url}/alarms?limit=1000`);
  const listed: { alarms: { name: string; params: Record<string, unknown> }[]; next_cursor: string | null } =
    JSON.parse(await response.text());
  if (listed.next_cursor !== null) throw new Error('expected all alarms on one page');
  return new Map(listed.alarms.map(({ name, params }) => [name, meaning(params)]));
}

/** The file, with a column `site` that says whose each row is. No cell may hold a line break. */
export function sitedCsv(rowsOf: Readonly<Record<string, readonly Row[]>>): string {
  const sites = Object.entries(rowsOf).flatMap(([site, list]) => list.map(() => site));
  const [header = '', ...lines] = csv(Object.values(rowsOf).flat()).trimEnd().split('\n');
  return [`${header},site`, ...lines.map((line, at) => `${line},${sites[at] ?? ''}`), ''].join('\n');
}

/** A configuration of targets; `more` are settings of each. */
export function configOf(
  services: Readonly<Record<string, { readonly url: string }>>,
  more: Readonly<Record<string, object>> = {},
  all: object = { 'target-column': 'site' },
): string {
  const targets = Object.entries(services).map(([name, { url }]) =>
    Object.assign({ name, service: url }, more[name]),
  );
  // JSON is YAML.
  return JSON.stringify({ ...all, targets });
}
