// The reference service and commands as containers of the image, on a network of their own; all of it goes with the test.

import { randomUUID } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { createInterface } from 'node:readline';

import {
  GenericContainer,
  Network,
  Wait,
  type StartedNetwork,
  type StartedTestContainer,
} from 'testcontainers';
import { inject, onTestFinished } from 'vitest';

import { openWorkspace, type Finished, type Workspace } from '../e2e/command-line.ts';
import { docker, execute } from './docker.ts';

/** Missing on a developer's machine, an engine is said to be; missing in CI, the tests fail, as they do where the build failed. */
export const hasEngine: boolean = inject('engineTrouble') === '' || process.env['CI'] !== undefined;

/** Its id. @throws when there is none, saying why. */
export function image(): string {
  const trouble = inject('engineTrouble') + inject('imageTrouble');
  if (trouble !== '') throw new Error(trouble);
  return inject('imageId');
}

/** A container whose own files cannot be written, and that has no more memory than said. */
class SealedContainer extends GenericContainer {
  constructor(memoryMiB: number | undefined) {
    super(image());
    this.hostConfig.ReadonlyRootfs = true;
    if (memoryMiB === undefined) return;
    this.hostConfig.Memory = memoryMiB * 1_048_576;
    this.hostConfig.MemorySwap = this.hostConfig.Memory;
  }
}

/** A command that runs in a container. */
export interface Running {
  readonly id: string;
  /** Resolves when that many lines of either stream match, past or to come. @throws when it ended before. */
  readonly says: (pattern: RegExp, count?: number) => Promise<void>;
  readonly ended: () => Promise<Finished>;
}

export interface ServiceAlarm {
  readonly name: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Calls `take` with every alarm of the service, page by page. */
const EACH_ALARM = `
  let cursor = null;
  do {
    const query = cursor === null ? '' : '&cursor=' + encodeURIComponent(cursor);
    const page = await (await fetch('http://127.0.0.1:8080/alarms?limit=10000' + query)).json();
    page.alarms.forEach(take);
    cursor = page.next_cursor;
  } while (cursor !== null);`;

const LISTING = `const take = (alarm) => console.log(JSON.stringify(alarm)); ${EACH_ALARM}`;

const NAME_COUNTS = `
  let total = 0;
  const names = new Set();
  const take = ({ name }) => { total += 1; names.add(name); };
  ${EACH_ALARM}
  console.log(JSON.stringify({ total, distinct: names.size }));`;

const METRICS = `console.log(await (await fetch('http://127.0.0.1:8080/metrics')).text())`;

/** The service as it is asked from inside its own container. */
export class ContainerService {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  /** In the service's order; a name that it holds twice comes twice. */
  async alarms(): Promise<readonly ServiceAlarm[]> {
    const text = await this.#run(LISTING);
    return text === '' ? [] : text.split('\n').map((line): ServiceAlarm => JSON.parse(line));
  }

  /** How many alarms it holds, and how many different names they have. */
  async nameCounts(): Promise<{ readonly total: number; readonly distinct: number }> {
    return JSON.parse(await this.#run(NAME_COUNTS));
  }

  /** Requests answered since it was started, by method and status. */
  async requestCounts(): Promise<Readonly<Record<string, number>>> {
    const text = await this.#run(METRICS);
    const counted = text.matchAll(/^alarm_service_requests_total\{method="(\w+)",status="(\d+)"\} (\d+)$/gmu);
    return Object.fromEntries(
      [...counted].map(([, method, status, count]) => [`${method} ${status}`, Number(count)]),
    );
  }

  async #run(script: string): Promise<string> {
    return docker('exec', this.id, 'node', '--input-type=module', '--eval', script);
  }
}

export interface ContainerWorld {
  readonly workspace: Workspace;
  readonly network: StartedNetwork;
  readonly service: ContainerService;
  /** Starts a command with this world's state and files. */
  readonly start: (args: readonly string[], memoryMiB?: number) => Promise<Running>;
  /** Runs it to its end. */
  readonly run: (args: readonly string[], memoryMiB?: number) => Promise<Finished>;
}

/** The name that the service has on the network. */
export const SERVICE_NAME = 'service';
export const SERVICE: readonly string[] = ['--service', `http://${SERVICE_NAME}:8080`];

/** It holds a name twice when it is told to create it twice: its listing then shows what was. */
export async function openContainerWorld(serveFlags: readonly string[] = []): Promise<ContainerWorld> {
  image();
  const network = await new Network().start();
  onTestFinished(async () => {
    await network.stop();
  });
  const workspace = openWorkspace();
  chmodSync(workspace.directory, 0o755);
  const [serviceState, state] = [openVolume(), openVolume()];
  const service = await new SealedContainer(undefined)
    .withNetwork(network)
    .withNetworkAliases(SERVICE_NAME)
    .withBindMounts([{ source: serviceState, target: '/state' }])
    .withCommand(['serve', '--data', '/state/service.db', '--accept-twice', ...serveFlags])
    .withWaitStrategy(Wait.forLogMessage('Alarm service at '))
    .start();
  removeAfterwards(service);
  const start: ContainerWorld['start'] = async (args, memoryMiB) => {
    const container = await new SealedContainer(memoryMiB)
      .withNetwork(network)
      .withBindMounts([
        { source: workspace.directory, target: '/work', mode: 'ro' },
        { source: state, target: '/state' },
      ])
      .withCommand([...args])
      .start();
    removeAfterwards(container);
    return new RunningContainer(container);
  };
  return {
    workspace,
    network,
    service: new ContainerService(service.getId()),
    start,
    run: async (args, memoryMiB) => (await start(args, memoryMiB)).ended(),
  };
}

class RunningContainer implements Running {
  readonly id: string;
  readonly #container: StartedTestContainer;

  constructor(container: StartedTestContainer) {
    this.#container = container;
    this.id = container.getId();
  }

  async says(pattern: RegExp, count = 1): Promise<void> {
    let leftCount = count;
    const said: string[] = [];
    for await (const line of createInterface(await this.#container.logs())) {
      said.push(line);
      if (pattern.test(line)) leftCount -= 1;
      if (leftCount === 0) return;
    }
    throw new Error(`expected ${pattern} ${count} times, got:\n${said.slice(-30).join('\n')}`);
  }

  async ended(): Promise<Finished> {
    const exitCode = Number(await docker('wait', this.id));
    return { ...(await execute('docker', ['logs', this.id])), exitCode };
  }
}

/** A volume that Docker makes when it is first used. */
function openVolume(): string {
  const name = `alarmsync-test-${randomUUID()}`;
  onTestFinished(async () => {
    await docker('volume', 'rm', '--force', name);
  });
  return name;
}

function removeAfterwards(container: StartedTestContainer): void {
  onTestFinished(async () => {
    await docker('rm', '--force', '--volumes', container.getId());
  });
}
