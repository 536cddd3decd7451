// What HTTP clients publish of their requests -> one `request` message each, and the trace that goes with it.
//
// undici, and the copy of it behind Node's fetch, publish `undici:request:…`; Node's own client, which the AWS SDK uses, `http.client.…`.
// Sources: undici's documentation, DiagnosticsChannel; Node's, diagnostics_channel, "Built-in Channels". Whoever listens there needs
// nothing of the adapters, and when nobody does, nothing is measured.

import { randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { publish } from './names.ts';

/** The trace that requests belong to; plain, so that it can be handed to a thread. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** So many requests of each second are traced: a run of a million has a trace that can be looked at. */
  readonly tracedPerSecond: number;
}

interface Started {
  readonly method: string;
  readonly resource: string;
  readonly server: string;
  readonly startedEpochMs: number;
  readonly startedMs: number;
  readonly spanId: string | undefined;
  status: number | undefined;
}

/** Publishes `request` for each that ends while it is open. One a thread. */
export class RequestObserver implements Disposable {
  readonly #trace: TraceContext | undefined;
  readonly #started = new Map<object, Started>();
  readonly #listeners: Readonly<Record<string, (message: unknown) => void>>;
  #secondStartedMs = -Infinity;
  #tracedCount = 0;

  constructor(trace: TraceContext | undefined) {
    this.#trace = trace;
    this.#listeners = {
      'undici:request:create': (message) => this.#startUndici(decodeUndici(message).request),
      'undici:request:headers': (message) => this.#noteStatus(decodeUndici(message)),
      'undici:request:trailers': (message) => this.#end(decodeUndici(message).request),
      'undici:request:error': (message) => this.#end(decodeUndici(message).request),
      'http.client.request.start': (message) => this.#startNode(decodeNode(message).request),
      'http.client.response.finish': (message) => this.#endNode(decodeNode(message)),
    };
    for (const [channel, listener] of Object.entries(this.#listeners)) subscribe(channel, listener);
  }

  [Symbol.dispose](): void {
    for (const [channel, listener] of Object.entries(this.#listeners)) unsubscribe(channel, listener);
  }

  #startUndici(request: UndiciRequest): void {
    const server = String(request.origin).replace(/^https?:\/\//u, '');
    const spanId = this.#start(request, request.method, resourceOfPath(request.path), server);
    if (spanId !== undefined && this.#trace !== undefined)
      request.addHeader('traceparent', traceparent(this.#trace.traceId, spanId));
  }

  /** Of Node's client nothing but AWS's calls is of a service: exporters of telemetry use it too. */
  #startNode(request: NodeRequest): void {
    const target = request.getHeader('x-amz-target');
    if (typeof target !== 'string') return;
    this.#start(request, request.method, target.replace(/^.*\./u, ''), request.host);
  }

  #noteStatus({ request, response }: UndiciMessage): void {
    const started = this.#started.get(request);
    if (started !== undefined) started.status = response?.statusCode;
  }

  #endNode({ request, response }: NodeMessage): void {
    const started = this.#started.get(request);
    if (started === undefined) return;
    started.status = response?.statusCode;
    this.#end(request);
  }

  #start(request: object, method: string, resource: string, server: string): string | undefined {
    const startedMs = performance.now();
    const spanId = this.#isTraced(startedMs) ? randomBytes(8).toString('hex') : undefined;
    this.#started.set(request, {
      method,
      resource,
      server,
      startedMs,
      startedEpochMs: performance.timeOrigin + startedMs,
      spanId,
      status: undefined,
    });
    return spanId;
  }

  #end(request: object): void {
    const started = this.#started.get(request);
    if (started === undefined) return;
    this.#started.delete(request);
    const { startedMs, spanId, status, ...others } = started;
    publish('request', {
      ...others,
      durationMs: performance.now() - startedMs,
      inFlightCount: this.#started.size,
      ...(status === undefined ? {} : { status }),
      ...(spanId === undefined ? {} : { spanId }),
    });
  }

  #isTraced(nowMs: number): boolean {
    if (this.#trace === undefined) return false;
    if (nowMs - this.#secondStartedMs >= 1000) {
      this.#secondStartedMs = nowMs;
      this.#tracedCount = 0;
    }
    this.#tracedCount += 1;
    return this.#tracedCount <= this.#trace.tracedPerSecond;
  }
}

/** What identifies one alarm, monitor or downtime stands after one of these in the paths of the adapters, as one segment. */
const IDENTIFIED = /^(.*\/(?:alarms|monitor|downtime)\/)[^/]+/u;

function resourceOfPath(path: string): string {
  return path.replace(/\?.*$/su, '').replace(IDENTIFIED, '$1{id}');
}

/** Source: W3C Trace Context, version 00; the last byte says that it is recorded. */
function traceparent(traceId: string, spanId: string): string {
  return `00-${traceId}-${spanId}-01`;
}

interface UndiciRequest {
  readonly origin?: unknown;
  readonly method: string;
  readonly path: string;
  addHeader(name: string, value: string): void;
}

interface UndiciMessage {
  readonly request: UndiciRequest;
  readonly response?: { readonly statusCode: number };
}

interface NodeRequest {
  readonly method: string;
  readonly host: string;
  getHeader(name: string): unknown;
}

interface NodeMessage {
  readonly request: NodeRequest;
  readonly response?: { readonly statusCode: number };
}

function decodeUndici(message: unknown): UndiciMessage {
  return message as UndiciMessage;
}

function decodeNode(message: unknown): NodeMessage {
  return message as NodeMessage;
}
