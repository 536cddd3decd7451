// What may stand in the configuration file, for all runs or for one target of several.

import * as v from 'valibot';

import type { ContactHandles } from '../services/contacts.ts';
import type { Flag } from './flags.ts';
import { SECRET_REFERENCE, SECRETS, type SecretReferences } from './secrets.ts';

const handle = v.pipe(
  v.string(),
  v.regex(/^(?:@|arn:|[a-z+]+:\/\/)\S+$/u, 'expected a handle such as "@slack-ops", an ARN or a URL'),
);

/** A star stands for the rest of a contact, and then in its handle too. No two contacts may have one handle: they are read back by it. */
export const contacts: v.GenericSchema<unknown, ContactHandles> = v.pipe(
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

export const secrets: v.GenericSchema<unknown, SecretReferences> = v.pipe(
  v.partial(v.strictObject(v.entriesFromList(SECRETS, secret))),
  v.description('Which variables of the environment hold the secrets, as env:NAME'),
);

export type FlagValue = string | number | boolean | readonly (string | number | boolean)[];

/** What a flag is decoded from is its text: here is asked only whether it has one. */
export function flagSchema({ kind, meaning }: Flag): v.GenericSchema<unknown, FlagValue> {
  const one = v.union([v.string(), v.number(), v.boolean()], 'expected a text, a number, true or false');
  const some = v.union([one, v.array(one)], 'expected a text, a number, or a list of them');
  return v.pipe(kind === 'list' ? some : one, v.description(meaning));
}

/** Texts, by flag name, as a command line would give them. */
export function flagTexts(
  flags: Readonly<Record<string, FlagValue | undefined>>,
): ReadonlyMap<string, string> {
  const texts = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, textOf(value)] as const],
  );
  return new Map(texts);
}

function textOf(value: FlagValue): string {
  return Array.isArray(value) ? value.map(String).join(',') : String(value);
}
