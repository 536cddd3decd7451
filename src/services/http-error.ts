// Turns what went wrong with one HTTP exchange into the error of our own code table.

import { AlarmSyncError } from '../alarm/errors.ts';
import type { ErrorCode, ErrorDetails, FailureClass } from '../alarm/errors.ts';

const CREDENTIALS_HINT = 'check ALARMSYNC_TOKEN or ALARMSYNC_TOKEN_FILE';

/** Codes and classes of the statuses that mean something of their own; the rest goes by its hundred. */
const BY_STATUS: ReadonlyMap<number, readonly [ErrorCode, FailureClass, string?]> = new Map([
  [401, ['ALARMSYNC_SERVICE_CREDENTIALS', 'http_4xx_other', CREDENTIALS_HINT]],
  [403, ['ALARMSYNC_SERVICE_FORBIDDEN', 'http_4xx_403', 'check what the token is allowed to do']],
  [404, ['ALARMSYNC_SERVICE_MISSING', 'http_4xx_404']],
  // The service gave up waiting for our request: like our own time-out, and unlike a refusal, it says nothing for good.
  [408, ['ALARMSYNC_SERVICE_TIMEOUT', 'timeout']],
  [409, ['ALARMSYNC_SERVICE_EXISTS', 'http_4xx_409']],
  [412, ['ALARMSYNC_SERVICE_CHANGED', 'http_4xx_other']],
  [425, ['ALARMSYNC_SERVICE_THROTTLED', 'http_4xx_other']],
  [429, ['ALARMSYNC_SERVICE_THROTTLED', 'http_4xx_429']],
]);

/**
 * The error for a status that is not a success, of the answer or of the acknowledgement in it.
 * @param where the request, as `GET http://host/path`
 */
export function errorOfStatus(status: number, where: string, retryAfterMs?: number): AlarmSyncError {
  const [code, failureClass, hint] = BY_STATUS.get(status) ?? byHundred(status);
  const wait = retryAfterMs === undefined ? '' : ` with a wait of ${retryAfterMs} ms`;
  return new AlarmSyncError(code, `expected success, got status ${status}${wait}: ${where}`, {
    status,
    failureClass,
    ...(hint === undefined ? {} : { hint }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function byHundred(status: number): readonly [ErrorCode, FailureClass] {
  if (status >= 500) return ['ALARMSYNC_SERVICE_UNAVAILABLE', 'http_5xx'];
  if (status >= 400) return ['ALARMSYNC_SERVICE_REFUSED', 'http_4xx_other'];
  return ['ALARMSYNC_SERVICE_REFUSED', 'other'];
}

/** The error for a redirect: where it points, without what may be secret there. */
export function errorOfRedirect(
  status: number,
  where: string,
  location: string | undefined,
  base: string,
): AlarmSyncError {
  const target = location !== undefined && URL.canParse(location, base) ? new URL(location, base) : undefined;
  const shown =
    target === undefined ? 'nowhere readable' : `${target.protocol}//${target.host}${target.pathname}`;
  return new AlarmSyncError(
    'ALARMSYNC_SERVICE_REFUSED',
    `expected success, got a redirect (${status}) to ${shown}: ${where}`,
    { status, hint: 'redirects are not followed; if you trust that address, give it as the service' },
  );
}

/** The error for an answer that is not what was agreed; whether the service acted is unknown. */
export function malformed(message: string, where: string, details: ErrorDetails = {}): AlarmSyncError {
  return new AlarmSyncError('ALARMSYNC_SERVICE_MALFORMED', `${message}: ${where}`, {
    failureClass: 'malformed',
    ...details,
  });
}

/** The error for an answer that goes over its limit. */
export function tooLong(limitBytes: number, where: string): AlarmSyncError {
  return malformed(`expected an answer of at most ${limitBytes} bytes, got more`, where, {
    hint: 'if it was a page of the listing, ask for smaller ones with --page-size',
  });
}

/** The error for an exchange that took too long. */
export function timedOut(timeoutMs: number, where: string): AlarmSyncError {
  return new AlarmSyncError(
    'ALARMSYNC_SERVICE_TIMEOUT',
    `expected an answer within ${timeoutMs} ms, got none: ${where}`,
    { failureClass: 'timeout', hint: 'a slow service may need a longer --request-timeout' },
  );
}

/** The error for what undici or the socket threw. */
export function errorOfFailure(thrown: unknown, where: string): AlarmSyncError {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'an unknown failure';
  // No cause: the parser's error holds what came.
  if ((thrown instanceof Error && thrown.name === 'HTTPParserError') || code === 'UND_ERR_HEADERS_OVERFLOW')
    return malformed('expected an HTTP answer, got something else', where);
  if (code === 'UND_ERR_INVALID_ARG')
    return new AlarmSyncError('ALARMSYNC_UNEXPECTED', `expected a request that can be sent: ${where}`, {
      cause: thrown,
    });
  const hint = hintOf(code);
  return new AlarmSyncError(
    'ALARMSYNC_SERVICE_CONNECTION',
    `expected an answer, got a failed connection (${code}): ${where}`,
    { failureClass: 'connection', cause: thrown, ...(hint === undefined ? {} : { hint }) },
  );
}

function hintOf(code: string): string | undefined {
  if (code === 'ENOTFOUND' || code === 'ECONNREFUSED') return 'check the address, and that the service runs';
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code))
    return 'for a private certificate authority, name its file in NODE_EXTRA_CA_CERTS';
  if (code === 'UND_ERR_PRX_TLS' || code === 'UND_ERR_ABORTED') return 'check the proxy settings';
  return undefined;
}
