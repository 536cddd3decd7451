// Calls for one name each -> requests for many: what comes while the turn of the next request is waited for goes along with it.

/** Works off one request for these names, all different. Gives the result of each; one that it lacks has none. */
type Work<Result> = (names: readonly string[]) => Promise<ReadonlyMap<string, Result>>;

interface Waiter<Result> {
  readonly name: string;
  readonly resolve: (result: Result | undefined) => void;
  readonly reject: (reason: unknown) => void;
}

export class Batch<Result> {
  readonly #work: Work<Result>;
  readonly #turn: (signal: AbortSignal) => Promise<void>;
  readonly #maxNameCount: number;
  #waiters: Waiter<Result>[] = [];
  #isWaitingForTurn = false;

  /** @param turn resolves when one request may leave */
  constructor(work: Work<Result>, turn: (signal: AbortSignal) => Promise<void>, maxNameCount: number) {
    this.#work = work;
    this.#turn = turn;
    this.#maxNameCount = maxNameCount;
  }

  async load(name: string, signal: AbortSignal): Promise<Result | undefined> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ name, resolve, reject });
      if (!this.#isWaitingForTurn) void this.#send(signal);
    });
  }

  /** One request after the other until nobody waits; whoever comes meanwhile has its turn here too. */
  async #send(signal: AbortSignal): Promise<void> {
    this.#isWaitingForTurn = true;
    try {
      await this.#turn(signal);
    } catch (thrown) {
      this.#isWaitingForTurn = false;
      for (const { reject } of this.#waiters.splice(0)) reject(thrown);
      return;
    }
    this.#isWaitingForTurn = false;
    const waiters = this.#waiters.splice(0, this.#maxNameCount);
    if (this.#waiters.length > 0) void this.#send(signal);
    try {
      const results = await this.#work([...new Set(waiters.map(({ name }) => name))]);
      for (const { name, resolve } of waiters) resolve(results.get(name));
    } catch (thrown) {
      for (const { reject } of waiters) reject(thrown);
    }
  }
}
