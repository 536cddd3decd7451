// `alarmsync validate`: reads the file and names every bad row, those that a service cannot hold among them; no network.

import { rmSync } from 'node:fs';
import path from 'node:path';

import { sourceOfPart, type DealtPart } from '../../pipeline/part-source.ts';
import { readValid } from '../../pipeline/sync.ts';
import type { RunSettings } from '../../store/run-settings.ts';
import { spool } from '../../pipeline/source/source.ts';
import { sourceStage } from '../../threads/run-stage.ts';
import type { Command, CommandContext } from '../command.ts';
import { positional } from '../command.ts';
import { OUTPUT_FLAGS, SOURCE_FLAGS, STATE_FLAGS } from '../flag-groups.ts';
import { runSettingsOf } from '../run-settings.ts';
import { newRunId, openState } from '../session.ts';
import { hasTargets } from '../targets/choice.ts';

export const validateCommand: Command = {
  usage: 'validate <file>',
  meaning: 'Read the file and name every bad row, with --service those that it cannot hold too; no network',
  example: 'alarmsync validate alarms.csv --service datadog: --config alarmsync.yaml',
  flags: [
    'service',
    'target',
    'target-column',
    'on-unclaimed',
    ...SOURCE_FLAGS,
    ...STATE_FLAGS,
    ...OUTPUT_FLAGS,
  ],
  async run(context) {
    const { values, stop } = context;
    if (hasTargets(context)) {
      const { validateTargets } = await import('../targets/validating.ts');
      return validateTargets(context, validateCommand, validateRows);
    }
    const file = positional(context, 'file');
    const run = runSettingsOf(values, file, values.text('service') ?? '');
    using state = openState(context);
    const directory = state.runDirectory(`validate-${newRunId(context.nowEpochMs())}`);
    try {
      const spooled = path.join(directory, 'input.csv');
      if (file === '-') await spool(context.standardInput, spooled, stop.stop);
      return await validateRows(context, run, { directory, sourcePath: file === '-' ? spooled : file });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

/** What is validated, and where. */
interface Validating {
  readonly directory: string;
  readonly sourcePath: string;
  readonly dealt?: DealtPart;
}

async function validateRows(
  { terminal, stop, sections }: CommandContext,
  run: RunSettings,
  { directory, sourcePath, dealt }: Validating,
): Promise<number> {
  const { contacts, cloudwatch } = sections;
  const stage = sourceStage(run.service === '' ? null : { service: run.service, contacts, cloudwatch });
  const source = await readValid(
    dealt === undefined ? stage : sourceOfPart(stage, dealt),
    path.join(directory, 'desired.db'),
    sourcePath,
    run,
    stop.stop,
  );
  terminal.result(`Valid: ${source.desiredCount} alarms in ${source.rowCount} rows.`);
  return 0;
}
