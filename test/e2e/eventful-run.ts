// Runs to be watched: one in which everything happens once that metrics, logs and notices can tell of, and ones in which little does.

import { startStandIn, type StandIn } from './stand-in.ts';
import { openWorkspace, type Workspace } from './command-line.ts';
import { csv, paramsOf, row, rows } from './world.ts';

export interface WatchedWorld {
  readonly workspace: Workspace;
  readonly service: StandIn;
  /** The arguments of the run. */
  readonly args: readonly string[];
}

/** Of the rows of the file that are good. */
export const CREATED_COUNT = 20;
export const UPDATED_COUNT = 3;
export const DELETED_COUNT = 2;
export const UNCHANGED_COUNT = 95;

/**
 * A file and a service that differ; the first page is answered 500 once, one create 429 once, one is refused for good, and one row is bad.
 * The refused create and the bad row are not among the counts above.
 */
export async function openEventfulWorld(): Promise<WatchedWorld> {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const kept = rows(UNCHANGED_COUNT, 'kept');
  const updated = rows(UPDATED_COUNT, 'updated');
  for (const item of [...kept, ...updated, ...rows(DELETED_COUNT, 'deleted')])
    service.put(item.name, paramsOf(item));
  service.onListing = ({ count, answer }) => {
    if (count === 1) answer(500, '{}');
    return count === 1;
  };
  let isThrottled = false;
  service.onWrite = ({ method, body }, answer) => {
    if (method === 'POST' && body.includes('"created-0"') && !isThrottled) {
      isThrottled = true;
      answer(429, '{}', { 'retry-after': '0' });
      return true;
    }
    if (!body.includes('"refused"')) return false;
    answer(422, '{}');
    return true;
  };
  const file = workspace.write(
    'alarms.csv',
    csv([
      ...kept,
      ...updated.map(({ name }) => row(name, { threshold: '4' })),
      ...rows(CREATED_COUNT, 'created'),
      row('refused'),
      row('bad', { threshold: 'much' }),
    ]),
  );
  const args = [
    'sync',
    file,
    '--service',
    service.url,
    '--auto-approve',
    '--on-invalid',
    'skip',
    '--ignore-errors',
    '--settle-time',
    '0s',
    '--tpslimit',
    '1000',
  ];
  return { workspace, service, args };
}

/** A file of so many alarms, and a service that holds none. */
export async function openQuietWorld(rowCount: number): Promise<WatchedWorld> {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const file = workspace.write('alarms.csv', csv(rows(rowCount)));
  return { workspace, service, args: ['sync', file, '--service', service.url, '--auto-approve'] };
}

/** Arguments of a run that ends before it asks a service. */
export const NO_RUN: readonly string[] = ['sync', 'missing.csv', '--service', 'http://127.0.0.1:9'];
