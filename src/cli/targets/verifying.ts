// A file and the configuration's targets -> whether each of them holds what the file says of it.

import { positional, type Command, type CommandContext } from '../command.ts';
import { chosenTargets, shareOf } from './choice.ts';
import { eachPart, type PartWork } from './each-part.ts';
import { placesOf } from './new-round.ts';
import { requireApart } from './places.ts';

/** Gives the exit code. */
export async function verifyTargets(
  context: CommandContext,
  command: Command,
  verifyService: PartWork,
): Promise<number> {
  const share = shareOf(context, chosenTargets(context));
  const places = await placesOf(context, positional(context, 'file'), share);
  await requireApart(context, places);
  const targets = places.map(({ target: { name }, context: own, settings }) => ({
    name,
    context: own,
    settings,
  }));
  return eachPart(context, command, share, targets, verifyService);
}
