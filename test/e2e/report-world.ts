// Runs whose reports have something to tell: failures, conflicts, names that would like to be more than text.

import { expect } from 'vitest';

import { openWorkspace, planPathOf, type Workspace } from './command-line.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { csv, paramsOf, row } from './world.ts';

/** Each is shown by its first part, up to the separator. */
export const HOSTILE_NAMES: readonly string[] = [
  '<img src=x onerror=alert(1)>/a',
  "<script>alert('2')<.b",
  '"><svg onload=alert(3)>:c',
  'admin\u202Egnp/d',
  '&lt;b&gt;/e',
];

/** The file's own name is told by the report too. */
const HOSTILE_FILE = '<img src=x onerror=alert(4)>.csv';

export const LIMITS = ['--max-delete', '100%', '--max-update', '100%'];

/** Sixty creates, ten updates, and deletes that a refused create holds back. */
export interface ReportWorld {
  readonly workspace: Workspace;
  readonly service: StandIn;
  /** Its run is finished: one create refused with 422, one update in conflict, the deletes held. */
  readonly plan: string;
}

export async function syncWorld(): Promise<ReportWorld> {
  const workspace = openWorkspace();
  const service = await startStandIn();
  const updated = Array.from({ length: 10 }, (_, index) => row(`team-a/host-${index}`));
  for (const item of updated)
    service.put(item.name, paramsOf({ ...item, threshold: '9', contact: ['old@example.com'] }));
  service.put('gone.1', paramsOf(row('gone.1')));
  service.put('gone.2', paramsOf(row('gone.2')));
  service.afterRead = (name) => {
    if (name === 'team-a/host-3') service.put(name, paramsOf(row(name, { threshold: '77' })));
  };
  service.onWrite = ({ body }, answer) => {
    if (!body.includes('"name":"team-b/refused"')) return false;
    answer(422, JSON.stringify({ name: 'team-b/refused', status: '422' }));
    return true;
  };
  const created = Array.from({ length: 60 }, (_, index) => row(`team-b/host-${index}`));
  const wanted = [...updated, ...created, row('team-b/refused'), ...HOSTILE_NAMES.map((name) => row(name))];
  const file = workspace.write(HOSTILE_FILE, `${csv(wanted)}bad,n/a,cpu,gt,active,x,,sum\n`);
  // Slow enough for a course over time, of several stretches.
  const pace = ['--tpslimit', '100', '--tpslimit-burst', '1', '--settle-time', '10ms'];
  const target = [file, '--service', service.url, '--auto-approve', '--on-invalid', 'skip'];
  const sync = await workspace.run(['sync', ...target, ...LIMITS, ...pace]);
  expect(sync.stdout).toContain('Sync complete: 65 created, ');
  return { workspace, service, plan: planPathOf(sync) };
}

/** The page that a report writes. */
export async function reportOf(workspace: Workspace, plan: string): Promise<string> {
  const finished = await workspace.run(['report', plan, '--html', 'report.html']);
  expect([finished.exitCode, finished.stdout, finished.stderr]).toEqual([0, '', 'Report: report.html\n']);
  return workspace.read('report.html');
}
