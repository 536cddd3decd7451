// Runs that are unfinished at the services of a new round -> gone on with, or settled and abandoned, or a refusal.

import { isDeepStrictEqual } from 'node:util';

import { roundIdOf } from '../../store/run-id.ts';
import type { StateDirectory } from '../../store/state-directory.ts';
import { inTarget } from '../../telemetry/names.ts';
import type { Command, CommandContext } from '../command.ts';
import { knownRuns } from '../runs.ts';
import { connect } from '../session.ts';
import { hasDigest, settleUnfinished } from '../unfinished.ts';
import { findRound, goOnWithRound, isRoundUnfinished, type OldRound } from './old-round.ts';
import type { Place } from './places.ts';

/**
 * Ends what earlier runs left unfinished at these services. Gives the exit code when that was all there is to do, undefined
 * when new plans are wanted.
 * @throws {ALARMSYNC_RUN_UNFINISHED} with --on-unfinished fail.
 */
export async function settleEarlier(
  context: CommandContext,
  command: Command,
  state: StateDirectory,
  places: readonly Place[],
): Promise<number | undefined> {
  const given = context.values.choice('on-unfinished', ['resume', 'replan', 'fail']);
  const begun = given === 'replan' || given === 'fail' ? undefined : begunRound(context, state, places);
  if (begun !== undefined && (given === 'resume' || (await isSameWork(begun, places)))) {
    if (context.values.isOn('auto-approve') || given === 'resume')
      return goOnWithRound(context, command, state, begun, 'kept', true);
    context.terminal.log.next(
      `the runs ${begun.roundId} are unfinished; go on with: alarmsync resume ${begun.roundId}`,
    );
    return 2;
  }
  const choice = given === 'fail' ? 'fail' : 'replan';
  for (const { target, context: own, settings } of places) {
    await inTarget(target.name, async () => {
      const terminal = own.terminal.ofTarget(target.name);
      using _log = terminal.log;
      const settling = { ...own, terminal, values: own.values.with({ 'on-unfinished': choice }) };
      await using connection = await connect(settling, settings);
      await settleUnfinished(settling, connection, state, settings);
    });
  }
  return undefined;
}

/** The last round that something was sent of, and that is not at its end. */
function begunRound(
  context: CommandContext,
  state: StateDirectory,
  places: readonly Place[],
): OldRound | undefined {
  for (const { run } of knownRuns(state, context.terminal)) {
    const roundId = roundIdOf(run.runId);
    const isHere = places.some(({ connection }) => connection.identity.address === run.serviceAddress);
    if (roundId === undefined || run.phase !== 'draining' || !isHere) continue;
    const round = findRound(context, state, roundId);
    if (round !== undefined && round.isReleased && isRoundUnfinished(round)) return round;
  }
  return undefined;
}

/** True when going on with the round is what new plans would do: same content, same settings but for the file's name. */
async function isSameWork({ runs }: OldRound, places: readonly Place[]): Promise<boolean> {
  const [first] = places;
  const digest = runs[0]?.run.sourceSha256 ?? null;
  const file = first?.settings.file ?? '-';
  if (runs.length !== places.length || file === '-') return false;
  const isSame = places.every(({ settings }) => {
    const run = runs.find((known) => known.run.settings.target?.name === settings.target?.name)?.run;
    return run?.sourceSha256 === digest && isDeepStrictEqual({ ...run.settings, file }, settings);
  });
  return isSame && hasDigest(file, digest);
}
