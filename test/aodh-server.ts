// A real Aodh on loopback, without Keystone, from Debian's packages python3-aodh and python3-waitress, kept in a SQLite file.
//
// Each project has alarms of its own: tests share a server and take a project each.

import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const PYTHON = '/usr/bin/python3';

const CONFIG = (directory: string): string => `[DEFAULT]
log_file = ${directory}/aodh.log
transport_url = fake://
[api]
auth_mode =
[database]
connection = sqlite:///${directory}/aodh.db
[oslo_messaging_notifications]
driver = noop
`;

const MAKE_TABLES = `
import sys
sys.argv = ['dbsync', '--config-file', sys.argv[1]]
from aodh.cmd.storage import dbsync
dbsync()`;

const SERVE = `
import sys
from aodh.api import app
from waitress import create_server
server = create_server(app.build_wsgi_app(argv=['--config-file', sys.argv[1]]), host='127.0.0.1', port=0, threads=8)
print(server.effective_port, flush=True)
server.run()`;

/** True where Aodh is installed. */
export function hasAodh(): boolean {
  return spawnSync(PYTHON, ['-c', 'import aodh, waitress']).status === 0;
}

export interface AodhServer extends AsyncDisposable {
  readonly url: string;
}

export interface AodhAlarm {
  readonly alarm_id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly description: string;
  readonly alarm_actions: readonly string[];
  readonly event_rule: { readonly event_type: string; readonly query: readonly object[] };
}

export async function startAodh(): Promise<AodhServer> {
  const directory = mkdtempSync(path.join(tmpdir(), 'alarmsync-aodh-'));
  const config = path.join(directory, 'aodh.conf');
  writeFileSync(config, CONFIG(directory));
  const made = spawnSync(PYTHON, ['-c', MAKE_TABLES, config], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`expected Aodh's tables to be made: ${made.stderr.slice(-500)}`);
  const server = spawn(PYTHON, ['-c', SERVE, config], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [port] = decodeLine(await once(createInterface(server.stdout), 'line'));
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.kill('SIGKILL');
      await once(server, 'exit');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The service as anybody sees it, for one project. */
export class AodhProject {
  readonly id: string = randomUUID();
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async call(method: string, part = '', body?: object): Promise<unknown> {
    const response = await fetch(`${this.url}/v2/alarms${part}`, {
      method,
      headers: { 'content-type': 'application/json', 'x-project-id': this.id, 'x-user-id': 'somebody' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${part}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  }

  /** By name. */
  async alarms(): Promise<readonly AodhAlarm[]> {
    const alarms = decodeAlarms(await this.call('GET'));
    return alarms.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  }
}

function decodeAlarms(value: unknown): readonly AodhAlarm[] {
  return value as AodhAlarm[];
}

function decodeLine(value: unknown): readonly [port: string] {
  return value as [string];
}
