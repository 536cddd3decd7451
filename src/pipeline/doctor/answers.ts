// The answers that come while the doctor asks -> what their headers say of quotas and clocks, whatever adapter asked.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** Published by undici, and by the copy of it behind Node's fetch. Source: undici's documentation, DiagnosticsChannel. */
const CHANNEL = 'undici:request:headers';

/** Header names that state a quota, in the order in which they are believed; a window stands beside, or none. */
const QUOTA_HEADERS: readonly (readonly [limit: string, period: string])[] = [
  ['x-ratelimit-limit', 'x-ratelimit-period'],
  ['ratelimit-limit', 'ratelimit-period'],
];

export interface StatedQuota {
  readonly limitCount: number;
  /** Undefined where no header says for how long the limit is. */
  readonly periodSeconds: number | undefined;
}

export class AnswerObserver implements Disposable {
  readonly #nowEpochMs: () => number;
  #quota: StatedQuota | undefined;
  #skewMs: number | undefined;
  readonly #onHeaders = (message: unknown): void => this.#take(headersOf(message));

  constructor(nowEpochMs: () => number) {
    this.#nowEpochMs = nowEpochMs;
    subscribe(CHANNEL, this.#onHeaders);
  }

  /** Of the last answer that stated one. */
  get quota(): StatedQuota | undefined {
    return this.#quota;
  }

  /** By how much the service's clock is ahead, in milliseconds; whole seconds, as `Date` is. Undefined where no answer has a date. */
  get skewMs(): number | undefined {
    return this.#skewMs;
  }

  [Symbol.dispose](): void {
    unsubscribe(CHANNEL, this.#onHeaders);
  }

  #take(headers: ReadonlyMap<string, string>): void {
    const dateMs = Date.parse(headers.get('date') ?? '');
    if (!Number.isNaN(dateMs)) this.#skewMs = dateMs - this.#nowEpochMs();
    for (const [limit, period] of QUOTA_HEADERS) {
      const limitCount = Number(headers.get(limit) ?? '');
      if (!(limitCount > 0)) continue;
      const seconds = Number(headers.get(period) ?? '');
      this.#quota = { limitCount, periodSeconds: seconds > 0 ? seconds : undefined };
      return;
    }
  }
}

/** Raw headers come as a list of names and values in turn. */
function headersOf(message: unknown): ReadonlyMap<string, string> {
  const { response } = decodeMessage(message);
  const list = response?.headers ?? [];
  const headers = new Map<string, string>();
  for (let at = 0; at + 1 < list.length; at += 2)
    headers.set(String(list[at]).toLowerCase(), String(list[at + 1]));
  return headers;
}

function decodeMessage(message: unknown): { readonly response?: { readonly headers?: readonly unknown[] } } {
  return message as { response?: { headers?: readonly unknown[] } };
}
