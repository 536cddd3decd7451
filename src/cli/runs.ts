// The registered runs -> what their plan files say of them.

import { AlarmSyncError, asAlarmSyncError } from '../alarm/errors.ts';
import { PlanFile } from '../store/plan-file.ts';
import type { Run } from '../store/run-table.ts';
import type { RegisteredRun, StateDirectory } from '../store/state-directory.ts';
import type { Terminal } from './terminal.ts';

export interface KnownRun {
  readonly registered: RegisteredRun;
  readonly run: Run;
}

/** A run that a resumption would go on with. */
export function isUnfinished(run: Run): boolean {
  if (run.phase === 'draining' || run.phase === 'planning') return true;
  return run.phase === 'planned' && run.approvedAtMs !== null && run.exitCode === null;
}

/**
 * The runs of the state directory, newest first. One whose plan file cannot be read is told and passed over.
 * @param isMeant by its id; the plan files of others are not opened
 */
export function* knownRuns(
  state: StateDirectory,
  terminal: Terminal,
  isMeant: (runId: string) => boolean = () => true,
): Generator<KnownRun> {
  for (const registered of state.runs()) {
    if (!isMeant(registered.runId)) continue;
    const run = tryRead(registered, terminal);
    if (run !== undefined) yield { registered, run };
  }
}

/** The run of that id. @throws {ALARMSYNC_RUN_UNKNOWN} when there is none. */
export function requireRun(state: StateDirectory, runId: string): KnownRun {
  const registered = state.runs().find((known) => known.runId === runId);
  if (registered === undefined) {
    throw new AlarmSyncError('ALARMSYNC_RUN_UNKNOWN', `expected a run in ${state.directory}, got ${runId}`, {
      hint: 'list them with: alarmsync runs',
    });
  }
  using plan = PlanFile.openReadOnly(registered.planPath);
  return { registered, run: plan.run.read() };
}

function tryRead(registered: RegisteredRun, terminal: Terminal): Run | undefined {
  try {
    using plan = PlanFile.openReadOnly(registered.planPath);
    return plan.run.read();
  } catch (thrown) {
    terminal.log.warn(`run ${registered.runId} is passed over: ${asAlarmSyncError(thrown).message}`);
    return undefined;
  }
}
