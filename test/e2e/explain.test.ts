// What `explain` tells about one alarm of a plan, and `verify` about those that differ.

import { expect, it } from 'vitest';

import { openWorkspace, planPathOf, type Workspace } from './command-line.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { csv, paramsOf, row } from './world.ts';

const QUICK = ['--settle-time', '10ms', '--max-delete', '100%', '--max-update', '100%'];
const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

/** Holds same, differs and unwanted; differs in the threshold and in a contact, and in the text of its metric math. */
async function startService(): Promise<StandIn> {
  const service = await startStandIn();
  service.put('same', paramsOf(row('same', { threshold: '3.0' })));
  const differs = { threshold: '4', contact: ['ldap:ops', 'old@example.com'], metric_math: 'SUM' };
  service.put('differs', paramsOf(row('differs', differs)));
  service.put('unwanted', paramsOf(row('unwanted')));
  return service;
}

function writeFile(workspace: Workspace): string {
  // Line 2 holds same, 3 holds 1e3, 4 holds differs.
  return workspace.write('alarms.csv', csv([row('same'), row('1e3'), row('differs')]));
}

/** Syncs with a service that answers the first write of `name` with `status`. */
async function syncWithOne(workspace: Workspace, status: number, name: string): Promise<string> {
  const service = await startService();
  let isAnswered = false;
  service.onWrite = ({ body }, answer) => {
    if (isAnswered || !body.includes(`"name":"${name}"`)) return false;
    isAnswered = true;
    answer(status, JSON.stringify({ name, status: String(status) }));
    return true;
  };
  const file = writeFile(workspace);
  const sync = await workspace.run(['sync', file, '--service', service.url, '--auto-approve', ...QUICK]);
  expect(isAnswered).toBe(true);
  return planPathOf(sync);
}

async function explain(workspace: Workspace, plan: string, name: string): Promise<readonly string[]> {
  const explained = await workspace.run(['explain', plan, name]);
  expect(explained.exitCode).toBe(0);
  return explained.stdout.trimEnd().split('\n');
}

it('tells line, fields, outcome and each attempt of an update that was answered 500 once', async () => {
  const workspace = openWorkspace();
  const plan = await syncWithOne(workspace, 500, 'differs');

  const lines = await explain(workspace, plan, 'differs');

  expect(lines.slice(0, 4)).toEqual([
    'update differs: done',
    'line 4 of the file',
    '  threshold: 4 -> 3',
    '  contact: ldap:ops;old@example.com -> user@example.com;ldap:ops',
  ]);
  expect(lines[4]).toMatch(new RegExp(`^sent 2 times, claimed ${TIME}, settled ${TIME}$`, 'u'));
  expect(lines[5]).toBe('its outcome was unknown and had to be looked up');
  expect(lines[6]).toMatch(new RegExp(String.raw`^  ${TIME}  write: unknown \(500, http_5xx\b.*\)$`, 'u'));
  expect(lines[7]).toMatch(new RegExp(`^  ${TIME}  lookup: as_before`, 'u'));
});

it('tells what refused an operation for good', async () => {
  const workspace = openWorkspace();
  const plan = await syncWithOne(workspace, 422, 'differs');

  const lines = await explain(workspace, plan, 'differs');
  const text = lines.join('\n');

  expect(lines[0]).toBe('update differs: failed');
  expect(text).toMatch(new RegExp(String.raw`^  ${TIME}  write: refused \(422, http_4xx_other\b.*\)$`, 'mu'));
  expect(text).toMatch(/^last failure: .*422/mu);

  const held = await explain(workspace, plan, 'unwanted');
  expect(held[0]).toBe('delete unwanted: held');
});

it('tells of a create its line and every field, of a delete that it is not in the file', async () => {
  const workspace = openWorkspace();
  const plan = await syncWithOne(workspace, 500, 'differs');

  const create = await explain(workspace, plan, '1e3');
  expect(create.slice(0, 2)).toEqual(['create 1e3: done', 'line 3 of the file']);
  expect(create).toContain('  threshold: (absent) -> 3');
  expect(create.join('\n')).toContain('sent 1 times');

  const deleted = await explain(workspace, plan, 'unwanted');
  expect(deleted.slice(0, 2)).toEqual(['delete unwanted: done', 'not in the file']);
  expect(deleted).toContain('  threshold: 3 -> (absent)');
});

it('says so of an alarm that the plan leaves alone', async () => {
  const workspace = openWorkspace();
  const plan = await syncWithOne(workspace, 500, 'differs');

  expect(await explain(workspace, plan, 'same')).toEqual(['The plan does nothing to an alarm of that name.']);
});

it('verify shows the fields that differ in meaning, and not those that differ in text alone', async () => {
  const workspace = openWorkspace();
  const service = await startService();
  const file = writeFile(workspace);

  const verify = await workspace.run(['verify', file, '--service', service.url]);

  expect(verify.exitCode).toBe(2);
  expect(verify.stdout).toContain(
    '~ update  differs  threshold: 4 -> 3, contact: ldap:ops;old@example.com -> user@example.com;ldap:ops\n',
  );
  expect(verify.stdout).toContain('+ create  1e3\n');
  expect(verify.stdout).toContain('- delete  unwanted\n');
  expect(verify.stdout).not.toMatch(/same|3\.0|sum/iu);
  expect(service.writes).toEqual([]);
});

it('verify ends with 0 when all differences are of text alone', async () => {
  const workspace = openWorkspace();
  const service = await startStandIn();
  service.put('same', paramsOf(row('same', { threshold: '3.0', metric_math: ' SUM ' })));
  const file = workspace.write('alarms.csv', csv([row('same')]));

  const verify = await workspace.run(['verify', file, '--service', service.url]);

  expect(verify.exitCode).toBe(0);
  expect(verify.stdout).not.toContain('->');
});
