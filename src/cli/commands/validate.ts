// `alarmsync validate`: reads the file and names every bad row, those that a service cannot hold among them; no network.

import { rmSync } from 'node:fs';
import path from 'node:path';

import { readValid } from '../../pipeline/sync.ts';
import { spool } from '../../pipeline/source/source.ts';
import { sourceStage } from '../../threads/run-stage.ts';
import type { Command } from '../command.ts';
import { positional } from '../command.ts';
import { OUTPUT_FLAGS, SOURCE_FLAGS, STATE_FLAGS } from '../flags.ts';
import { runSettingsOf } from '../run-settings.ts';
import { newRunId, openState } from '../session.ts';

export const validateCommand: Command = {
  usage: 'validate <file>',
  meaning: 'Read the file and name every bad row, with --service those that it cannot hold too; no network',
  example: 'alarmsync validate alarms.csv --service datadog: --config alarmsync.yaml',
  flags: ['service', ...SOURCE_FLAGS, ...STATE_FLAGS, ...OUTPUT_FLAGS],
  async run(context) {
    const { values, terminal, stop, sections } = context;
    const service = values.text('service');
    const file = positional(context, 'file');
    const run = runSettingsOf(values, file, service ?? '');
    using state = openState(context);
    const directory = state.runDirectory(`validate-${newRunId(context.nowEpochMs())}`);
    try {
      const spooled = path.join(directory, 'input.csv');
      if (file === '-') await spool(context.standardInput, spooled, stop.stop);
      const sourcePath = file === '-' ? spooled : file;
      const source = await readValid(
        sourceStage(
          service === undefined
            ? null
            : { service, contacts: sections.contacts, cloudwatch: sections.cloudwatch },
        ),
        path.join(directory, 'desired.db'),
        sourcePath,
        run,
        stop.stop,
      );
      terminal.result(`Valid: ${source.desiredCount} alarms in ${source.rowCount} rows.`);
      return 0;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
