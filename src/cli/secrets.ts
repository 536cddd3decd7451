// The section `secrets` of the configuration file: which variable of the environment holds a secret, never the secret itself.

import { AlarmSyncError } from '../alarm/errors.ts';
import type { CommandContext, HostEnvironment } from './command.ts';

export const SECRETS = ['token', 'datadog_api_key', 'datadog_application_key'] as const;

export type SecretName = (typeof SECRETS)[number];

/** Shape of each: `env:NAME`. */
export type SecretReferences = Readonly<Partial<Record<SecretName, string | undefined>>>;

export const SECRET_REFERENCE: RegExp = /^env:[A-Za-z_][A-Za-z0-9_]*$/u;

/**
 * The credentials for the service: what the configuration file refers to, else what the usual variables hold. The file goes first, so that
 * a key left in the environment for something else is not taken for the one that was named.
 * @throws {ALARMSYNC_SERVICE_CREDENTIALS} for a reference to a variable that is not set.
 */
export function credentialsOf({
  host,
  sections,
}: Pick<CommandContext, 'host' | 'sections'>): Pick<HostEnvironment, 'token' | 'tokenFile' | 'datadog'> {
  const named = (secret: SecretName): string | undefined => referredTo(secret, sections.secrets, host);
  const token = named('token');
  return {
    ...(token === undefined
      ? { token: host.token, tokenFile: host.tokenFile }
      : { token, tokenFile: undefined }),
    datadog: {
      ...host.datadog,
      apiKey: named('datadog_api_key') ?? host.datadog.apiKey,
      applicationKey: named('datadog_application_key') ?? host.datadog.applicationKey,
    },
  };
}

function referredTo(
  secret: SecretName,
  references: SecretReferences,
  host: HostEnvironment,
): string | undefined {
  const reference = references[secret];
  if (reference === undefined) return undefined;
  const variable = reference.slice('env:'.length);
  const value = host.variable(variable);
  if (value !== undefined && value !== '') return value;
  throw new AlarmSyncError(
    'ALARMSYNC_SERVICE_CREDENTIALS',
    `expected ${variable} in the environment, which secrets.${secret} of the configuration file names, got nothing`,
    { hint: `set ${variable}, or take the key out of the file to use the usual variable` },
  );
}
