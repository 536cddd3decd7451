// `alarmsync worker`: takes the operations that coordinators hand over through Redis.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import type { Suited } from '../../queue/board.ts';
import { inTraceOf } from '../../telemetry/step-trace.ts';
import type { Command, CommandContext } from '../command.ts';
import { METRIC_FLAGS, OUTPUT_FLAGS } from '../flag-groups.ts';
import type { LogFields } from '../message-log.ts';
import { redisSettingsOf, suitedOf } from '../queueing.ts';
import { connect, serviceSettingsOf } from '../session.ts';
import { ofOneTarget } from '../targets/choice.ts';

export const workerCommand: Command = {
  usage: 'worker',
  meaning: 'Send what other machines plan: takes the operations of runs that are given the same --queue',
  example: 'alarmsync worker --queue redis://127.0.0.1:6379 --service https://alarms.example.com',
  flags: ['queue', 'service', 'target', 'concurrency', 'insecure', ...METRIC_FLAGS, ...OUTPUT_FLAGS],
  async run(given) {
    const context = ofOneTarget(given);
    const { values, terminal, stop } = context;
    const redisSettings = redisSettingsOf(context, values.required('queue'));
    const service = values.required('service');
    const { connectRedis } = await import('../../queue/connection.ts');
    const { redisOptionsOf } = await import('../../queue/redis-address.ts');
    const { serveRuns } = await import('../../queue/worker-host.ts');
    const redis = await connectRedis(redisSettings);
    try {
      const suited = await suitedTo(context, service);
      terminal.result(`Worker for ${suited.address}, waiting for runs at ${values.required('queue')}`);
      await serveRuns(
        {
          redis,
          options: redisOptionsOf(redisSettings),
          service: serviceSettingsOf(context, service, false).settings,
          notice: { ...suited, workerId: randomUUID(), hostName: hostname() },
          kill: stop.kill,
          inTraceOf,
          say: (message, runId) => terminal.log.info(message, fieldsOf(runId)),
          warn: (message, runId) => terminal.log.warn(message, fieldsOf(runId)),
        },
        stop.stop,
      );
      return 0;
    } finally {
      redis.disconnect();
      // BullMQ may still wait for a Redis that came back without what it held.
      stop.leaveSoon();
    }
  },
};

/** A worker may serve several runs at once: each line names the one that it is about. */
function fieldsOf(runId: string | undefined): LogFields {
  return runId === undefined ? {} : { run_id: runId };
}

/** Which service this is, as its adapter says. */
async function suitedTo(context: CommandContext, service: string): Promise<Suited> {
  await using connection = await connect(context, { service, adopts: false });
  return suitedOf(context, connection.identity);
}
