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
import { FLAGS, type Flag } from './flags.ts';
import { SECRET_REFERENCE, SECRETS, type SecretReferences } from './secrets.ts';

/** What the file says besides flags. */
export interface ConfigSections {
  readonly contacts: ContactHandles;
  readonly secrets: SecretReferences;
  readonly cloudwatch: CloudWatchSettings;
  /** Null when the file does not say. */
  readonly downtimes: readonly Downtime[] | null;
}

export interface ConfigFile {
  /** Texts, by flag name. */
  readonly flags: ReadonlyMap<string, string>;
  readonly sections: ConfigSections;
}

const handle = v.pipe(
  v.string(),
  v.regex(/^(?:@|arn:|[a-z+]+:\/\/)\S+$/u, 'expected a handle such as "@slack-ops", an ARN or a URL'),
);

/** A star stands for the rest of a contact, and then in its handle too. No two contacts may have one handle: they are read back by it. */
const contacts = v.pipe(
  v.record(v.string(), handle),
  v.check(
    (handles) => Object.entries(handles).every(([contact, to]) => contact.endsWith('*') === to.endsWith('*')),
    'expected a star at the end of both a contact and its handle, or of neither',
  ),
  v.check(
    (handles) => new Set(Object.values(handles)).size === Object.keys(handles).length,
    'expected a handle of its own for each contact',
  ),
  v.description(
    'Whom a contact is at the service: a handle of Datadog, an ARN or a URL, by contact; a star at the end stands for the rest',
  ),
);

/** A reference only: what stands there by mistake is not repeated in the fault. */
const NO_REFERENCE = 'expected env:NAME, the variable that holds the secret';

const secret = v.pipe(v.string(NO_REFERENCE), v.regex(SECRET_REFERENCE, NO_REFERENCE));

const secrets = v.pipe(
  v.partial(v.strictObject(v.entriesFromList(SECRETS, secret))),
  v.description('Which variables of the environment hold the secrets, as env:NAME'),
);

type FlagValue = string | number | boolean | readonly (string | number | boolean)[];

/** What a flag is decoded from is its text: here is asked only whether it has one. */
function flagSchema({ kind, meaning }: Flag): v.GenericSchema<unknown, FlagValue> {
  const one = v.union([v.string(), v.number(), v.boolean()], 'expected a text, a number, true or false');
  const some = v.union([one, v.array(one)], 'expected a text, a number, or a list of them');
  return v.pipe(kind === 'list' ? some : one, v.description(meaning));
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
    cloudwatch: ofCloudWatch = DEFAULT_CLOUDWATCH_SETTINGS,
    ...flags
  } = read.output;
  const texts = Object.entries<FlagValue | undefined>(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, textOf(value)] as const],
  );
  return {
    flags: new Map(texts),
    sections: {
      contacts: handles,
      secrets: references,
      cloudwatch: ofCloudWatch,
      downtimes: wanted ?? null,
    },
  };
}

function faultOf(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? '';
  const [section = ''] = path.split('.');
  if (issue.expected === 'never' && ['downtimes', 'cloudwatch'].includes(section) && section !== path)
    return `${path}: expected a member that ${section} ${section === 'downtimes' ? 'have' : 'has'}`;
  if (issue.expected === 'never')
    return path.startsWith('secrets.')
      ? `expected one of ${SECRETS.join(', ')}, got "${path}"`
      : `expected the name of a flag, got "${path}"`;
  return `${path}: ${issue.message}`;
}

function textOf(value: FlagValue): string {
  return Array.isArray(value) ? value.map(String).join(',') : String(value);
}
