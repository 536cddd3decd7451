// Requests and a clock -> the vendor's rate-limit headers, and when a limit is used up.

/** Limits differ by endpoint and org and are not published for monitors: DOC api/latest/rate-limits. */
export interface RateLimit {
  readonly name: string;
  readonly limitCount: number;
  readonly periodSeconds: number;
  /** The requests that it counts, by method and path; all when left out. */
  readonly counts?: (method: string, path: string) => boolean;
}

export interface Taken {
  readonly isOver: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

export class RateLimits {
  #limits: readonly RateLimit[] = [];
  /** By name of the limit and number of the period. */
  readonly #usedCounts = new Map<string, number>();

  set(limits: readonly RateLimit[]): void {
    this.#limits = limits;
    this.#usedCounts.clear();
  }

  /** Counts a request against the first limit that is for it; undefined when none is. */
  take(method: string, path: string, nowEpochMs: number): Taken | undefined {
    const limit = this.#limits.find(({ counts }) => counts?.(method, path) ?? true);
    if (limit === undefined) return undefined;
    const { name, limitCount, periodSeconds } = limit;
    // DOC api/latest/rate-limits: periods are calendar aligned.
    const period = Math.floor(nowEpochMs / 1000 / periodSeconds);
    const key = `${name} ${period}`;
    const usedCount = (this.#usedCounts.get(key) ?? 0) + 1;
    this.#usedCounts.set(key, usedCount);
    const leftSeconds = Math.ceil((period + 1) * periodSeconds - nowEpochMs / 1000);
    return {
      isOver: usedCount > limitCount,
      // Shape: PY tests/cassettes/test_retry/test_retry_rate_limit.yaml.
      headers: {
        'x-ratelimit-limit': String(limitCount),
        'x-ratelimit-period': String(periodSeconds),
        'x-ratelimit-remaining': String(Math.max(0, limitCount - usedCount)),
        'x-ratelimit-reset': String(leftSeconds),
        'x-ratelimit-name': name,
      },
    };
  }
}
