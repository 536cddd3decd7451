// Answers in a row that say Datadog's edge is overloaded -> how long everyone rests. Pure.

/** 512 is a time-out of the edge itself. */
const OVERLOAD_STATUSES: ReadonlySet<number> = new Set([502, 503, 504, 512]);

/** The first rest in a row, the second, and each further one. Source: DataDog/datadog-sync-cli, utils/custom_client.py. */
const RESTS_MS = [30_000, 60_000, 120_000] as const;

/** One such answer may be chance, and is tried again like any other; a request after it that ends alike says overload. */
export class EdgeOverload {
  /** When the last one was answered; undefined once an answer was good. */
  #refusedAtMs: number | undefined;
  #restCount = 0;

  noteGood(): void {
    this.#refusedAtMs = undefined;
    this.#restCount = 0;
  }

  /**
   * How long nothing is to leave after that refusal, in milliseconds; 0 for no time of its own. Times are on the monotonic clock.
   * @param sentAtMs what was in flight together fails together, and counts once
   */
  restMsAfter(status: number | undefined, sentAtMs: number, nowMs: number): number {
    if (status === undefined || !OVERLOAD_STATUSES.has(status)) return 0;
    const refusedAtMs = this.#refusedAtMs;
    if (refusedAtMs !== undefined && sentAtMs < refusedAtMs) return 0;
    this.#refusedAtMs = nowMs;
    if (refusedAtMs === undefined) return 0;
    const restMs = RESTS_MS[this.#restCount] ?? RESTS_MS[2];
    this.#restCount += 1;
    return restMs;
  }
}
