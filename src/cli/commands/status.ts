// `alarmsync status` and `alarmsync runs`: where runs stand.

import { safe } from '../../pipeline/report/escape.ts';
import { runOutcome } from '../../pipeline/report/outcome.ts';
import { outcomeNotes, planLine } from '../../pipeline/report/summary.ts';
import { PlanFile } from '../../store/plan-file.ts';
import { roundIdOf } from '../../store/run-id.ts';
import type { Command } from '../command.ts';
import { OUTPUT_FLAGS, STATE_FLAGS } from '../flag-groups.ts';
import { knownRuns, requireRun, type KnownRun } from '../runs.ts';
import { openState } from '../session.ts';
import type { Terminal } from '../terminal.ts';

export const statusCommand: Command = {
  usage: 'status [run]',
  meaning: 'Where a run stands, or by their id those of all targets; the last one when none is named',
  example: 'alarmsync status',
  flags: [...STATE_FLAGS, ...OUTPUT_FLAGS],
  async run(context) {
    const { terminal, positionals } = context;
    using state = openState(context);
    const named = positionals.get('run') ?? state.runs()[0]?.runId;
    if (named === undefined) {
      terminal.result('There is no run yet.');
      return 0;
    }
    const isGiven = positionals.get('run') !== undefined;
    const { findRound } = await import('../targets/old-round.ts');
    const round = findRound(context, state, isGiven ? named : (roundIdOf(named) ?? named));
    if (round === undefined) {
      tellStatus(terminal, requireRun(state, named));
      return 0;
    }
    terminal.result(`Runs ${round.roundId} of ${round.runs.length} targets`);
    for (const known of round.runs)
      tellStatus(terminal.ofTarget(known.run.settings.target?.name ?? ''), known);
    return 0;
  },
};

function tellStatus(terminal: Terminal, { registered, run }: KnownRun): void {
  using plan = PlanFile.openReadOnly(registered.planPath);
  const outcome = runOutcome(plan);
  terminal.result(
    `Run ${run.runId}: ${run.phase}${run.exitCode === null ? '' : `, exit code ${run.exitCode}`}`,
  );
  terminal.result(`Service: ${safe(run.serviceAddress)}`);
  terminal.result(`File: ${safe(run.sourcePath ?? run.settings.file ?? 'none')}`);
  terminal.result(`Plan file: ${safe(registered.planPath)}`);
  if (run.summary !== null) terminal.result(planLine(run.summary));
  terminal.result(
    `Done: ${outcome.createdCount} created, ${outcome.updatedCount} updated, ${outcome.deletedCount} deleted, ${outcome.failedCount} failed.`,
  );
  for (const line of outcomeNotes(outcome)) terminal.result(line);
}

export const runsCommand: Command = {
  usage: 'runs',
  meaning: 'The runs in the state directory, newest first',
  example: 'alarmsync runs',
  flags: [...STATE_FLAGS, ...OUTPUT_FLAGS],
  async run(context) {
    using state = openState(context);
    for (const { run } of knownRuns(state, context.terminal)) {
      const counts = run.summary === null ? '' : `  ${planLine(run.summary)}`;
      context.terminal.result(`${run.runId}  ${run.phase.padEnd(9)}  ${safe(run.serviceAddress)}${counts}`);
    }
    return 0;
  },
};
