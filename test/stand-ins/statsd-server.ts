// The statsd server that Etsy wrote, from npm, in a process of its own: an agent that shares nothing with the one of these tests.

import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { onTestFinished } from 'vitest';

const STATSD = path.join(
  path.dirname(createRequire(import.meta.url).resolve('statsd/package.json')),
  'bin/statsd',
);

/** Prints what came since the last time as one JSON line. */
const BACKEND = `
exports.init = (_startedAt, _config, events) => {
  events.on('flush', (_at, { counters, gauges }) => console.log(JSON.stringify({ counters, gauges })));
  return true;
};`;

export interface StatsdServer {
  /** Shape: `127.0.0.1:40123`. */
  readonly address: string;
  /** Sums by name and tags, \`name;key=value\`, once they hold what is waited for; gauges as they were last. */
  readonly until: (isEnough: (seen: StatsdSeen) => boolean) => Promise<StatsdSeen>;
}

export interface StatsdSeen {
  readonly counters: ReadonlyMap<string, number>;
  readonly gauges: ReadonlyMap<string, number>;
}

/** Starts one that stops with the test. */
export async function startStatsdServer(): Promise<StatsdServer> {
  const directory = mkdtempSync(path.join(tmpdir(), 'alarmsync-statsd-'));
  const port = await freePort();
  const backend = path.join(directory, 'backend.cjs');
  const config = path.join(directory, 'config.js');
  writeFileSync(backend, BACKEND);
  writeFileSync(
    config,
    JSON.stringify({
      address: '127.0.0.1',
      port,
      mgmt_address: '127.0.0.1',
      mgmt_port: port,
      flushInterval: 50,
      backends: [backend],
    }),
  );
  const child = spawn(process.execPath, [STATSD, config], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
    rmSync(directory, { recursive: true, force: true });
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('expected the statsd server to run');
    return value;
  };
  while (!(await nextLine()).includes('server is up'));
  const counters = new Map<string, number>();
  const gauges = new Map<string, number>();
  return {
    address: `127.0.0.1:${port}`,
    until: async (isEnough) => {
      while (!isEnough({ counters, gauges })) {
        const line = await nextLine();
        if (!line.startsWith('{')) continue;
        const flushed: { counters: Record<string, number>; gauges: Record<string, number> } =
          JSON.parse(line);
        for (const [name, value] of Object.entries(flushed.counters))
          counters.set(name, (counters.get(name) ?? 0) + value);
        for (const [name, value] of Object.entries(flushed.gauges)) gauges.set(name, value);
      }
      return { counters, gauges };
    },
  };
}

/** The server takes no 0 for a port that is free. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
