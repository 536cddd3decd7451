// A JSON text -> one address, tried a few times. Addresses of webhooks are secrets, so no error holds more of one than its origin.

import { AlarmSyncError, asAlarmSyncError } from '../alarm/errors.ts';
import type { RequestGate } from '../services/alarm-service.ts';
import { parseServiceAddress } from '../services/http-address.ts';
import { HttpTransport, type ProxySettings } from '../services/http.ts';
import { withRetries } from '../services/retry.ts';

const REQUEST_TIMEOUT_MS = 10_000;
const RETRY_COUNT = 3;

/** A run does not wait longer than that for whoever wants to hear of it. */
const PATIENCE_MS = 30_000;

const OPEN_GATE: RequestGate = { pass: async () => {}, pause: () => {} };

export interface PostTarget {
  /** Shape: `https://hooks.example.com/services/T0/B0/secret?x=y`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly proxy: ProxySettings | undefined;
}

/** @throws {ALARMSYNC_CLI_USAGE} for what is no address of that shape. @param flag that gave it */
export function requirePostUrl(url: string, flag: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isUsable =
    /^https?:$/u.test(parsed?.protocol ?? '') && parsed?.username === '' && parsed.password === '';
  if (isUsable) return;
  throw new AlarmSyncError(
    'ALARMSYNC_CLI_USAGE',
    `--${flag}: expected http(s)://host[:port]/path, got something else`,
    {
      hint: 'an address with a user and a password is not taken',
    },
  );
}

/** Resolves on any 2xx. @throws {Error} with a message that may be shown, once the tries are used up. */
export async function postJson({ url, headers, proxy }: PostTarget, body: string): Promise<void> {
  const { origin, pathname, search } = new URL(url);
  const connection = { address: parseServiceAddress(origin), allowInsecure: true, concurrency: 1, proxy };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  await using transport = new HttpTransport(
    { ...connection, requestTimeoutMs: REQUEST_TIMEOUT_MS },
    OPEN_GATE,
  );
  const request = { method: 'POST', path: pathname + search, kind: 'write', signal, body, headers } as const;
  try {
    await withRetries(
      async () => transport.request(request),
      { retries: RETRY_COUNT, random: Math.random },
      signal,
    );
  } catch (thrown) {
    if (signal.aborted)
      throw new Error(`${origin} did not answer within ${PATIENCE_MS / 1000} s`, { cause: thrown });
    const { status, failureClass } = asAlarmSyncError(thrown);
    throw new Error(`${origin} answered ${status ?? `nothing (${failureClass})`}`, { cause: thrown });
  }
}
