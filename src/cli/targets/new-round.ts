// A file and the configuration's targets -> one new run for each, planned and judged together.

import { mkdirSync } from 'node:fs';
import path from 'node:path';

import type { RunSettings, TargetShare } from '../../store/run-settings.ts';
import type { StateDirectory } from '../../store/state-directory.ts';
import { requireChecksumWithForce } from '../acceptance.ts';
import { positional, type Command, type CommandContext } from '../command.ts';
import { createRun } from '../planning.ts';
import { runSettingsOf } from '../run-settings.ts';
import { newRunId, openState } from '../session.ts';
import { chosenTargets, contextOf, shareOf } from './choice.ts';
import { settleEarlier } from './earlier.ts';
import { lockPlaces, placeOf, requireApart, type Place } from './places.ts';
import { planRound, type Unplanned } from './round-planning.ts';
import type { Round } from './round.ts';

/** Plans the file for each chosen target, and applies the plans when that is wanted. Gives the exit code. */
export async function startRound(
  context: CommandContext,
  command: Command,
  approval: Round['approval'],
): Promise<number> {
  requireChecksumWithForce(context.values);
  const share = shareOf(context, chosenTargets(context));
  const places = await placesOf(context, positional(context, 'file'), share);
  await requireApart(context, places);
  using state = openState(context);
  const roundId = newRunId(context.nowEpochMs());
  using _locks = await lockPlaces(state, places, roundId);
  if (approval !== 'never') {
    const exitCode = await settleEarlier(context, command, state, places);
    if (exitCode !== undefined) return exitCode;
  }
  const made = places.map((place) => makeRun(place, state, roundId, approval === 'given'));
  return await planRound(context, { roundId, command, state, share, approval, earlier: [] }, made);
}

/** Where each chosen target is, and what shapes its run. */
export async function placesOf(
  context: CommandContext,
  file: string,
  share: Omit<TargetShare, 'name'>,
): Promise<readonly Place[]> {
  const places: Place[] = [];
  for (const target of chosenTargets(context)) {
    const own = contextOf(context, target);
    places.push(await placeOf(target, own, settingsOf(own, file, { name: target.name, ...share })));
  }
  return places;
}

/** What shapes the run of a target. */
export function settingsOf({ values }: CommandContext, file: string, target: TargetShare): RunSettings {
  const settings = runSettingsOf(values, file, values.required('service'));
  const ignoreColumns = target.column === null ? [] : [target.column];
  return { ...settings, target, ignoreColumns: [...new Set([...settings.ignoreColumns, ...ignoreColumns])] };
}

function makeRun(
  { target, context, settings, connection }: Place,
  state: StateDirectory,
  roundId: string,
  isApproved: boolean,
): Unplanned {
  const { name } = target;
  const runId = `${roundId}.${name}`;
  const out = context.values.text('out');
  if (out !== undefined) mkdirSync(out, { recursive: true, mode: 0o700 });
  const planPath = path.resolve(
    out === undefined ? path.join(state.runDirectory(runId), 'plan.db') : path.join(out, `${name}.db`),
  );
  const newPlan = { runId, undone: null, planPath, settings, isApproved };
  createRun({ context, connection, state }, newPlan)[Symbol.dispose]();
  return { name, context, runId, settings };
}
