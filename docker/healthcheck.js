// Whether the service that this container runs answers, on the port it was given.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  args: readFileSync('/proc/1/cmdline', 'utf8').split('\0'),
  options: { port: { type: 'string', default: process.env.ALARMSYNC_PORT ?? '8080' } },
  strict: false,
});
const response = await fetch(`http://127.0.0.1:${values.port}/healthz`, {
  signal: AbortSignal.timeout(4000),
});
if (!response.ok) throw new Error(`expected 200 of /healthz, got ${response.status}`);
