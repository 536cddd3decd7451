// A first look: brings a service that holds yesterday's alarms to today's file, then finds nothing left to do.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const main = path.join(root, 'dist/cli/main.js');
const sample = (day) => path.join('test/fixtures/sample', `${day}.csv`);
const scratch = mkdtempSync(path.join(tmpdir(), 'alarmsync-demo-'));
const place = [
  '--service',
  `embedded:${path.join(scratch, 'service.db')}`,
  '--state-dir',
  path.join(scratch, 'state'),
];

function alarmsync(args, isShown) {
  if (isShown)
    console.log(
      `\n$ alarmsync ${args.slice(0, 2).join(' ')} --service embedded:service.db ${args.slice(2).join(' ')}`,
    );
  const stdio = ['ignore', isShown ? 'inherit' : 'ignore', isShown ? 'inherit' : 'pipe'];
  const { status, stderr } = spawnSync(process.execPath, [main, ...args, ...place], { cwd: root, stdio });
  if (status === 0) return;
  if (stderr) process.stderr.write(stderr);
  throw new Error(`alarmsync ${args[0]} ended with ${status}`);
}

try {
  console.log("An alarm service that holds yesterday's alarms, and today's file.");
  alarmsync(['sync', sample('yesterday'), '--auto-approve', '--quiet'], false);
  alarmsync(['plan', sample('today'), '--quiet'], true);
  alarmsync(['sync', sample('today'), '--auto-approve', '--quiet'], true);
  console.log('\nOnce more: nothing is left to do.');
  alarmsync(['sync', sample('today'), '--auto-approve', '--quiet'], true);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
