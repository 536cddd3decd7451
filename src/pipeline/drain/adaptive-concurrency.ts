// Answers of the service -> how many requests may be in flight: additive increase, multiplicative decrease. Pure.

/** Decreases within this time count as one: what was in flight together fails together. */
const DECREASE_INTERVAL_MS = 1000;

/** Between 1 and the given maximum; starts at the maximum, since most services bear what the user set. */
export class AdaptiveConcurrency {
  readonly #maxCount: number;
  #count: number;
  #goodCount = 0;
  #decreasedAtMs = -Infinity;

  constructor(maxCount: number) {
    this.#maxCount = maxCount;
    this.#count = maxCount;
  }

  get count(): number {
    return Math.max(1, Math.floor(this.#count));
  }

  /** One more may be in flight after as many good answers as are in flight. */
  noteGood(): void {
    this.#goodCount += 1;
    if (this.#goodCount < this.count) return;
    this.#goodCount = 0;
    this.#count = Math.min(this.#maxCount, this.#count + 1);
  }

  /** The service is overloaded (429, 5xx, timeout, lost connection): half as many from now on. */
  noteOverload(nowMs: number): void {
    this.#goodCount = 0;
    if (nowMs - this.#decreasedAtMs < DECREASE_INTERVAL_MS) return;
    this.#decreasedAtMs = nowMs;
    this.#count = Math.max(1, this.#count / 2);
  }
}
