// A finished plan and the user's flags -> accepted, or refused with every reason.

import { AlarmSyncError } from '../alarm/errors.ts';
import { planChecksum } from '../pipeline/plan/plan.ts';
import type { PlanFile } from '../store/plan-file.ts';
import type { PlanSummary } from '../store/plan-summary.ts';
import type { CommandContext } from './command.ts';
import { applyPlan } from './applying.ts';
import { exitCodeOf } from './exit-code.ts';
import { changeCountOf, planExitCode, type PlanningDeps } from './planning.ts';
import type { Values } from './values.ts';

/** @throws {ALARMSYNC_CLI_USAGE} when --force does not say which plan it means; told before any work is done. */
export function requireChecksumWithForce(values: Values): void {
  if (!values.isOn('force') || values.text('checksum') !== undefined) return;
  throw new AlarmSyncError('ALARMSYNC_CLI_USAGE', 'expected --checksum HASH with --force', {
    hint: 'the plan and its checksum are told by: alarmsync plan',
  });
}

/** @throws {ALARMSYNC_PLAN_CHECKSUM} when the operations are no longer those that were planned: someone changed the file. */
export function requireIntact(plan: PlanFile): void {
  const { checksum, settings } = plan.run.read();
  const found = planChecksum(plan, settings.compareState);
  if (found === checksum) return;
  throw new AlarmSyncError(
    'ALARMSYNC_PLAN_CHECKSUM',
    `expected operations with checksum ${checksum ?? 'none'}, got ${found}: the plan file was changed`,
    { hint: 'plan anew with: alarmsync plan FILE --service URL' },
  );
}

/**
 * Accepts a plan that was saved, or one that was accepted before and begun: that is looked at again where the user names a checksum.
 * @throws {ALARMSYNC_PLAN_CHECKSUM} as requireIntact; and as acceptPlan.
 */
export function acceptSaved(context: CommandContext, plan: PlanFile): void {
  const isBegun = plan.run.read().phase !== 'planned';
  if (isBegun && context.values.text('checksum') === undefined) return;
  requireIntact(plan);
  if (isBegun) requireNamedChecksum(context.values, plan);
  else acceptPlan(context, plan);
}

/**
 * Accepts the plan, or tells every reason against it.
 * @throws {ALARMSYNC_PLAN_CHECKSUM} when --checksum is another plan's; the first refusal's code when it is refused.
 */
export function acceptPlan(context: CommandContext, plan: PlanFile): void {
  const { values, terminal } = context;
  requireNamedChecksum(values, plan);
  const { checksum, summary } = plan.run.read();
  const isForced = values.isOn('force');
  const refusals = (summary?.refusals ?? []).filter((refusal) => !(isForced && refusal.isForceable));
  const [first, ...others] = refusals;
  if (first === undefined) return;
  for (const refusal of others) terminal.log.warn(`${refusal.message}; ${refusal.hint}`);
  plan.run.noteStopped(3);
  throw new AlarmSyncError(decodeRefusalCode(first.code), first.message, {
    hint: `${first.hint}; look at it: alarmsync show ${plan.path}${first.isForceable ? `; or take just this plan: alarmsync apply ${plan.path} --force --checksum ${checksum ?? ''}` : ''}`,
  });
}

function requireNamedChecksum(values: Values, plan: PlanFile): void {
  const { checksum } = plan.run.read();
  const wanted = values.text('checksum');
  if (wanted === undefined || wanted.toLowerCase() === checksum) return;
  throw new AlarmSyncError(
    'ALARMSYNC_PLAN_CHECKSUM',
    `expected a plan with checksum ${wanted}, got ${checksum ?? 'none'}`,
    { hint: `look at it: alarmsync show ${plan.path}` },
  );
}

function decodeRefusalCode(
  code: string,
):
  | 'ALARMSYNC_GUARD_REFUSED'
  | 'ALARMSYNC_SOURCE_EMPTY'
  | 'ALARMSYNC_SOURCE_UNSEALED'
  | 'ALARMSYNC_LISTING_SHRUNK' {
  const codes = ['ALARMSYNC_SOURCE_EMPTY', 'ALARMSYNC_SOURCE_UNSEALED', 'ALARMSYNC_LISTING_SHRUNK'] as const;
  return codes.find((known) => known === code) ?? 'ALARMSYNC_GUARD_REFUSED';
}

/**
 * Applies the plan when it changes nothing, was approved beforehand, or is approved now. Gives the exit code: without
 * approval the plan stays for review.
 * @throws {AlarmSyncError} when the plan is refused.
 */
export async function applyOnceAgreed(
  { context, connection, state }: PlanningDeps,
  plan: PlanFile,
  isApproved: boolean,
): Promise<number> {
  acceptPlan(context, plan);
  const { summary } = plan.run.read();
  if (summary === null) throw new Error('expected a summary of the plan');
  if (isApproved || (await isAgreed(context, summary))) return applyPlan(context, plan, connection, state);
  context.terminal.log.next(`nothing was changed; apply it with: alarmsync apply ${plan.path}`);
  const exitCode = exitCodeOf([2, planExitCode(summary)]);
  plan.run.noteStopped(exitCode);
  return exitCode;
}

async function isAgreed({ terminal, stop }: CommandContext, summary: PlanSummary): Promise<boolean> {
  if (changeCountOf(summary) === 0) return true;
  return terminal.isInteractive && (await terminal.confirm('Apply this plan?', stop.stop));
}
