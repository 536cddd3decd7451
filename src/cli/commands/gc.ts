// `alarmsync gc`: drops old runs; never an unfinished one.

import { dropStaging } from '../../pipeline/staging-files.ts';
import type { Command } from '../command.ts';
import { OUTPUT_FLAGS, STATE_FLAGS } from '../flag-groups.ts';
import { openState } from '../session.ts';
import { isUnfinished, knownRuns } from '../runs.ts';
import { required } from '../values.ts';

export const gcCommand: Command = {
  usage: 'gc',
  meaning: 'Drop all but the newest runs; unfinished ones stay, and so do plan files kept elsewhere',
  example: 'alarmsync gc --keep-runs 30',
  flags: ['keep-runs', ...STATE_FLAGS, ...OUTPUT_FLAGS],
  async run(context) {
    const { values, terminal } = context;
    values.required('keep-runs');
    using state = openState(context);
    const old = [...knownRuns(state, terminal)].slice(required(values.count('keep-runs')));
    const dropped = old.filter(({ run }) => !isUnfinished(run));
    for (const { run } of dropped) state.forget(run.runId);
    for (const { run } of knownRuns(state, terminal)) {
      if (run.phase !== 'planning') dropStaging(state.runDirectory(run.runId));
    }
    state.dropLeftovers(context.nowEpochMs());
    terminal.result(`Dropped ${dropped.length} runs, kept ${state.runs().length}.`);
    return 0;
  },
};
