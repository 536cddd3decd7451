// Operations refused with 403 -> parked one by one, or proof that the credentials are refused as a whole.

/**
 * A lone 403 parks its operation; 403 on everything in flight means that the credentials are wrong, and then
 * nothing is parked. So such operations wait here until something that was sent after them shows which of the two
 * it is: an answer to what had left before says nothing about the credentials now.
 */
export class ForbiddenWatch<Item> {
  readonly #inFlightCount: number;
  #suspects: Item[] = [];
  #firstRefusedAtMs = Infinity;
  #hasOtherOutcome = false;

  /** @param inFlightCount requests in flight at most. */
  constructor(inFlightCount: number) {
    this.#inFlightCount = Math.max(2, inFlightCount);
  }

  /** True when as many operations in a row were refused as may be in flight. Times are monotonic. */
  noteForbidden(item: Item, nowMs: number): boolean {
    if (this.#suspects.length === 0) this.#firstRefusedAtMs = nowMs;
    this.#suspects.push(item);
    return this.#suspects.length >= this.#inFlightCount;
  }

  /** Another outcome came, of what was sent then: gives those refused before it left, which are to be parked. */
  noteOther(sentAtMs: number): readonly Item[] {
    this.#hasOtherOutcome = true;
    return sentAtMs > this.#firstRefusedAtMs ? this.take() : [];
  }

  /** True when several were refused and nothing else was ever answered. */
  isEverythingForbidden(): boolean {
    return !this.#hasOtherOutcome && this.#suspects.length > 1;
  }

  take(): readonly Item[] {
    const suspects = this.#suspects;
    this.#suspects = [];
    this.#firstRefusedAtMs = Infinity;
    return suspects;
  }
}
