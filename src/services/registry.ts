// The text given with --service -> an open alarm service. An adapter is loaded only when it is asked for.

import { AlarmSyncError } from '../alarm/errors.ts';
import type { AlarmService, FitDefinition, RequestGate } from './alarm-service.ts';
import type { ContactHandles } from './datadog/contacts.ts';
import type { DatadogAccount } from './datadog/datadog.ts';
import type { ConnectionSettings } from './http.ts';

/** Complete and plain, so that another thread can open the same service. */
export interface ServiceSettings extends ConnectionSettings {
  /** `http(s)://…`, `embedded:FILE`, `datadog:` or `datadog:URL`. */
  readonly service: string;
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly datadog: DatadogAccount;
  readonly contacts: ContactHandles;
}

/**
 * Opens the service; nothing is sent yet.
 * @throws {ALARMSYNC_SERVICE_ADDRESS} for a text that names no service.
 * @throws {ALARMSYNC_SERVICE_CREDENTIALS} where credentials that it cannot do without are missing.
 */
export async function openService(settings: ServiceSettings, gate: RequestGate): Promise<AlarmService> {
  const { service } = settings;
  if (service.startsWith('embedded:')) {
    const { createEmbeddedService } = await import('./embedded/embedded.ts');
    return createEmbeddedService({ file: service.slice('embedded:'.length), durable: true }, gate);
  }
  if (service.startsWith('datadog:')) {
    const { createDatadogService, datadogAddress } = await import('./datadog/datadog.ts');
    const url = datadogAddress(service.slice('datadog:'.length), settings.datadog.site);
    return createDatadogService({ ...settings, ...settings.datadog, url }, gate);
  }
  if (/^https?:\/\//iu.test(service)) {
    const { createRestService } = await import('./rest/rest.ts');
    return createRestService({ ...settings, url: service }, gate);
  }
  throw new AlarmSyncError(
    'ALARMSYNC_SERVICE_ADDRESS',
    'expected http(s)://…, embedded:FILE or datadog:, got something else',
    {
      hint: 'name the alarm service with --service',
    },
  );
}

/** What rows have to pass before they are planned for this service; undefined when it holds whatever it is given. */
export async function loadFit({ service, contacts }: ServiceSettings): Promise<FitDefinition | undefined> {
  if (!service.startsWith('datadog:')) return undefined;
  const { ContactMap } = await import('./datadog/contacts.ts');
  const { fitDefinition } = await import('./datadog/fit.ts');
  const map = new ContactMap(contacts);
  return (definition) => fitDefinition(definition, map);
}
