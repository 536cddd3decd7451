// Several at work -> one after the other where they must, and all held until it is known that all may go on.

/** Lets one after the other work, in the order in which they come. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.#last;
    const ends: (() => void)[] = [];
    this.#last = new Promise<void>((resolve) => {
      ends.push(resolve);
    });
    // Waited for here, and not called by whoever was before: what is published must be of whoever works.
    await before;
    try {
      return await work();
    } finally {
      for (const end of ends) end();
    }
  }
}

/** Holds whoever comes until all have come, and then says the same to each. */
export class Gate<Arrival, Verdict> {
  readonly #arrivals = new Map<string, Arrival>();
  readonly #count: number;
  readonly #allCame: Promise<ReadonlyMap<string, Arrival>>;
  readonly #verdict: Promise<Verdict>;
  #tellAllCame: (arrivals: ReadonlyMap<string, Arrival>) => void = () => {};
  #tellVerdict: (verdict: Verdict) => void = () => {};

  /** @param count of those who will come */
  constructor(count: number) {
    this.#count = count;
    this.#allCame = new Promise((resolve) => {
      this.#tellAllCame = resolve;
    });
    this.#verdict = new Promise((resolve) => {
      this.#tellVerdict = resolve;
    });
  }

  /** One comes; only its first coming counts. */
  async arrive(name: string, arrival: Arrival): Promise<Verdict> {
    if (!this.#arrivals.has(name)) this.#arrivals.set(name, arrival);
    if (this.#arrivals.size === this.#count) this.#tellAllCame(this.#arrivals);
    return this.#verdict;
  }

  async all(): Promise<ReadonlyMap<string, Arrival>> {
    return this.#allCame;
  }

  open(verdict: Verdict): void {
    this.#tellVerdict(verdict);
  }
}
