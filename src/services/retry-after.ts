// Turns the headers of a throttled answer into the time to wait.

/** Header values by lower-case name, as undici gives them. */
export type HttpHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The longest wait a Node timer can hold; a service that asks for more is not waited for anyway. */
const MAX_WAIT_MS = 2 ** 31 - 1;

/** Larger reset values are points in time (seconds since 1970), smaller ones are waits: 10^9 s is the year 2001 or 31 years. */
const SMALLEST_EPOCH_SECONDS = 1_000_000_000;

/** The first value of a header that may have come several times. */
export function headerOf(headers: HttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/**
 * How long the service asks to wait, or undefined when it does not say. Units: 0 to 2^31-1 ms.
 *
 * `Retry-After` (seconds or an HTTP date) comes first, then `RateLimit-Reset` or `X-RateLimit-Reset` when the matching `Remaining` is 0.
 * Points in time are taken relative to the answer's own `Date` where it has one, so that a wrong clock on either side does no harm.
 * Source: RFC 9110 10.2.3; draft-ietf-httpapi-ratelimit-headers-07 (seconds); some services send seconds since 1970 instead.
 */
export function retryAfterMsOf(headers: HttpHeaders, nowEpochMs: number): number | undefined {
  const answeredEpochMs = dateOf(headerOf(headers, 'date')) ?? nowEpochMs;
  const waitMs =
    retryAfterOf(headerOf(headers, 'retry-after'), answeredEpochMs) ?? resetOf(headers, answeredEpochMs);
  return waitMs === undefined ? undefined : Math.ceil(Math.min(Math.max(waitMs, 0), MAX_WAIT_MS));
}

function retryAfterOf(text: string | undefined, answeredEpochMs: number): number | undefined {
  const seconds = secondsOf(text);
  if (seconds !== undefined) return seconds * 1000;
  const epochMs = dateOf(text);
  return epochMs === undefined ? undefined : epochMs - answeredEpochMs;
}

function resetOf(headers: HttpHeaders, answeredEpochMs: number): number | undefined {
  for (const prefix of ['ratelimit', 'x-ratelimit']) {
    const remaining = secondsOf(headerOf(headers, `${prefix}-remaining`));
    const reset = secondsOf(headerOf(headers, `${prefix}-reset`));
    if (remaining !== 0 || reset === undefined) continue;
    return reset < SMALLEST_EPOCH_SECONDS ? reset * 1000 : reset * 1000 - answeredEpochMs;
  }
  return undefined;
}

function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

function dateOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^[A-Za-z]{3}/.test(text)) return undefined;
  // The oldest of the three HTTP date forms names no zone, and means GMT.
  const epochMs = Date.parse(/GMT|UTC|[+-]\d{4}$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(epochMs) ? undefined : epochMs;
}
