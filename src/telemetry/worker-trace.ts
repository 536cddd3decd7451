// Requests of a worker -> spans below those of the runs that they were sent for.

import { ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api';

import { listen, type TelemetryMessages } from './names.ts';
import { tellRequest } from './request-span.ts';
import type { TraceExport } from './trace-export.ts';

/** Tells while it is open. */
export class WorkerTrace implements Disposable {
  readonly #export: TraceExport;
  readonly #listening: Disposable;

  constructor(exported: TraceExport) {
    this.#export = exported;
    this.#listening = listen({ request: (message) => this.#takeRequest(message) });
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  #takeRequest(request: TelemetryMessages['request']): void {
    const { traced } = request;
    if (traced === undefined) return;
    const parent = { ...traced.trace, traceFlags: TraceFlags.SAMPLED, isRemote: true };
    tellRequest(this.#export, request, traced, trace.setSpanContext(ROOT_CONTEXT, parent));
  }
}
