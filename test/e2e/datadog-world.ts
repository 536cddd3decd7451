// A stand-in of Datadog, files of alarms for it, and the command line that syncs the two.

import { startDatadogStandIn, type DatadogStandIn } from '../stand-ins/datadog/server.ts';
import { openWorkspace, type Finished, type Workspace } from './command-line.ts';

const HEADER =
  'name,threshold,metric_name,comparison_method,alarm_state,tracking_metric_id,contact,metric_math,' +
  'warning_threshold,no_data_minutes,message_alert,message_warning,message_no_data,query_scope,evaluation_window';

const CONFIG = `contacts:
  "ldap:*": "@team-*"
  "posix:*": "@webhook-posix-*"
  "ticket:OPS": "@servicenow-ops"
  "ticket:DB": "@pagerduty-db"
`;

export const uuid = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;

/** The cells of one row; the optional ones are empty. */
export const row = (name: string, parts: Readonly<Record<string, string>> = {}): string => {
  const cells: Readonly<Record<string, string>> = {
    name,
    threshold: '3',
    metric_name: 'system.load.1',
    comparison_method: 'gt',
    alarm_state: 'active',
    tracking_metric_id: uuid(1),
    contact: 'ops@example.com',
    metric_math: 'avg',
    ...parts,
  };
  return HEADER.split(',')
    .map((column) => quoted(cells[column] ?? ''))
    .join(',');
};

const quoted = (cell: string): string => (/[",\n]/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

export const csv = (...rows: readonly string[]): string => `${[HEADER, ...rows].join('\n')}\n`;

/** A stand-in of Datadog, and a directory with a configuration for it. */
export class World {
  readonly service: DatadogStandIn;
  readonly workspace: Workspace = openWorkspace();

  constructor(service: DatadogStandIn) {
    this.service = service;
    this.workspace.write('config.yaml', CONFIG);
  }

  get flags(): readonly string[] {
    return ['--service', `datadog:${this.service.url}`, '--config', 'config.yaml'];
  }

  async sync(content: string, ...flags: readonly string[]): Promise<Finished> {
    this.workspace.write('alarms.csv', content);
    return this.run(['sync', 'alarms.csv', '--auto-approve', ...flags, ...this.flags]);
  }

  async run(args: readonly string[], onSpawn?: (kill: () => void) => void): Promise<Finished> {
    const { credentials } = this.service;
    const env = {
      DD_API_KEY: credentials['dd-api-key'] ?? '',
      DD_APP_KEY: credentials['dd-application-key'] ?? '',
    };
    return this.workspace.run(args, {
      env,
      ...(onSpawn === undefined ? {} : { onSpawn: (child) => onSpawn(() => child.kill('SIGKILL')) }),
    });
  }

  get names(): readonly string[] {
    return this.service.monitors.map(({ name }) => name);
  }

  get writeCount(): number {
    return this.service.requests.filter(({ method }) => method !== 'GET').length;
  }
}

export const start = async (): Promise<World> => new World(await startDatadogStandIn());

export const hosts = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => row(`host-${String(index).padStart(4, '0')}`));
