// A gate that lets everything pass and counts it.

import type { RequestGate, RequestKind } from '../alarm-service.ts';

/** Counts what passes, by kind. */
export class CountingGate implements RequestGate {
  readonly passed: RequestKind[] = [];

  async pass(kind: RequestKind, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.passed.push(kind);
  }

  pause(): void {}
}
