// The file given with --config -> the flags it sets, and its sections; and the schema that says what may stand there.

import { readFileSync } from 'node:fs';

import * as v from 'valibot';
import { parse as parseYaml } from 'yaml';

import type { Downtime } from '../alarm/downtime.ts';
import { AlarmSyncError } from '../alarm/errors.ts';
import type { CloudWatchSettings } from '../services/cloudwatch/settings.ts';
import { DEFAULT_CLOUDWATCH_SETTINGS } from '../services/cloudwatch/settings.ts';
import type { ContactHandles } from '../services/contacts.ts';
import { cloudwatch } from './cloudwatch-config.ts';
import { downtimes } from './downtime-config.ts';
import { contacts, flagSchema, flagTexts, secrets, type FlagValue } from './config-parts.ts';
import { FLAGS, type Flag } from './flags.ts';
import { SECRETS, type SecretReferences } from './secrets.ts';
import { targets, type Target } from './target-config.ts';

/** What the file says besides flags. */
export interface ConfigSections {
  readonly contacts: ContactHandles;
  readonly secrets: SecretReferences;
  readonly cloudwatch: CloudWatchSettings;
  /** Null when the file does not say. */
  readonly downtimes: readonly Downtime[] | null;
  /** Which account of the service is meant, where the service itself does not say; null where nobody does. */
  readonly account: string | null;
  /** Null when the file has one service at most. */
  readonly targets: readonly Target[] | null;
}

export interface ConfigFile {
  /** Texts, by flag name. */
  readonly flags: ReadonlyMap<string, string>;
  readonly sections: ConfigSections;
}

const flagEntries: Readonly<
  Record<string, v.OptionalSchema<v.GenericSchema<unknown, FlagValue>, undefined>>
> = Object.fromEntries(
  Object.entries<Flag>(FLAGS).map(([name, flag]) => [name, v.optional(flagSchema(flag))] as const),
);

const schema = v.objectWithRest(
  {
    ...flagEntries,
    contacts: v.optional(contacts),
    cloudwatch: v.optional(cloudwatch),
    secrets: v.optional(secrets),
    downtimes: v.optional(downtimes),
    targets: v.optional(targets),
  },
  v.never(),
);

/** The JSON Schema of the file. What none can say, such as that handles differ, is left to the reading. */
export async function configSchemaText(): Promise<string> {
  const { toJsonSchema } = await import('@valibot/to-json-schema');
  return JSON.stringify(toJsonSchema(schema, { errorMode: 'ignore' }), undefined, 2);
}

/**
 * Reads the file.
 * @throws {ALARMSYNC_CLI_USAGE} for one that cannot be read, or with every key and value that cannot stand there.
 */
export function readConfigFile(file: string): ConfigFile {
  let content: unknown;
  try {
    content = parseYaml(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new AlarmSyncError('ALARMSYNC_CLI_USAGE', `expected a YAML or JSON file of flags at ${file}`, {
      cause: error,
    });
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new AlarmSyncError('ALARMSYNC_CLI_USAGE', `expected a mapping of flags in ${file}`);
  const read = v.safeParse(schema, content);
  if (!read.success) {
    throw new AlarmSyncError('ALARMSYNC_CLI_USAGE', `${file}: ${read.issues.map(faultOf).join('; ')}`, {
      hint: 'keys are flags without the dashes, such as max-delete; alarmsync config schema tells them all',
    });
  }
  const {
    contacts: handles = {},
    secrets: references = {},
    downtimes: wanted,
    targets: several,
    cloudwatch: ofCloudWatch = DEFAULT_CLOUDWATCH_SETTINGS,
    ...flags
  } = read.output;
  return {
    flags: flagTexts(flags),
    sections: {
      contacts: handles,
      secrets: references,
      cloudwatch: ofCloudWatch,
      downtimes: wanted ?? null,
      account: null,
      targets: several ?? null,
    },
  };
}

function faultOf(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? '';
  const [section = ''] = path.split('.');
  if (issue.expected === 'never' && ['downtimes', 'cloudwatch'].includes(section) && section !== path)
    return `${path}: expected a member that ${section} ${section === 'downtimes' ? 'have' : 'has'}`;
  if (issue.expected === 'never' && section === 'targets')
    return `${path}: expected a setting that a target may have`;
  if (issue.expected === 'never')
    return path.startsWith('secrets.')
      ? `expected one of ${SECRETS.join(', ')}, got "${path}"`
      : `expected the name of a flag, got "${path}"`;
  return `${path}: ${issue.message}`;
}
