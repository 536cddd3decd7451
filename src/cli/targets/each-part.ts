// A file and the configuration's targets -> something done with the rows of each, one target after the other, that leaves nothing.

import { rmSync } from 'node:fs';
import path from 'node:path';

import type { DealtPart } from '../../pipeline/part-source.ts';
import type { RunSettings, TargetShare } from '../../store/run-settings.ts';
import type { Command, CommandContext } from '../command.ts';
import { exitCodeOf } from '../exit-code.ts';
import { newRunId, openState } from '../session.ts';
import { dealRound, dropRoundFiles } from './round-files.ts';
import { asTarget } from './target-work.ts';

/** A target and what shapes its work. */
export interface Working {
  readonly name: string;
  /** Of the target. */
  readonly context: CommandContext;
  readonly settings: RunSettings;
}

/** What is done with one part. */
export type PartWork = (
  context: CommandContext,
  settings: RunSettings,
  work: {
    readonly runId: string;
    readonly directory: string;
    readonly sourcePath: string;
    readonly dealt: DealtPart;
  },
) => Promise<number>;

/** Reads the file once. Gives the exit code: the first in order of those of the targets. */
export async function eachPart(
  context: CommandContext,
  command: Command,
  share: Omit<TargetShare, 'name'>,
  targets: readonly Working[],
  work: PartWork,
): Promise<number> {
  using state = openState(context);
  const roundId = `${command.usage.replace(/ .*$/u, '')}-${newRunId(context.nowEpochMs())}`;
  const wanted = targets.map(({ name }) => ({ name, runId: `${roundId}.${name}` }));
  const [first] = targets;
  if (first === undefined) return 0;
  try {
    const parts = await dealRound(context, state, roundId, wanted, share, first.settings);
    const codes: number[] = [];
    for (const { name, context: own, settings } of targets) {
      const dealt = parts.get(name);
      if (dealt === undefined) continue;
      const { sourcePath, partPath } = dealt;
      const ofPart = { runId: roundId, directory: path.dirname(partPath), sourcePath, dealt };
      codes.push(await asTarget(own, command, name, async (atWork) => work(atWork, settings, ofPart)));
    }
    return exitCodeOf(codes);
  } finally {
    for (const { runId } of wanted)
      rmSync(path.join(state.directory, runId), { recursive: true, force: true });
    dropRoundFiles(state, roundId);
  }
}
