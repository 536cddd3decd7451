// Flags -> what shapes a run, as it is kept in the run.

import path from 'node:path';

import { AlarmSyncError } from '../alarm/errors.ts';
import type { AlarmService } from '../services/alarm-service.ts';
import type { RunSettings } from '../store/run-settings.ts';
import type { CommandContext } from './command.ts';
import { required, type Values } from './values.ts';

export function runSettingsOf(values: Values, file: string, service: string): RunSettings {
  return {
    file: file === '-' ? file : path.resolve(file),
    service: resolved(service),
    policy: required(values.choice('policy', ['sync', 'upsert-only', 'create-only'])),
    scope: values.text('scope') ?? null,
    exclude: values.text('exclude') ?? null,
    protect: values.text('protect') ?? null,
    compareState: required(values.choice('compare-state', ['meaning', 'exact'])),
    ignoreFields: values.list('ignore-fields'),
    ignoreColumns: values.list('ignore-columns'),
    onInvalid: required(values.choice('on-invalid', ['fail', 'skip'])),
    onDuplicate: required(values.choice('on-duplicate', ['fail', 'first', 'last'])),
    expectRowCount: values.count('expect-rows') ?? null,
    expectSha256: values.text('expect-sha256') ?? null,
    maxDelete: values.limit('max-delete'),
    maxUpdate: values.limit('max-update'),
    maxCreate: values.limit('max-create'),
    allowEmpty: values.isOn('allow-empty'),
    allowShrunkService: values.isOn('allow-shrunk-service'),
    allowMissingFinalNewline: values.isOn('allow-missing-final-newline'),
    checkBefore: required(values.choice('check-before', ['all', 'deletes', 'none'])),
    ignoreErrors: values.isOn('ignore-errors'),
    downtimes: null,
    adopts: false,
    target: null,
  };
}

/** An adoption looks at the names that --match says, and at nothing of an alarm but whose it is. */
export function adoptionSettingsOf(values: Values, file: string, service: string): RunSettings {
  return { ...runSettingsOf(values, file, service), scope: values.required('match'), adopts: true };
}

/**
 * The same as far as the service can keep to them, with the downtimes of the configuration file. Where it cannot, that is said.
 * @throws {ALARMSYNC_CLI_USAGE} for downtimes where the service has none.
 */
export function keptSettings(
  asked: RunSettings,
  service: AlarmService,
  { sections, terminal }: CommandContext,
): RunSettings {
  const { downtimes } = sections;
  if (downtimes !== null && service.downtimes === undefined) {
    throw new AlarmSyncError(
      'ALARMSYNC_CLI_USAGE',
      `expected a service that has downtimes, got ${asked.service}`,
      {
        hint: 'take the section downtimes out of the configuration file',
      },
    );
  }
  if (service.capabilities.writesState || asked.compareState === 'meaning') return { ...asked, downtimes };
  terminal.log.warn(
    '--compare-state exact is passed over: this service sets in_alarm by itself, no write can',
  );
  return { ...asked, downtimes, compareState: 'meaning' };
}

/** A file stays the same file when the run is resumed from another directory. */
function resolved(service: string): string {
  const [scheme, file] = service.split(/(?<=^(?:embedded|module):)/u);
  return file === undefined ? service : `${scheme ?? ''}${path.resolve(file)}`;
}
