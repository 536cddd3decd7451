// A stand-in of CloudWatch, files of alarms for it, and the command line that syncs the two.

import { startCloudWatchStandIn, type CloudWatchStandIn } from '../stand-ins/cloudwatch/server.ts';
import { openWorkspace, type Finished, type Workspace } from './command-line.ts';

const TOPICS = 'arn:aws:sns:eu-central-1:111122223333';

const CONFIG = `cloudwatch:
  namespace: Shop/Checkout
contacts:
  "ops@example.com": ${TOPICS}:ops-mail
  "ldap:*": ${TOPICS}:ldap-*
  "posix:*": ${TOPICS}:posix-*
  "ticket:OPS": ${TOPICS}:tickets
`;

export class World {
  readonly service: CloudWatchStandIn;
  readonly workspace: Workspace = openWorkspace();

  constructor(service: CloudWatchStandIn) {
    this.service = service;
    this.configure('');
  }

  /** @param section further lines of the section `cloudwatch`, indented by two blanks */
  configure(section: string): void {
    this.workspace.write(
      'config.yaml',
      CONFIG.replace('namespace: Shop/Checkout\n', (line) => line + section),
    );
  }

  get flags(): readonly string[] {
    return ['--service', 'cloudwatch:eu-central-1', '--config', 'config.yaml'];
  }

  async sync(content: string, ...flags: readonly string[]): Promise<Finished> {
    this.workspace.write('alarms.csv', content);
    return this.run(['sync', 'alarms.csv', '--auto-approve', ...flags, ...this.flags]);
  }

  async run(args: readonly string[], onSpawn?: (kill: () => void) => void): Promise<Finished> {
    const { url, accessKeyId, secretAccessKey } = this.service;
    const env = {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
    return this.workspace.run(args, {
      env,
      ...(onSpawn === undefined ? {} : { onSpawn: (child) => onSpawn(() => child.kill('SIGKILL')) }),
    });
  }

  get names(): readonly string[] {
    return this.service.alarms.map(({ AlarmName }) => AlarmName);
  }

  /** Names that were written to, one a request. */
  countOf(...operations: readonly string[]): number {
    return this.service.requests.filter(({ operation }) => operations.includes(operation)).length;
  }

  get writeCount(): number {
    return this.countOf('PutMetricAlarm', 'DeleteAlarms');
  }
}

/** As many requests a second as nobody grants: what is tested is not how long the quota takes. */
export const UNHURRIED = '  writes_per_second: 5000\n  reads_per_second: 5000\n';

export const start = async (section: string = UNHURRIED): Promise<World> => {
  const world = new World(await startCloudWatchStandIn());
  world.configure(section);
  return world;
};
