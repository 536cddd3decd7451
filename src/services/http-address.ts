// Turns the address a user typed into the one origin and path prefix that requests go to.

import { AlarmSyncError } from '../alarm/errors.ts';

/** Shape: `{"origin": "https://alarms.example:8443", "prefix": "/v1", …}`; the prefix never ends in a slash. */
export interface ServiceAddress {
  readonly origin: string;
  readonly prefix: string;
  /** True when nothing on the way is encrypted. */
  readonly isPlain: boolean;
  /** True when the host is this machine by its address, or `localhost`. */
  readonly isLoopback: boolean;
}

/**
 * Reads `http(s)://host[:port][/prefix]`. The text itself never stands in an error: it may hold a password.
 * @throws {ALARMSYNC_SERVICE_ADDRESS} when it is not such an address, or carries a user, password, query or fragment.
 */
export function parseServiceAddress(text: string): ServiceAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw refuse('expected http(s)://host[:port][/prefix], got something else');
  if (url.username !== '' || url.password !== '')
    throw refuse(
      'expected no user and password in the address, got some',
      'give the token by ALARMSYNC_TOKEN or ALARMSYNC_TOKEN_FILE',
    );
  if (url.search !== '' || url.hash !== '')
    throw refuse(`expected no query and no fragment in the address, got one at ${url.origin}`);
  return {
    origin: url.origin,
    prefix: url.pathname.replace(/\/+$/, ''),
    isPlain: url.protocol === 'http:',
    isLoopback: isLoopbackHost(url.hostname),
  };
}

/** True for this machine by its address, or `localhost`. @param hostname as URL gives it: IPv6 in brackets */
export function isLoopbackHost(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/**
 * Refuses to send credentials where anyone on the way can read them.
 * @throws {ALARMSYNC_SERVICE_ADDRESS} for plain http to another machine.
 */
export function requireConfidential(address: ServiceAddress): void {
  if (!address.isPlain || address.isLoopback) return;
  throw refuse(
    `expected https for an address that is sent a token, got ${address.origin}`,
    'use https, or accept the risk with --insecure',
  );
}

function refuse(message: string, hint?: string): AlarmSyncError {
  return new AlarmSyncError('ALARMSYNC_SERVICE_ADDRESS', message, hint === undefined ? {} : { hint });
}
