// `alarmsync status` and `alarmsync runs`: where runs stand.

import { runOutcome } from '../../pipeline/report/outcome.ts';
import { outcomeNotes, planLine } from '../../pipeline/report/summary.ts';
import { PlanFile } from '../../store/plan-file.ts';
import type { Command } from '../command.ts';
import { OUTPUT_FLAGS, STATE_FLAGS } from '../flags.ts';
import { knownRuns, requireRun } from '../runs.ts';
import { openState } from '../session.ts';

export const statusCommand: Command = {
  usage: 'status [run]',
  meaning: 'Where a run stands; the last one when none is named',
  example: 'alarmsync status',
  flags: [...STATE_FLAGS, ...OUTPUT_FLAGS],
  async run(context) {
    const { terminal, positionals } = context;
    using state = openState(context);
    const runId = positionals.get('run') ?? state.runs()[0]?.runId;
    if (runId === undefined) {
      terminal.result('There is no run yet.');
      return 0;
    }
    const { registered, run } = requireRun(state, runId);
    using plan = PlanFile.openReadOnly(registered.planPath);
    const outcome = runOutcome(plan);
    terminal.result(
      `Run ${run.runId}: ${run.phase}${run.exitCode === null ? '' : `, exit code ${run.exitCode}`}`,
    );
    terminal.result(`Service: ${run.serviceAddress}`);
    terminal.result(`File: ${run.sourcePath ?? run.settings.file ?? 'none'}`);
    terminal.result(`Plan file: ${registered.planPath}`);
    if (run.summary !== null) terminal.result(planLine(run.summary));
    terminal.result(
      `Done: ${outcome.createdCount} created, ${outcome.updatedCount} updated, ${outcome.deletedCount} deleted, ${outcome.failedCount} failed.`,
    );
    for (const line of outcomeNotes(outcome)) terminal.result(line);
    return 0;
  },
};

export const runsCommand: Command = {
  usage: 'runs',
  meaning: 'The runs in the state directory, newest first',
  example: 'alarmsync runs',
  flags: [...STATE_FLAGS, ...OUTPUT_FLAGS],
  async run(context) {
    using state = openState(context);
    for (const { run } of knownRuns(state, context.terminal)) {
      const counts = run.summary === null ? '' : `  ${planLine(run.summary)}`;
      context.terminal.result(`${run.runId}  ${run.phase.padEnd(9)}  ${run.serviceAddress}${counts}`);
    }
    return 0;
  },
};
