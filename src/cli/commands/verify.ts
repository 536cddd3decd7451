// `alarmsync verify`: lists again and proves that service and file agree.

import { rmSync } from 'node:fs';
import path from 'node:path';

import { renderDowntimes, renderOperations } from '../../pipeline/report/operations.ts';
import { planLine } from '../../pipeline/report/summary.ts';
import { spool } from '../../pipeline/source/source.ts';
import { planRun } from '../../pipeline/sync.ts';
import { sourceOfPart, type DealtPart } from '../../pipeline/part-source.ts';
import { PlanFile } from '../../store/plan-file.ts';
import type { PlanSummary } from '../../store/plan-summary.ts';
import type { RunSettings } from '../../store/run-settings.ts';
import type { Command, CommandContext } from '../command.ts';
import { positional } from '../command.ts';
import { exitCodeOf } from '../exit-code.ts';
import { OUTPUT_FLAGS, PACE_FLAGS, SOURCE_FLAGS, STATE_FLAGS } from '../flag-groups.ts';
import { alarmChangeCountOf, changeCountOf, conflictCountOf } from '../planning.ts';
import { keptSettings, runSettingsOf } from '../run-settings.ts';
import { connect, newRunId, openState, paceOf } from '../session.ts';
import { hasTargets } from '../targets/choice.ts';
import { VERSION } from '../version.ts';

/** Differences told one by one; `plan` and `show` tell all. */
const SHOWN_COUNT = 100;

export const verifyCommand: Command = {
  usage: 'verify <file>',
  meaning: 'List again and prove that service, or each target, and file agree; ends with 2 when they do not',
  example: 'alarmsync verify alarms.csv --service https://alarms.example.com',
  flags: [
    'service',
    'scope',
    'exclude',
    'target',
    'target-column',
    'on-unclaimed',
    ...SOURCE_FLAGS,
    ...PACE_FLAGS,
    ...STATE_FLAGS,
    ...OUTPUT_FLAGS,
  ],
  async run(context) {
    const { values, nowEpochMs } = context;
    if (hasTargets(context)) {
      const { verifyTargets } = await import('../targets/verifying.ts');
      return verifyTargets(context, verifyCommand, verifyService);
    }
    const file = positional(context, 'file');
    const asked = runSettingsOf(values, file, values.required('service'));
    using state = openState(context);
    const runId = `verify-${newRunId(nowEpochMs())}`;
    const directory = state.runDirectory(runId);
    try {
      const spooled = path.join(directory, 'input.csv');
      if (file === '-') await spool(context.standardInput, spooled, context.stop.stop);
      const sourcePath = file === '-' ? spooled : file;
      return await verifyService(context, asked, { runId, directory, sourcePath });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

/** What is verified, and where. */
interface Verifying {
  readonly runId: string;
  readonly directory: string;
  readonly sourcePath: string;
  readonly dealt?: DealtPart;
}

async function verifyService(
  context: CommandContext,
  asked: RunSettings,
  { runId, directory, sourcePath, dealt }: Verifying,
): Promise<number> {
  const { stop, nowEpochMs } = context;
  await using connection = await connect(context, asked);
  const run = keptSettings(asked, connection.service, context);
  const { identity, stages } = connection;
  using plan = PlanFile.create(path.join(directory, 'plan.db'), {
    runId,
    kind: 'sync',
    alarmsyncVersion: VERSION,
    createdAtMs: nowEpochMs(),
    approvedAtMs: null,
    serviceAddress: identity.address,
    serviceAccount: identity.account,
    settings: run,
  });
  const summary = await planRun(
    {
      stages: dealt === undefined ? stages : { ...stages, source: sourceOfPart(stages.source, dealt) },
      capabilities: connection.service.capabilities,
      openDowntimes: connection.openDowntimes,
      plan,
      stagingDirectory: directory,
      nowEpochMs,
    },
    {
      sourcePath,
      run,
      listing: paceOf(context),
      quotaPerSecond: 0,
      lastExistingCount: null,
    },
    stop.stop,
  );
  return await tellDifferences(context, plan, summary, run);
}

async function tellDifferences(
  { terminal }: CommandContext,
  plan: PlanFile,
  summary: PlanSummary,
  run: RunSettings,
): Promise<number> {
  const shown = plan.alarms.operations.iterate({ limitCount: SHOWN_COUNT });
  await terminal.stream(renderOperations(shown, 'text', run.compareState));
  await terminal.stream(renderDowntimes(plan.downtimes.operations.iterate(), 'text'));
  const differenceCount = changeCountOf(summary) + conflictCountOf(summary);
  const moreCount = alarmChangeCountOf(summary) + summary.conflictCount - SHOWN_COUNT;
  if (moreCount > 0) terminal.log.info(`and ${moreCount} more`);
  terminal.result(
    differenceCount + summary.unaddressableCount === 0
      ? `Verified: service and file agree on ${summary.unchangedCount} alarms.`
      : `They differ. ${planLine(summary)}`,
  );
  return exitCodeOf([summary.unaddressableCount > 0 ? 6 : 0, differenceCount > 0 ? 2 : 0]);
}
