// `alarmsync export`: the service as CSV on standard output.

import { rmSync } from 'node:fs';
import path from 'node:path';

import { csvLine } from '../../pipeline/report/csv.ts';
import { exportColumns, exportRow } from '../../pipeline/report/rows.ts';
import { listService } from '../../pipeline/listing/listing.ts';
import { readOnly } from '../../services/alarm-service.ts';
import { ExistingStaging } from '../../store/existing-staging.ts';
import type { Command, CommandContext } from '../command.ts';
import { OUTPUT_FLAGS, PACE_FLAGS, STATE_FLAGS } from '../flag-groups.ts';
import { connect, newRunId, openState, paceOf } from '../session.ts';
import { ofOneTarget } from '../targets/choice.ts';

export const exportCommand: Command = {
  usage: 'export',
  meaning: 'Write the service as CSV to standard output, in_alarm as active; only once the listing is whole',
  example: 'alarmsync export --service https://alarms.example.com > alarms.csv',
  flags: ['service', 'target', ...PACE_FLAGS, ...STATE_FLAGS, ...OUTPUT_FLAGS],
  async run(given) {
    const context = ofOneTarget(given);
    const { values, terminal, stop } = context;
    await using connection = await connect(context, { service: values.required('service'), adopts: false });
    using state = openState(context);
    const directory = state.runDirectory(`export-${newRunId(context.nowEpochMs())}`);
    try {
      using staging = new ExistingStaging(path.join(directory, 'existing.db'));
      await listService({ reader: readOnly(connection.service), staging }, paceOf(context), stop.stop);
      const lossy: string[] = [];
      await terminal.stream(exportLines(staging, lossy));
      return tellLossy(context, lossy);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

function* exportLines(staging: ExistingStaging, lossy: string[]): Generator<string> {
  const columns = exportColumns(staging.presentMembers());
  yield csvLine(columns);
  for (const alarm of staging.iterate()) {
    const { line, isFaithful } = exportRow(alarm, columns);
    if (!isFaithful) lossy.push(alarm.name);
    yield line;
  }
}

function tellLossy({ terminal }: CommandContext, lossy: readonly string[]): number {
  for (const name of lossy.slice(0, 20))
    terminal.log.warn(`expected an alarm that a row can say, got "${name}"`);
  if (lossy.length === 0) return 0;
  terminal.log.warn(
    `${lossy.length} alarms break the rules of the file; their rows will be refused, and protect their names`,
  );
  return 6;
}
