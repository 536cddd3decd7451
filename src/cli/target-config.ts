// The section `targets` of the configuration file: several services that one file is for, each with settings of its own.

import * as v from 'valibot';

import type { Downtime } from '../alarm/downtime.ts';
import type { CloudWatchSettings } from '../services/cloudwatch/settings.ts';
import type { ContactHandles } from '../services/contacts.ts';
import { cloudwatch } from './cloudwatch-config.ts';
import { contacts, flagSchema, flagTexts, secrets, type FlagValue } from './config-parts.ts';
import { downtimes } from './downtime-config.ts';
import { PACE_FLAGS } from './flag-groups.ts';
import { FLAGS, type Flag, type FlagName } from './flags.ts';
import type { SecretReferences } from './secrets.ts';

/** A service that takes some rows of the file. What it does not say is said for all. */
export interface Target {
  readonly name: string;
  /** Which account of the service it is, where two targets are at one service. */
  readonly account: string | null;
  /** Texts, by flag name; `service` is among them. */
  readonly flags: ReadonlyMap<string, string>;
  /** Undefined where that of the file holds. */
  readonly contacts: ContactHandles | undefined;
  readonly cloudwatch: CloudWatchSettings | undefined;
  readonly secrets: SecretReferences | undefined;
  readonly downtimes: readonly Downtime[] | undefined;
}

/** It stands in run ids, and so in the names of directories. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/u;

/** What a target may say for itself. How the file is read is one thing for all. */
const OWN_FLAGS: readonly FlagName[] = [
  'scope',
  'exclude',
  'protect',
  'policy',
  'compare-state',
  'ignore-fields',
  'on-duplicate',
  'max-delete',
  'max-update',
  'max-create',
  'allow-empty',
  'allow-shrunk-service',
  'check-before',
  'ignore-errors',
  'max-errors',
  'limit',
  'queue',
  'tag',
  ...PACE_FLAGS,
];

const ownFlags: Readonly<Record<string, v.OptionalSchema<v.GenericSchema<unknown, FlagValue>, undefined>>> =
  Object.fromEntries(
    OWN_FLAGS.map((name) => {
      const flag: Flag = FLAGS[name];
      return [name, v.optional(flagSchema(flag))] as const;
    }),
  );

const target: v.GenericSchema<unknown, Target> = v.pipe(
  v.objectWithRest(
    {
      ...ownFlags,
      name: v.pipe(
        v.string(),
        v.regex(NAME, 'expected 1 to 64 lower-case letters, digits, - and _, the first no sign'),
        v.description('What it is called: in results, logs, metrics, run ids, and with --target'),
      ),
      service: v.pipe(v.string(), v.nonEmpty('expected a service'), v.description(FLAGS.service.meaning)),
      account: v.optional(
        v.pipe(
          v.string(),
          v.regex(/^\S{1,100}$/u, 'expected a word'),
          v.description(
            'Which account it is, where two targets are at one service with secrets, or in CloudWatch a profile, of their own',
          ),
        ),
      ),
      contacts: v.optional(contacts),
      cloudwatch: v.optional(cloudwatch),
      secrets: v.optional(secrets),
      downtimes: v.optional(downtimes),
    },
    v.never(),
  ),
  v.transform((section) => {
    const { name, account, contacts: handles, cloudwatch: alarms, secrets: references, ...others } = section;
    const { downtimes: wanted, ...flags } = others;
    return {
      name,
      account: account ?? null,
      flags: flagTexts(flags),
      contacts: handles,
      cloudwatch: alarms,
      secrets: references,
      downtimes: wanted,
    };
  }),
);

/** In the order in which they are planned. */
export const targets: v.GenericSchema<unknown, readonly Target[]> = v.pipe(
  v.array(target),
  v.minLength(1, 'expected a target; without any, take the section out and name the service with --service'),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const names = dataset.value.map(({ name }) => name);
    const repeated = [...new Set(names.filter((name, place) => names.indexOf(name) !== place))];
    for (const name of repeated)
      addIssue({ message: `expected a name of its own for each target, got ${name} twice` });
  }),
  v.description('Several services that the rows of one file are for, planned and limited together'),
);
