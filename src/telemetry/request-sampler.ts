// The trace of a run -> which of its requests are told one by one, and what these bear to the service.

import { randomBytes } from 'node:crypto';

/** What whoever observes requests has to know of a run's trace. Plain, so that it can be sent to a thread. */
export interface RequestTrace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** Of the run itself, 16 hexadecimal digits. */
  readonly spanId: string;
}

/** As the header `traceparent` has it. Source: W3C Trace Context, version 00; 01 says that the sender keeps its span. */
export function traceparentOf({ traceId, spanId }: RequestTrace): string {
  return `00-${traceId}-${spanId}-01`;
}

/** Null for what `traceparentOf` does not give. */
export function parseTraceparent(text: string | null): RequestTrace | null {
  const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/u.exec(text ?? '') ?? [];
  return traceId === undefined || spanId === undefined ? null : { traceId, spanId };
}

/** A small run is told whole; of a large one what a person may want to look at, at any quota. */
const BURST_COUNT = 100;
const PER_SECOND = 10;

/** Chooses while the requests of one thread are sent. */
export class RequestSampler {
  readonly trace: RequestTrace;
  readonly #all = new Allowance();
  /** Which one fails is not known when it leaves: these have an allowance of their own. */
  readonly #failed = new Allowance();

  constructor(trace: RequestTrace) {
    this.trace = trace;
  }

  /** The id of its span, 16 hexadecimal digits, for a request that is to bear it; undefined for one that goes as it would without a trace. */
  sample(): string | undefined {
    return this.#all.take() ? newSpanId() : undefined;
  }

  /** The id of its span for one that bore none and has failed. */
  sampleFailed(): string | undefined {
    return this.#failed.take() ? newSpanId() : undefined;
  }

  /** The header `traceparent` of the request whose span has that id. */
  traceparent(spanId: string): string {
    return traceparentOf({ ...this.trace, spanId });
  }
}

class Allowance {
  #leftCount = BURST_COUNT;
  #sinceMs = performance.now();

  take(): boolean {
    const nowMs = performance.now();
    const earnedCount = ((nowMs - this.#sinceMs) * PER_SECOND) / 1000;
    this.#sinceMs = nowMs;
    this.#leftCount = Math.min(BURST_COUNT, this.#leftCount + earnedCount);
    if (this.#leftCount < 1) return false;
    this.#leftCount -= 1;
    return true;
  }
}

function newSpanId(): string {
  return randomBytes(8).toString('hex');
}
