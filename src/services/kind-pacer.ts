// Quotas of a service that differ by kind of request -> a gate before the gate of the run.

import type { RequestGate, RequestKind, ServiceCapabilities } from './alarm-service.ts';
import { Pacer } from './pacer.ts';

/** Keeps the quota of each kind that has one, and then the run's own. */
export class KindPacer implements RequestGate, Disposable {
  readonly #gate: RequestGate;
  readonly #pacers: ReadonlyMap<RequestKind, Pacer>;

  constructor(gate: RequestGate, quotaPerSecond: ServiceCapabilities['quotaPerSecond'], concurrency: number) {
    this.#gate = gate;
    const kinds = ['list', 'read', 'write'] as const;
    this.#pacers = new Map(
      kinds.flatMap((kind) => {
        const perSecond = quotaPerSecond[kind];
        return perSecond === undefined
          ? []
          : [[kind, new Pacer({ perSecond, burst: 1, concurrency })] as const];
      }),
    );
  }

  async pass(kind: RequestKind, signal: AbortSignal): Promise<void> {
    await this.#pacers.get(kind)?.pass(kind, signal);
    await this.#gate.pass(kind, signal);
  }

  pause(durationMs: number): void {
    this.#gate.pause(durationMs);
  }

  [Symbol.dispose](): void {
    for (const pacer of this.#pacers.values()) pacer[Symbol.dispose]();
  }
}
