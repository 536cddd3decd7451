// `alarmsync serve`: the reference alarm service.

import { once } from 'node:events';

import { AlarmSyncError } from '../../alarm/errors.ts';
import { faultNames, isFaultName, type FaultName } from '../../server/faults.ts';
import type { ServerSettings } from '../../server/server.ts';
import type { Command, CommandContext } from '../command.ts';
import { OUTPUT_FLAGS } from '../flag-groups.ts';
import { openTraces } from '../traces.ts';
import { required } from '../values.ts';

export const serveCommand: Command = {
  usage: 'serve',
  meaning:
    'Run the reference alarm service; bears ALARMSYNC_TOKEN when set, listens on this machine only unless told',
  example:
    'alarmsync serve --port 8080 --data alarms.db --page-size 500 --rate-limit 200 --fault drop-after=0.01',
  flags: [
    'host',
    'port',
    'data',
    'page-size',
    'paging',
    'rate-limit',
    'latency',
    'fault',
    'seed',
    'no-etags',
    'accept-twice',
    ...OUTPUT_FLAGS,
  ],
  async run(context) {
    const { terminal, stop } = context;
    // Loaded only here: the web framework takes a third of every other command's start.
    const { DEFAULT_SERVER_SETTINGS, startServer } = await import('../../server/server.ts');
    await using traces = await openTraces(context, 'alarm-service');
    const settings = serverSettings(context, DEFAULT_SERVER_SETTINGS);
    await using server = await startServer({ ...settings, tracing: traces?.exported ?? null });
    terminal.result(`Alarm service at ${server.url}, its API at ${server.url}/openapi.json`);
    if (!stop.stop.aborted) await once(stop.stop, 'abort');
    return 0;
  },
};

function serverSettings({ values, host }: CommandContext, defaults: ServerSettings): ServerSettings {
  const perSecond = required(values.number('rate-limit'));
  const pageSize = required(values.count('page-size', 1));
  return {
    listen: {
      host: required(values.text('host')),
      port: required(values.count('port')),
      token: host.token ?? null,
    },
    store: {
      file: values.text('data') ?? defaults.store.file,
      namesAreUnique: !values.isOn('accept-twice'),
      durable: defaults.store.durable,
    },
    behaviour: {
      ...defaults.behaviour,
      paging: required(values.choice('paging', ['cursor', 'overlap', 'none'])),
      defaultPageSize: pageSize,
      maxPageSize: Math.max(pageSize, defaults.behaviour.maxPageSize),
      hasEtags: !values.isOn('no-etags'),
      latencyMs: required(values.durationMs('latency')),
    },
    rateLimit:
      perSecond === 0
        ? null
        : {
            requestsPerSecond: perSecond,
            burstCount: Math.max(1, perSecond / 50),
            retryAfterForm: 'seconds',
          },
    faults: {
      ...defaults.faults,
      rules: faultRules(values.list('fault')),
      seed: required(values.count('seed')),
    },
    keepsRecords: false,
    tracing: null,
  };
}

function faultRules(parts: readonly string[]): Partial<Record<FaultName, number>> {
  const rules: Partial<Record<FaultName, number>> = {};
  for (const part of parts) {
    const [name = '', share = ''] = part.split('=');
    if (!isFaultName(name) || !/^(0(\.\d+)?|1(\.0+)?)$/u.test(share)) {
      throw new AlarmSyncError(
        'ALARMSYNC_CLI_USAGE',
        `--fault: expected NAME=SHARE with a share from 0 to 1, got "${part}"`,
        {
          hint: `faults: ${faultNames().join(', ')}`,
        },
      );
    }
    rules[name] = Number(share);
  }
  return rules;
}
