// A file and the configuration's targets -> every row that is bad, or not exactly one target's; no network.

import { positional, type Command, type CommandContext } from '../command.ts';
import { chosenTargets, contextOf, shareOf } from './choice.ts';
import { eachPart, type PartWork } from './each-part.ts';
import { settingsOf } from './new-round.ts';

/** Gives the exit code. */
export async function validateTargets(
  context: CommandContext,
  command: Command,
  validateRows: PartWork,
): Promise<number> {
  const chosen = chosenTargets(context);
  const share = shareOf(context, chosen);
  const file = positional(context, 'file');
  const targets = chosen.map((target) => {
    const own = contextOf(context, target);
    const settings = settingsOf(own, file, { name: target.name, ...share });
    return { name: target.name, context: own, settings };
  });
  return eachPart(context, command, share, targets, validateRows);
}
