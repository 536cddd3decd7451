// Calls and a clock -> which of them go over the token bucket of their operation.

interface Bucket {
  readonly perSecond: number;
  readonly burst: number;
  tokenCount: number;
  filledAtEpochMs: number;
}

export class RateLimits {
  readonly #buckets = new Map<string, Bucket>();
  readonly #nowEpochMs: () => number;

  constructor(nowEpochMs: () => number) {
    this.#nowEpochMs = nowEpochMs;
  }

  /** Full at first. */
  set(operation: string, perSecond: number, burst: number): void {
    const filledAtEpochMs = this.#nowEpochMs();
    this.#buckets.set(operation, { perSecond, burst, tokenCount: burst, filledAtEpochMs });
  }

  /** False for a call that goes over; it takes nothing. */
  take(operation: string): boolean {
    const bucket = this.#buckets.get(operation);
    if (bucket === undefined) return true;
    const now = this.#nowEpochMs();
    const earnedCount = ((now - bucket.filledAtEpochMs) * bucket.perSecond) / 1000;
    bucket.tokenCount = Math.min(bucket.burst, bucket.tokenCount + earnedCount);
    bucket.filledAtEpochMs = now;
    if (bucket.tokenCount < 1) return false;
    bucket.tokenCount -= 1;
    return true;
  }
}
