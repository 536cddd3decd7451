// `alarmsync adopt`: alarms that somebody else made, and a row of the file names, are taken over; a sync then keeps them in step.

import type { Command } from '../command.ts';
import { positional } from '../command.ts';
import { requireChecksumWithForce } from '../acceptance.ts';
import { END_FLAGS, OUTPUT_FLAGS, PACE_FLAGS, STATE_FLAGS, WATCH_FLAGS } from '../flag-groups.ts';
import { adoptionSettingsOf } from '../run-settings.ts';
import { connect } from '../session.ts';
import { planAndApply } from '../whole-run.ts';

export const adoptCommand: Command = {
  usage: 'adopt <file>',
  meaning:
    'Take over alarms made by others that a row names: only whose they are changes, until the next sync',
  example: "alarmsync adopt alarms.csv --service datadog: --match 'web/*'",
  flags: [
    'service',
    'match',
    'exclude',
    'protect',
    'auto-approve',
    'out',
    'on-invalid',
    'rejects',
    'on-duplicate',
    'ignore-columns',
    'expect-rows',
    'expect-sha256',
    'max-update',
    'allow-empty',
    'check-before',
    'force',
    'checksum',
    'on-unfinished',
    ...PACE_FLAGS,
    ...END_FLAGS,
    ...STATE_FLAGS,
    ...WATCH_FLAGS,
    ...OUTPUT_FLAGS,
  ],
  async run(context) {
    const { values } = context;
    requireChecksumWithForce(values);
    const settings = adoptionSettingsOf(values, positional(context, 'file'), values.required('service'));
    await using connection = await connect(context, settings);
    return await planAndApply(context, connection, settings);
  },
};
