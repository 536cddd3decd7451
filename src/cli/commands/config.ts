// `alarmsync config schema`: what may stand in the configuration file, for editors and checks.

import { AlarmSyncError } from '../../alarm/errors.ts';
import { positional, type Command } from '../command.ts';
import { OUTPUT_FLAGS } from '../flag-groups.ts';

export const configCommand: Command = {
  usage: 'config <what>',
  meaning: 'Write the JSON Schema of the --config file to standard output',
  example: 'alarmsync config schema > alarmsync.schema.json',
  flags: [...OUTPUT_FLAGS],
  async run(context) {
    const what = positional(context, 'what');
    if (what !== 'schema')
      throw new AlarmSyncError('ALARMSYNC_CLI_USAGE', `expected alarmsync config schema, got config ${what}`);
    const { configSchemaText } = await import('../config-file.ts');
    context.terminal.result(await configSchemaText());
    return 0;
  },
};
