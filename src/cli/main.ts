#!/usr/bin/env node
// The command line: arguments -> exit code.

import { tmpdir } from 'node:os';
import process from 'node:process';

import { runCommandLine } from './command-line.ts';

// SQLite sorts large sets on disk, and looks for a place only once; a read-only root has no /var/tmp.
process.env['SQLITE_TMPDIR'] ??= tmpdir();

// The AWS SDK warns that its versions of 2027 will need another Node: whoever syncs alarms can do nothing about it.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

// A reader that has seen enough (`| head`) is no reason to break a run off: what is said from then on is lost.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exit(1);
  });
}

process.exitCode = await runCommandLine(process.argv.slice(2), process);
