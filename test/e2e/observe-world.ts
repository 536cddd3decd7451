// `alarmsync observe` at a stand-in of Datadog, and what is there afterwards.

import { objectOf, rowsOf } from '../stand-ins/datadog/call.ts';
import type { JsonObject } from '../stand-ins/datadog/json.ts';
import type { Finished } from './command-line.ts';
import type { World } from './datadog-world.ts';

export const DASHBOARD = '/api/v1/dashboard';
export const MONITOR = '/api/v1/monitor';
export const DOWNTIME = '/api/v2/downtime';

export const observe = async (world: World, action: string, ...flags: readonly string[]): Promise<Finished> =>
  world.run(['observe', action, '--settle-time', '0s', ...flags, ...world.flags]);

/** Ids of all that is there; a canceled downtime is not. */
export const idsOf = ({ service }: World): readonly unknown[] => [
  ...service.downtimes
    .filter(({ attributes }) => attributes['status'] !== 'canceled')
    .map((downtime) => downtime.id),
  ...service.monitors.map((monitor) => monitor.id),
  ...service.dashboards.map((dashboard) => dashboard.id),
];

export const definitionsOf = ({ service }: World): readonly JsonObject[] =>
  rowsOf(service.dashboards[0]?.['widgets']).map((widget) => objectOf(widget['definition']));

export const queriesOf = (definition: JsonObject): readonly unknown[] =>
  rowsOf(definition['requests']).flatMap((request) => rowsOf(request['queries']).map(({ query }) => query));

export const widgetOf = (world: World, title: string): JsonObject => {
  const found = definitionsOf(world).find((definition) => definition['title'] === title);
  if (found === undefined) throw new Error(`expected the widget ${title}`);
  return found;
};

/** How many writes there were since then. */
export const counting = (world: World): (() => number) => {
  const before = world.writeCount;
  return () => world.writeCount - before;
};
