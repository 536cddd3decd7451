// Requests -> how many there were of each kind and outcome, and, when asked for, every one of them.

export interface RequestRecord {
  readonly method: string;
  /** The alarm's name; empty for a listing and where no name could be made out. */
  readonly name: string;
  /** HTTP status sent; 0 when the connection was closed, or kept waiting, instead. */
  readonly status: number;
  /** True when a write took effect, whatever the client was told. */
  readonly isApplied: boolean;
  readonly atEpochMs: number;
}

/** Requests for alarms, counted just before their answer leaves. Memory is bounded unless every record is kept. */
export class RequestLog {
  readonly #keepsRecords: boolean;
  readonly #counts = new Map<string, Map<number, number>>();
  readonly #records: RequestRecord[] = [];
  #appliedCount = 0;

  constructor(keepsRecords: boolean) {
    this.#keepsRecords = keepsRecords;
  }

  add(record: RequestRecord): void {
    const statuses = this.#counts.get(record.method) ?? new Map<number, number>();
    this.#counts.set(record.method, statuses);
    statuses.set(record.status, (statuses.get(record.status) ?? 0) + 1);
    if (record.isApplied) this.#appliedCount += 1;
    if (this.#keepsRecords) this.#records.push(record);
  }

  /** How many requests there were, by method and status. */
  *counts(): Generator<{ readonly method: string; readonly status: number; readonly count: number }> {
    for (const [method, statuses] of this.#counts)
      for (const [status, count] of statuses) yield { method, status, count };
  }

  /** How many requests there were: of that method and that status, where given. */
  count(method?: string, status?: number): number {
    let sum = 0;
    for (const counted of this.counts()) {
      const isWanted =
        (method ?? counted.method) === counted.method && (status ?? counted.status) === counted.status;
      if (isWanted) sum += counted.count;
    }
    return sum;
  }

  /** Writes that took effect. */
  get appliedCount(): number {
    return this.#appliedCount;
  }

  /** Every request, oldest first; empty unless the setting asked for them. */
  get records(): readonly RequestRecord[] {
    return this.#records;
  }
}
