// The text given with --service -> an open alarm service. An adapter is loaded only when it is asked for.

import { AlarmSyncError } from '../alarm/errors.ts';
import type { AlarmService, FitDefinition, RequestGate } from './alarm-service.ts';
import type { CloudWatchSettings } from './cloudwatch/settings.ts';
import type { ContactHandles } from './contacts.ts';
import type { DatadogAccount } from './datadog/datadog.ts';
import type { Observation, ObserveWish } from './datadog/observe/observe.ts';
import type { ConnectionSettings } from './http.ts';

/** Complete and plain, so that another thread can open the same service. */
export interface ServiceSettings extends ConnectionSettings {
  /** `http(s)://…`, `embedded:FILE`, `datadog:`, `datadog:URL`, `cloudwatch:REGION`, `aodh:URL` or `module:FILE`. */
  readonly service: string;
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly datadog: DatadogAccount;
  readonly contacts: ContactHandles;
  readonly cloudwatch: CloudWatchSettings;
  /** From OS_PROJECT_ID. */
  readonly openStackProjectId: string | undefined;
  /** True for an adoption: everybody's alarms, and of each only whether it is kept in step here. */
  readonly adopts: boolean;
}

/**
 * Opens the service; nothing is sent yet.
 * @throws {ALARMSYNC_SERVICE_ADDRESS} for a text that names no service.
 * @throws {ALARMSYNC_SERVICE_CREDENTIALS} where credentials that it cannot do without are missing.
 * @throws {ALARMSYNC_CLI_USAGE} for an adoption where there is none.
 */
export async function openService(settings: ServiceSettings, gate: RequestGate): Promise<AlarmService> {
  const { service, adopts } = settings;
  const kind = kindOf(service);
  if (adopts && kind !== 'datadog') {
    throw new AlarmSyncError(
      'ALARMSYNC_CLI_USAGE',
      'expected datadog:, where alarms of others can be taken over, got another service',
      {
        hint:
          kind === 'cloudwatch'
            ? 'in CloudWatch the names of others are conflicts; the section cloudwatch can give yours a name_prefix'
            : "nothing has to be adopted there, since every alarm is the file's: alarmsync sync FILE --service URL",
      },
    );
  }
  switch (kind) {
    case 'embedded': {
      const { createEmbeddedService } = await import('./embedded/embedded.ts');
      return createEmbeddedService({ file: service.slice('embedded:'.length), durable: true }, gate);
    }
    case 'datadog': {
      const { createDatadogService, datadogAddress } = await import('./datadog/datadog.ts');
      const url = datadogAddress(service.slice('datadog:'.length), settings.datadog.site);
      return createDatadogService({ ...settings, ...settings.datadog, url }, gate);
    }
    case 'cloudwatch': {
      const { createCloudWatchService } = await import('./cloudwatch/cloudwatch.ts');
      return createCloudWatchService({ ...settings, region: service.slice('cloudwatch:'.length) }, gate);
    }
    case 'aodh': {
      const { createAodhService } = await import('./aodh/aodh.ts');
      const url = service.slice('aodh:'.length);
      return createAodhService({ ...settings, url, projectId: settings.openStackProjectId }, gate);
    }
    case 'module': {
      const { createModuleService } = await import('./module/module.ts');
      return createModuleService(service.slice('module:'.length), settings, gate);
    }
    case 'rest': {
      const { createRestService } = await import('./rest/rest.ts');
      return createRestService({ ...settings, url: service }, gate);
    }
  }
}

/**
 * What shows and watches alarmsync's own metrics at that service; nothing is sent yet.
 * @throws {ALARMSYNC_CLI_USAGE} for a service that has no place for it.
 */
export async function openObservation(
  settings: ServiceSettings,
  wish: ObserveWish,
  gate: RequestGate,
): Promise<Observation> {
  const { service, datadog } = settings;
  if (kindOf(service) !== 'datadog') {
    throw new AlarmSyncError(
      'ALARMSYNC_CLI_USAGE',
      'expected datadog: or datadog:URL, where dashboards are made of metrics, got another service',
      {
        hint: 'the metrics can be seen by any agent that takes DogStatsD; only there they are shown by alarmsync',
      },
    );
  }
  const { datadogAddress } = await import('./datadog/datadog.ts');
  const { Observation: Opened } = await import('./datadog/observe/observe.ts');
  const url = datadogAddress(service.slice('datadog:'.length), datadog.site);
  return new Opened({ ...settings, ...datadog, url }, wish, gate);
}

/** @throws {ALARMSYNC_SERVICE_ADDRESS} for a text that names no service. */
function kindOf(service: string): 'embedded' | 'datadog' | 'cloudwatch' | 'aodh' | 'module' | 'rest' {
  if (service.startsWith('embedded:')) return 'embedded';
  if (service.startsWith('datadog:')) return 'datadog';
  if (service.startsWith('cloudwatch:')) return 'cloudwatch';
  if (service.startsWith('aodh:')) return 'aodh';
  if (service.startsWith('module:')) return 'module';
  if (/^https?:\/\//iu.test(service)) return 'rest';
  throw new AlarmSyncError(
    'ALARMSYNC_SERVICE_ADDRESS',
    'expected http(s)://…, embedded:FILE, datadog:, cloudwatch:REGION, aodh:URL or module:FILE, got something else',
    {
      hint: 'name the alarm service with --service',
    },
  );
}

/** What decides which rows a service can hold; no secret among it. */
export type FitSettings = Pick<ServiceSettings, 'service' | 'contacts' | 'cloudwatch'>;

/**
 * What rows have to pass before they are planned for this service; undefined when it holds whatever it is given. Nothing is sent.
 * @throws {ALARMSYNC_SERVICE_ADDRESS} for a text that names no service.
 */
export async function loadFit({
  service,
  contacts,
  cloudwatch,
}: FitSettings): Promise<FitDefinition | undefined> {
  const { ContactMap } = await import('./contacts.ts');
  switch (kindOf(service)) {
    case 'datadog': {
      const { DATADOG_HANDLES } = await import('./datadog/handles.ts');
      const { fitDefinition } = await import('./datadog/fit.ts');
      const map = new ContactMap(contacts, DATADOG_HANDLES);
      return (definition) => fitDefinition(definition, map);
    }
    case 'cloudwatch': {
      const { ARNS } = await import('./cloudwatch/arns.ts');
      const { fitDefinition } = await import('./cloudwatch/fit.ts');
      const map = new ContactMap(contacts, ARNS);
      return (definition) => fitDefinition(definition, cloudwatch, map);
    }
    case 'aodh': {
      const { ACTION_URLS } = await import('./aodh/urls.ts');
      const { fitDefinition } = await import('./aodh/fit.ts');
      const map = new ContactMap(contacts, ACTION_URLS);
      return (definition) => fitDefinition(definition, map);
    }
    case 'embedded':
    case 'module':
    case 'rest':
      return undefined;
  }
}
