// The file given with --config -> the flags it sets.

import { readFileSync } from 'node:fs';

import { parse as parseYaml } from 'yaml';

import { AlarmSyncError } from '../alarm/errors.ts';
import { isFlagName } from './flags.ts';

/**
 * Reads the texts of flags, by flag name.
 * @throws {ALARMSYNC_CLI_USAGE} for a file that cannot be read, or a key that no flag knows.
 */
export function readConfigFile(file: string): ReadonlyMap<string, string> {
  let content: unknown;
  try {
    content = parseYaml(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new AlarmSyncError('ALARMSYNC_CLI_USAGE', `expected a YAML or JSON file of flags at ${file}`, {
      cause: error,
    });
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new AlarmSyncError('ALARMSYNC_CLI_USAGE', `expected a mapping of flags in ${file}`);
  }
  const texts = new Map<string, string>();
  for (const [key, value] of Object.entries(content)) {
    if (!isFlagName(key)) {
      throw new AlarmSyncError(
        'ALARMSYNC_CLI_USAGE',
        `expected the name of a flag in ${file}, got "${key}"`,
        {
          hint: 'keys are flags without the dashes, such as max-delete',
        },
      );
    }
    texts.set(key, configText(file, key, value));
  }
  return texts;
}

function configText(file: string, key: string, value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(',');
  if (['string', 'number', 'boolean'].includes(typeof value)) return String(value);
  throw new AlarmSyncError(
    'ALARMSYNC_CLI_USAGE',
    `expected a text, a number or a list for ${key} in ${file}`,
  );
}
