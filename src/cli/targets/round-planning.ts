// A round of which some are still to be planned -> their rows dealt out of the file, and all of it worked on.

import { asAlarmSyncError } from '../../alarm/errors.ts';
import type { DealtPart } from '../../pipeline/part-source.ts';
import { PlanFile } from '../../store/plan-file.ts';
import type { StateDirectory } from '../../store/state-directory.ts';
import type { CommandContext } from '../command.ts';
import { dropPlanningFiles } from '../planning.ts';
import { requireRun } from '../runs.ts';
import { StopRequest } from '../stop.ts';
import { dealRound, dropRoundFiles } from './round-files.ts';
import { runRound, type Member, type Round } from './round.ts';

/** A run that is to be planned. */
export type Unplanned = Omit<Member, 'step'>;

/** Deals the file out and works on the round; a file that cannot be dealt ends all of its runs. */
export async function planRound(
  context: CommandContext,
  round: Omit<Round, 'members' | 'exitCode'>,
  unplanned: readonly Unplanned[],
  standing: readonly Member[] = [],
): Promise<number> {
  const { state, roundId, share } = round;
  const [first] = unplanned;
  try {
    const dealt =
      first === undefined
        ? new Map<string, DealtPart>()
        : await dealRound(context, state, roundId, unplanned, share, first.settings);
    const members = unplanned.flatMap((member): readonly Member[] => {
      const part = dealt.get(member.name);
      return part === undefined ? [] : [{ ...member, step: { kind: 'plan', dealt: part } }];
    });
    // Rows that could be anybody's are in nobody's plan.
    const hasRejected = [...dealt.values()].some(({ whole }) => whole.unusableNameCount > 0);
    const work = { ...round, members: [...members, ...standing], exitCode: hasRejected ? 6 : 0 };
    const exitCode = await runRound(context, work);
    dropRoundFiles(state, roundId);
    return exitCode;
  } catch (thrown) {
    endRuns(context, state, unplanned, thrown);
    throw thrown;
  }
}

/** As for one that is planned alone: what can be taken up again stays unfinished. */
function endRuns(
  context: CommandContext,
  state: StateDirectory,
  unplanned: readonly Unplanned[],
  thrown: unknown,
): void {
  const isStopped = thrown instanceof StopRequest;
  const exitCode = isStopped ? thrown.exitCode : asAlarmSyncError(thrown).exitCode;
  for (const { runId } of unplanned) {
    using plan = PlanFile.open(requireRun(state, runId).registered.planPath);
    if (plan.run.read().phase !== 'planning') continue;
    if (isStopped || exitCode === 5) plan.run.noteStopped(exitCode);
    else {
      plan.run.noteEnded('abandoned', exitCode, context.nowEpochMs());
      dropPlanningFiles(state.runDirectory(runId));
    }
  }
}
