// A step of another process's run -> the trace that its requests belong to.

import { AsyncLocalStorage } from 'node:async_hooks';

import { parseTraceparent, type RequestTrace } from './request-sampler.ts';

const storage = new AsyncLocalStorage<RequestTrace>();

/** Does something, so that what it asks of the service belongs to a trace. */
type InTrace = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** @param traceparent of a run; null for one that is not traced */
export function inTraceOf(traceparent: string | null): InTrace {
  const trace = parseTraceparent(traceparent);
  return async (work) => (trace === null ? work() : storage.run(trace, work));
}

export function traceOfStep(): RequestTrace | undefined {
  return storage.getStore();
}
