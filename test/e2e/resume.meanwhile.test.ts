// What a resumption finds out before it goes on: that another process went on meanwhile, and that this is not the place of the run.

import { readdirSync, readlinkSync } from 'node:fs';

import { describe, expect, it, vi } from 'vitest';

import { openWorkspace } from './command-line.ts';
import { startStandIn } from './stand-in.ts';
import { csv, heldMeanings, meanings, rows } from './world.ts';

const QUICK = ['--settle-time', '10ms', '--retries', '1'];

/** True once the process waits for a lock: whatever it looked at before it asked for it, it has seen. */
function waitsForLock(processId: number): boolean {
  const directory = `/proc/${processId}/fd`;
  return readdirSync(directory).some((fd) => {
    try {
      return readlinkSync(`${directory}/${fd}`).includes('/lock-');
    } catch {
      return false; // closed meanwhile
    }
  });
}

describe('a resumption that waits for the lock', () => {
  it('goes on with what the run has come to, and plans nothing over what was sent', async () => {
    const workspace = openWorkspace();
    const service = await startStandIn();
    let processId = 0;
    const listed = new Promise<() => void>((resolve) => {
      service.onListing = ({ answer, text }) => {
        service.onListing = undefined;
        resolve(() => answer(200, text));
        return true;
      };
    });
    const file = workspace.write('alarms.csv', csv(rows(6)));
    const first = workspace.run(['sync', file, '--service', service.url, '--auto-approve', '--limit', '2']);
    const answerListing = await listed;
    const second = workspace.run(['resume', '--lock-timeout', '5m', ...QUICK], {
      onSpawn: (child) => {
        processId = child.pid ?? 0;
      },
    });
    await vi.waitFor(() => expect(waitsForLock(processId)).toBe(true), { timeout: 30_000 });
    answerListing();
    expect((await first).exitCode).toBe(10);

    const { exitCode, stdout } = await second;

    expect(exitCode).toBe(0);
    expect(stdout).toContain('Sync complete: 6 created, 0 updated, 0 deleted, 0 failed.');
    expect(stdout).not.toContain('Plan:');
    expect(heldMeanings(service)).toEqual(meanings(rows(6)));
    expect(service.writes).toHaveLength(6);
  });
});

/** Where it stands is said by the environment, as with Datadog's sites; it tells its writes on standard error. */
const SITE_ADAPTER = `
export default function (settings, gate) {
  const write = async (what, { signal }) => {
    await gate.pass('write', signal);
    process.stderr.write('WRITE ' + process.env.SITE + ' ' + what + '\\n');
  };
  return {
    identity: { address: 'my:' + process.env.SITE, account: '' },
    capabilities: { createIsUpsert: false, namesAreUnique: true, writesState: true },
    async *list(start, signal) {
      await gate.pass('list', signal);
      if (process.env.LISTS === 'no') process.kill(process.pid, 'SIGKILL');
      yield { alarms: [], nextCursor: null };
    },
    async read() {},
    create: ({ name }, options) => write(name, options),
    update: ({ name }, options) => write(name, options),
    delete: (name, options) => write(name, options),
  };
}
`;

describe('a planning that was interrupted', () => {
  it.each([
    ['one service', [] as string[], 'service: module:./site.js'],
    [
      'several targets',
      ['--config', 'targets.yaml'],
      'targets:\n  - name: payments\n    service: module:./site.js\n    scope: "*"',
    ],
  ])('is not gone on with at another place: %s', async (_, flags, config) => {
    const workspace = openWorkspace();
    workspace.write('package.json', '{"type": "module"}');
    workspace.write('site.js', SITE_ADAPTER);
    workspace.write('targets.yaml', config);
    workspace.write('alarms.csv', csv(rows(3)));
    const sync = ['sync', 'alarms.csv', '--config', 'targets.yaml', '--auto-approve', ...QUICK];
    const killed = await workspace.run(sync, { env: { SITE: 'eu', LISTS: 'no' } });
    expect(killed.exitCode).toBe(null);

    const elsewhere = await workspace.run(['resume', ...flags, ...QUICK], { env: { SITE: 'us' } });

    expect(elsewhere.stderr).toContain('[ALARMSYNC_PLAN_STALE]');
    expect(elsewhere.stderr).toContain('my:eu');
    expect(elsewhere.stderr).not.toContain('WRITE');
    expect(elsewhere.stdout).not.toContain('Plan:');
    expect(elsewhere.exitCode).toBe(4);
    const back = await workspace.run(['resume', ...flags, ...QUICK], { env: { SITE: 'eu' } });
    expect([back.exitCode, back.stdout]).toEqual([0, expect.stringContaining('3 created')]);
    expect(back.stderr.match(/WRITE eu/gu)).toHaveLength(3);
  });
});
