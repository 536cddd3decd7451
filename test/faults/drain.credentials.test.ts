// Credentials that are refused in the middle of a run: it ends soon, and goes on when they are mended.

import { expect, it } from 'vitest';

import { openWorkspace } from '../e2e/command-line.ts';
import { expectEqualAndOnce, makeWorld, startFor, syncArguments } from './fault-world.ts';
import { openGate, type Gate } from './gate.ts';

const QUICK = ['--settle-time', '100ms'];

/** Lets that many requests pass, then refuses each that does not bear the token. */
function refuseAfter(gate: Gate, passedCount: number, status: number, token: string): void {
  let count = 0;
  gate.decide = ({ authorization }) => {
    count += 1;
    return count <= passedCount || authorization === `Bearer ${token}` ? 'pass' : { status };
  };
}

it.each([
  { status: 401, afterCount: 0 },
  { status: 403, afterCount: 0 },
  { status: 401, afterCount: 1 },
  { status: 401, afterCount: 5 },
  { status: 403, afterCount: 5 },
  { status: 401, afterCount: 300 },
  { status: 403, afterCount: 300 },
])(
  'costs few requests when all after the first $afterCount are refused with $status, and resumes with a good token',
  async ({ status, afterCount }) => {
    const workspace = openWorkspace();
    const world = makeWorld(workspace, 1500);
    const server = await startFor(world);
    const gate = await openGate(server.url);
    refuseAfter(gate, afterCount, status, 'mended');

    const sync = [...syncArguments(world, gate.url), ...QUICK];
    const refused = await workspace.run(sync, { env: { ALARMSYNC_TOKEN: 'expired' } });
    expect(refused.exitCode, refused.stderr).toBe(7);
    expect(refused.stderr).toContain('[ALARMSYNC_SERVICE_CREDENTIALS]');
    expect(refused.stderr + refused.stdout).not.toContain('expired');
    expect(gate.refusedCount).toBeGreaterThan(0);
    expect(gate.refusedCount).toBeLessThan(200);

    // Without a plan there is nothing to resume.
    const goOn = afterCount < 5 ? sync : ['resume', ...QUICK];
    const mended = await workspace.run(goOn, { env: { ALARMSYNC_TOKEN: 'mended' } });
    expect(mended.exitCode, mended.stderr).toBe(0);
    expectEqualAndOnce(server, world);
  },
);
