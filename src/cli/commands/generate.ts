// `alarmsync generate`: a sample file of any size.

import { generateCsv } from '../../pipeline/source/source.ts';
import type { Command } from '../command.ts';
import { OUTPUT_FLAGS } from '../flag-groups.ts';
import { required } from '../values.ts';

export const generateCommand: Command = {
  usage: 'generate',
  meaning: 'Write a sample CSV of N alarms to standard output, the same for the same seed',
  example: 'alarmsync generate --count 1000000 > alarms.csv',
  flags: ['count', 'seed', ...OUTPUT_FLAGS],
  async run({ values, terminal }) {
    values.required('count');
    await terminal.stream(
      generateCsv({ count: required(values.count('count')), seed: required(values.count('seed')) }),
    );
    return 0;
  },
};
