// A service that wants everyone to wait: what a user sees meanwhile.

import { describe, expect, it } from 'vitest';

import { openWorkspace } from './command-line.ts';
import { startStandIn } from './stand-in.ts';
import { csv, row } from './world.ts';

describe('a rest that the service asks for', () => {
  it.each([
    ['in the listing', 'listing'],
    ['in the drain', 'drain'],
  ])('%s is told while it lasts, and a signal ends it', async (_where, phase) => {
    const service = await startStandIn();
    const asksForRest = { 'retry-after': '600' };
    service.onListing = ({ answer }) => {
      if (phase === 'listing') answer(429, '{}', asksForRest);
      return phase === 'listing';
    };
    service.onWrite = (_request, answer) => {
      answer(503, '{}', asksForRest);
      return true;
    };
    const workspace = openWorkspace();
    const file = workspace.write('alarms.csv', csv([row('a')]));
    const args = ['sync', file, '--service', service.url, '--auto-approve', '--settle-time', '0s'];
    const ended = await workspace.run(args, {
      onSpawn: (child) =>
        child.stderr?.on('data', (text: Buffer) => {
          if (text.includes('nothing is sent for 600 s')) child.kill('SIGTERM');
        }),
    });
    expect([ended.exitCode, ended.stderr]).toEqual([
      143,
      expect.stringContaining('nothing is sent for 600 s'),
    ]);
  });
});
