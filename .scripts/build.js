// Compiles src to dist from nothing, and puts the files beside the code that tsc does not copy.

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const src = path.join(root, 'src');
const dist = path.join(root, 'dist');
const typescript = path.dirname(createRequire(import.meta.url).resolve('typescript/package.json'));

const fresh = `${dist}.new`;
rmSync(fresh, { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [path.join(typescript, 'bin/tsc'), '-p', root, '--outDir', fresh],
  { stdio: 'inherit' },
);
// tsc has said what is wrong; a stack trace of this file would only hide it.
if (status !== 0) process.exit(status ?? 1);
cpSync(src, fresh, { recursive: true, filter: (source) => !source.endsWith('.ts') });
chmodSync(path.join(fresh, 'cli/main.js'), 0o755);
// Put in place at once: a build that fails leaves the last good one.
const old = `${dist}.old`;
if (existsSync(dist)) renameSync(dist, old);
renameSync(fresh, dist);
rmSync(old, { recursive: true, force: true });
