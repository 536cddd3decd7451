// `alarmsync sync`: plan, show, ask, apply: the main job.

import type { Command } from '../command.ts';
import { positional } from '../command.ts';
import { requireChecksumWithForce } from '../acceptance.ts';
import {
  END_FLAGS,
  OUTPUT_FLAGS,
  PACE_FLAGS,
  SHAPE_FLAGS,
  STATE_FLAGS,
  TARGET_FLAGS,
  WATCH_FLAGS,
} from '../flag-groups.ts';
import { keptSettings, runSettingsOf } from '../run-settings.ts';
import { connect } from '../session.ts';
import { hasTargets } from '../targets/choice.ts';
import { planAndApply } from '../whole-run.ts';

export const syncCommand: Command = {
  usage: 'sync <file>',
  meaning: 'Make the service, or each target of --config, hold exactly what the file says',
  example: 'alarmsync sync alarms.csv --service https://alarms.example.com --auto-approve',
  flags: [
    ...SHAPE_FLAGS,
    'auto-approve',
    'out',
    'force',
    'checksum',
    'on-unfinished',
    'queue',
    ...TARGET_FLAGS,
    ...PACE_FLAGS,
    ...END_FLAGS,
    ...STATE_FLAGS,
    ...WATCH_FLAGS,
    ...OUTPUT_FLAGS,
  ],
  watchesTargets: true,
  async run(context) {
    const { values } = context;
    if (hasTargets(context)) {
      const { startRound } = await import('../targets/new-round.ts');
      return startRound(context, syncCommand, values.isOn('auto-approve') ? 'given' : 'asked');
    }
    requireChecksumWithForce(context.values);
    const asked = runSettingsOf(values, positional(context, 'file'), values.required('service'));
    await using connection = await connect(context, asked);
    const settings = keptSettings(asked, connection.service, context);
    return await planAndApply(context, connection, settings);
  },
};
