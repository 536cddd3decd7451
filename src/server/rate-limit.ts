// Requests and the time -> allowed or not, and when to come again: a token bucket.

export interface RateLimitSettings {
  /** Requests a second in the long run. Over 0. */
  readonly requestsPerSecond: number;
  /** Requests at once after a pause. At least 1. */
  readonly burstCount: number;
  /** How a refusal says when to come again. */
  readonly retryAfterForm: 'seconds' | 'http-date';
}

export interface RateDecision {
  readonly isAllowed: boolean;
  /** Requests that could follow at once. */
  readonly remainingCount: number;
  /** Until one more request is allowed; 0 while some are. */
  readonly waitMs: number;
  /** Until the bucket is full again. */
  readonly resetMs: number;
}

export class TokenBucket {
  readonly #perMs: number;
  readonly #burstCount: number;
  #tokens: number;
  #filledAtMs: number;

  /** @param nowMs the time on a clock that never goes back, as in every later call. */
  constructor(settings: RateLimitSettings, nowMs: number) {
    this.#perMs = settings.requestsPerSecond / 1000;
    this.#burstCount = settings.burstCount;
    this.#tokens = settings.burstCount;
    this.#filledAtMs = nowMs;
  }

  /** Takes one token, if there is one. */
  take(nowMs: number): RateDecision {
    this.#tokens = Math.min(this.#burstCount, this.#tokens + (nowMs - this.#filledAtMs) * this.#perMs);
    this.#filledAtMs = nowMs;
    const isAllowed = this.#tokens >= 1;
    if (isAllowed) this.#tokens -= 1;
    return {
      isAllowed,
      remainingCount: Math.floor(this.#tokens),
      waitMs: Math.max(0, (1 - this.#tokens) / this.#perMs),
      resetMs: (this.#burstCount - this.#tokens) / this.#perMs,
    };
  }
}

/** The text of `Retry-After`, rounded up to its whole seconds so that who obeys never comes too early. */
export function retryAfterText(
  waitMs: number,
  form: RateLimitSettings['retryAfterForm'],
  nowEpochMs: number,
): string {
  if (form === 'seconds') return String(Math.ceil(waitMs / 1000));
  return new Date(Math.ceil((nowEpochMs + waitMs) / 1000) * 1000).toUTCString();
}
