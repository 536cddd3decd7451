// --queue -> a work queue for a run's operations; and the queues that earlier processes of the run left, ended.

import { createHash } from 'node:crypto';

import { AlarmSyncError } from '../alarm/errors.ts';
import type { Suited } from '../queue/board.ts';
import type { RedisSettings } from '../queue/redis-address.ts';
import type { ServiceIdentity } from '../services/alarm-service.ts';
import { publish } from '../telemetry/names.ts';
import { traceparentOf } from '../telemetry/request-sampler.ts';
import type { OpenSender } from '../pipeline/sync.ts';
import type { PlanFile } from '../store/plan-file.ts';
import type { Run } from '../store/run-table.ts';
import type { CommandContext } from './command.ts';
import { paceOf, requestTimeoutMsOf, type ServiceConnection } from './session.ts';
import { VERSION } from './version.ts';

export function redisSettingsOf({ host, values }: CommandContext, address: string): RedisSettings {
  return {
    address,
    username: host.variable('ALARMSYNC_QUEUE_USERNAME'),
    password: host.variable('ALARMSYNC_QUEUE_PASSWORD'),
    allowInsecure: values.isOn('insecure'),
  };
}

/** What coordinator and worker have to agree on, besides the service that both are given. */
export function suitedOf(
  { sections }: Pick<CommandContext, 'sections'>,
  { address, account }: ServiceIdentity,
): Suited {
  const { contacts, cloudwatch } = sections;
  const shaping = JSON.stringify([
    Object.entries(contacts).toSorted(([left], [right]) => (left < right ? -1 : 1)),
    cloudwatch,
  ]);
  return {
    version: VERSION,
    address,
    account,
    configurationDigest: createHash('sha256').update(shaping).digest('hex'),
  };
}

/** Disposing it takes the queue back; one that cannot be now stays noted, and is ended by whoever goes on with the run. */
export interface HandOver extends AsyncDisposable {
  readonly openSender: OpenSender;
  /** Steps handed over at once at most. */
  readonly windowCount: number;
}

/**
 * Opens the queue that --queue asks for, noted in the plan file before anything is in it; undefined without the flag.
 * @throws {ALARMSYNC_CLI_USAGE} for a service that only this process reaches; and as opening and announcing do.
 */
export async function openHandOver(
  context: CommandContext,
  { service, identity }: Pick<ServiceConnection, 'service' | 'identity'>,
  plan: PlanFile,
  run: Run,
): Promise<HandOver | undefined> {
  const address = context.values.text('queue');
  if (address === undefined || address === '') return undefined;
  requireReachable(run.settings.service);
  // Loaded only here: without the flag nothing of it is needed.
  const { WINDOW_COUNT, WorkQueue } = await import('../queue/work-queue.ts');
  // Under way from here on: whatever keeps the queue from opening leaves a run that can be resumed.
  plan.run.noteDraining(context.nowEpochMs());
  const queue = await WorkQueue.open({
    redis: redisSettingsOf(context, address),
    suited: suitedOf(context, identity),
    runId: run.runId,
    adopts: run.settings.adopts,
    requestTimeoutMs: requestTimeoutMsOf(context),
    quotaPerSecond: paceOf(context).quotaPerSecond,
    capabilities: service.capabilities,
    traceparent: context.trace === null ? null : traceparentOf(context.trace),
  });
  plan.handedOver.note({ ...queue.left, queueAddress: address });
  const handOver = {
    openSender: queue.openSender,
    windowCount: WINDOW_COUNT,
    [Symbol.asyncDispose]: async () => {
      if (await queue.retire(context.stop.kill)) plan.handedOver.forget(queue.left.queueName);
      await queue[Symbol.asyncDispose]();
    },
  };
  try {
    await queue.announce();
    return handOver;
  } catch (thrown) {
    await handOver[Symbol.asyncDispose]();
    throw thrown;
  }
}

/**
 * Ends the queues in which workers may still find operations of this run, before its outcomes are looked up.
 * @throws {ALARMSYNC_QUEUE_CONNECTION} when Redis cannot be asked.
 */
export async function retireLeftQueues(context: CommandContext, plan: PlanFile): Promise<void> {
  for (const { queueAddress, ...left } of plan.handedOver.list()) {
    const { holdTimeMsOf } = await import('../queue/held-step.ts');
    const { retireLeftQueue } = await import('../queue/work-queue.ts');
    publish('diagnostic', {
      code: 'ALARMSYNC_QUEUE_LEFT',
      message: `waiting until no worker is at work any more for what was handed over before: ${Math.ceil(holdTimeMsOf(left.requestTimeoutMs) / 1000)} s at most`,
    });
    await retireLeftQueue(redisSettingsOf(context, queueAddress), left, context.stop.stop);
    plan.handedOver.forget(left.queueName);
  }
}

function requireReachable(service: string): void {
  if (!service.startsWith('embedded:')) return;
  throw new AlarmSyncError(
    'ALARMSYNC_CLI_USAGE',
    '--queue: expected a service that workers reach, got embedded:',
    {
      hint: 'serve the file with: alarmsync serve --data FILE',
    },
  );
}
