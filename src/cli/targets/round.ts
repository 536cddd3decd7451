// Several targets with one run each -> all planned, judged together, and drained at once; one exit code.
//
//   target a   plan ──┐             ┌── drain
//   target b     plan ├── judged ───┤── drain      each within its own quota
//   target c       plan ┘           └── drain
//
// Plans are made one after the other: a plan fills two cores and up to 256 MB by itself, whatever its size, so that two
// at once would take twice the memory and no less time. Drains wait for services, and share this process.

import { runOutcome } from '../../pipeline/report/outcome.ts';
import type { DealtPart } from '../../pipeline/part-source.ts';
import { PlanFile } from '../../store/plan-file.ts';
import type { RunSettings, TargetShare } from '../../store/run-settings.ts';
import type { PlanSummary } from '../../store/plan-summary.ts';
import type { StateDirectory } from '../../store/state-directory.ts';
import { requireIntact } from '../acceptance.ts';
import { applyPlan, requireApplicable, requireNotOvertaken } from '../applying.ts';
import { tellThrown } from '../command-end.ts';
import type { Command, CommandContext } from '../command.ts';
import { exitCodeOf } from '../exit-code.ts';
import { dropPlanningFiles, planAgain, planExitCode } from '../planning.ts';
import { requireRun } from '../runs.ts';
import { connect } from '../session.ts';
import { Gate, Turns } from './gate.ts';
import { judge, type Arrival, type Standing, type Verdict } from './judge.ts';
import { asTarget } from './target-work.ts';

/** One target with its run. */
export interface Member {
  readonly name: string;
  /** Of the target. */
  readonly context: CommandContext;
  readonly runId: string;
  readonly settings: RunSettings;
  /** `plan`: it is to be planned first, from these rows; `apply`: its plan stands. */
  readonly step: { readonly kind: 'plan'; readonly dealt: DealtPart } | { readonly kind: 'apply' };
}

/** Targets that are planned and judged together. */
export interface Round {
  readonly roundId: string;
  readonly command: Command;
  readonly state: StateDirectory;
  readonly members: readonly Member[];
  readonly share: Omit<TargetShare, 'name'>;
  /** `given`: beforehand; `never`: plans are only made. */
  readonly approval: 'given' | 'asked' | 'never';
  /** Of targets that are at their end: they count towards what is too much of all. */
  readonly earlier: readonly PlanSummary[];
  /** What holds whatever the targets come to, such as rejected rows that are nobody's. */
  readonly exitCode: number;
}

/** Gives the exit code: the first in order of those of the targets. */
export async function runRound(context: CommandContext, round: Round): Promise<number> {
  const gate: RoundGate = new Gate(round.members.length);
  const turns = new Turns();
  const working = round.members.map(async (member) => {
    try {
      const exitCode = await asTarget(member.context, round.command, member.name, async (own) =>
        workOn(own, member, round, gate, turns),
      );
      return { target: member.name, exitCode };
    } finally {
      // Whoever fails on the way has come too: the others do not wait for it.
      void gate.arrive(member.name, { kind: 'failed' });
    }
  });
  const arrivals = await gate.all();
  const verdict = await judged(context, round, arrivals);
  if (verdict.isReleased) noteApproved(context, arrivals, verdict);
  gate.open(verdict);
  const ended = await Promise.all(working);
  const exitCode = exitCodeOf([...ended.map((one) => one.exitCode), verdict.exitCode, round.exitCode]);
  if (verdict.isReleased) tellOutcome(context, round);
  context.events?.targetsSummary(ended, exitCode);
  return exitCode;
}

type RoundGate = Gate<Arrival, Verdict>;

async function judged(
  context: CommandContext,
  round: Round,
  arrivals: ReadonlyMap<string, Arrival>,
): Promise<Verdict> {
  try {
    return await judge(context, round, arrivals);
  } catch (thrown) {
    const exitCode = tellThrown(thrown, context.terminal, context.events);
    return { isReleased: false, exitCode, isOfPlans: false, refusals: new Map() };
  }
}

/** In all plans before anything is sent: whoever resumes goes on with those that were agreed to, and no others. */
function noteApproved(
  { nowEpochMs }: CommandContext,
  arrivals: ReadonlyMap<string, Arrival>,
  { refusals }: Verdict,
): void {
  for (const [name, arrival] of arrivals) {
    if (arrival.kind !== 'stands' || refusals.has(name)) continue;
    using plan = PlanFile.open(arrival.planPath);
    plan.run.noteApproved(nowEpochMs());
  }
}

async function workOn(
  context: CommandContext,
  member: Member,
  { state }: Round,
  gate: RoundGate,
  turns: Turns,
): Promise<number> {
  const { runId, settings, step, name } = member;
  await using connection = await connect(context, settings);
  const found = requireRun(state, runId);
  requireNotOvertaken(found.run, connection, state);
  if (step.kind === 'plan') {
    await turns.take(async () => {
      context.stop.stop.throwIfAborted();
      using _plan = await planAgain({ context, connection, state, dealt: step.dealt }, found);
    });
  } else {
    requireStanding(context, found.registered.planPath, connection, state);
  }
  const standing = standingOf(context, found.registered.planPath);
  const verdict = await gate.arrive(name, standing);
  const refusal = verdict.refusals.get(name);
  if (refusal !== undefined) throw refusal;
  using plan = PlanFile.open(found.registered.planPath);
  if (verdict.isReleased) return await applyPlan(context, plan, connection, state);
  const exitCode = verdict.isOfPlans ? planExitCode(standing.summary) : 0;
  plan.run.noteStopped(exitCodeOf([exitCode, verdict.exitCode]));
  return exitCode;
}

function requireStanding(
  context: CommandContext,
  planPath: string,
  connection: Parameters<typeof requireApplicable>[2],
  state: StateDirectory,
): void {
  using plan = PlanFile.open(planPath);
  const run = plan.run.read();
  requireApplicable(context, run, connection, state);
  if (run.phase === 'planned') requireIntact(plan);
  dropPlanningFiles(state.runDirectory(run.runId));
}

function standingOf(context: CommandContext, planPath: string): Standing {
  using plan = PlanFile.openReadOnly(planPath);
  const { summary, checksum, phase } = plan.run.read();
  if (summary === null) throw new Error('expected a summary of the plan');
  return { kind: 'stands', context, planPath, summary, checksum: checksum ?? '', phase };
}

/** The counts of all targets together, as far as their plans can be read. */
function tellOutcome({ terminal }: CommandContext, { members, state }: Round): void {
  const counts = { created: 0, updated: 0, deleted: 0, failed: 0 };
  let leftCount = 0;
  for (const { runId } of members) {
    using plan = PlanFile.openReadOnly(requireRun(state, runId).registered.planPath);
    const outcome = runOutcome(plan);
    counts.created += outcome.createdCount;
    counts.updated += outcome.updatedCount;
    counts.deleted += outcome.deletedCount;
    counts.failed += outcome.failedCount;
    leftCount += outcome.unfinishedCount;
  }
  const { created, updated, deleted, failed } = counts;
  const left = leftCount === 0 ? '' : ` ${leftCount} operations left.`;
  terminal.result(
    `All ${members.length} targets: ${created} created, ${updated} updated, ${deleted} deleted, ${failed} failed.${left}`,
  );
}
