// The work of one target beside that of others -> told, logged and measured as its own, and an exit code.

import type { RunSettings } from '../../store/run-settings.ts';
import { inTarget } from '../../telemetry/names.ts';
import { tellThrown } from '../command-end.ts';
import type { Command, CommandContext } from '../command.ts';
import { ProgressDisplay } from '../progress.ts';
import { watched } from '../watching.ts';
import { contextOf, requireTarget } from './choice.ts';

/**
 * Works for one of several targets. Whatever is said, published and thrown meanwhile is of that target: its lines, events,
 * metrics and notices bear its name. Gives the exit code; never throws, since the others go on.
 * @param context of the target
 */
export async function asTarget(
  context: CommandContext,
  command: Command,
  target: string,
  work: (context: CommandContext) => Promise<number>,
): Promise<number> {
  return inTarget(target, async () => {
    const terminal = context.terminal.ofTarget(target);
    using _log = terminal.log;
    using events = context.events?.ofTarget(target);
    using _progress = await ProgressDisplay.open(terminal);
    try {
      return await watched({ ...context, terminal, events }, command, work);
    } catch (thrown) {
      return tellThrown(thrown, terminal, events);
    }
  });
}

/** Works on one run, with the settings of its target where it is of one. */
export async function asRun(
  context: CommandContext,
  command: Command,
  { target }: Pick<RunSettings, 'target'>,
  work: (context: CommandContext) => Promise<number>,
): Promise<number> {
  if (target !== null) {
    const own = contextOf(context, requireTarget(context, target.name));
    return asTarget(own, command, target.name, work);
  }
  // Where there are targets, nobody watches the command yet.
  return context.sections.targets === null ? work(context) : watched(context, command, work);
}
