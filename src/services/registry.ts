// The text given with --service -> an open alarm service.

import { AlarmSyncError } from '../alarm/errors.ts';
import type { AlarmService, RequestGate } from './alarm-service.ts';
import { createEmbeddedService } from './embedded/embedded.ts';
import type { ProxySettings } from './http.ts';
import { createRestService } from './rest/rest.ts';

/** Complete and plain, so that another thread can open the same service. */
export interface ServiceSettings {
  /** `http(s)://…` or `embedded:FILE`. */
  readonly service: string;
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly allowInsecure: boolean;
  /** Connections at most. */
  readonly concurrency: number;
  readonly requestTimeoutMs: number;
  readonly proxy: ProxySettings;
}

/**
 * Opens the service; nothing is sent yet.
 * @throws {ALARMSYNC_SERVICE_ADDRESS} for a text that names no service.
 */
export function openService(settings: ServiceSettings, gate: RequestGate): AlarmService {
  const { service } = settings;
  if (service.startsWith('embedded:')) {
    return createEmbeddedService({ file: service.slice('embedded:'.length), durable: true }, gate);
  }
  if (/^https?:\/\//iu.test(service)) {
    return createRestService({ ...settings, url: service }, gate);
  }
  throw new AlarmSyncError(
    'ALARMSYNC_SERVICE_ADDRESS',
    'expected http(s)://… or embedded:FILE, got something else',
    {
      hint: 'name the alarm service with --service',
    },
  );
}
