// What HTTP clients publish of their requests -> one `request` message each; and the trace of the run on its way to the service.
//
// undici, and the copy of it behind Node's fetch, publish `undici:request:…`; Node's own client, which the AWS SDK uses, `http.client.…`.
// Sources: undici's documentation, DiagnosticsChannel; Node's, diagnostics_channel, "Built-in Channels". Whoever listens there needs
// nothing of the adapters, and when nobody does, nothing is measured.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { inTarget, publish, targetHere, type TracedRequest } from './names.ts';
import { RequestSampler, type RequestTrace } from './request-sampler.ts';
import { traceOfStep } from './step-trace.ts';

interface Begun {
  readonly method: string;
  readonly resource: string;
  /** Without query. */
  readonly url: string;
  /** Of its trace; undefined for one of none. */
  readonly sampler: RequestSampler | undefined;
  /** In the trace, for one that was sampled. */
  readonly spanId: string | undefined;
}

/** The trace that requests bear to the service: one, that of the run whose step each is sent for, or none. */
export type RequestTraces = RequestTrace | 'of each step' | null;

interface Started extends Begun {
  readonly startedMs: number;
  status: number | undefined;
}

/** Publishes `request` for each that ends while it is open. One a thread. */
export class RequestObserver implements Disposable {
  readonly #started = new Map<object, Started>();
  readonly #traces: RequestTraces;
  readonly #samplers = new WeakMap<RequestTrace, RequestSampler>();
  /** Of several targets at work, this one's requests alone are heard. */
  readonly #target: string | undefined = targetHere();
  readonly #listeners: Readonly<Record<string, (message: unknown) => void>>;

  /** @param traces of which sampled requests bear one to the service */
  constructor(traces: RequestTraces) {
    this.#traces = traces;
    this.#listeners = {
      'undici:request:create': (message) => this.#startUndici(decodeUndici(message).request),
      'undici:request:headers': (message) => this.#noteStatus(decodeUndici(message)),
      'undici:request:trailers': (message) => this.#end(decodeUndici(message).request),
      'undici:request:error': (message) =>
        this.#end(decodeUndici(message).request, failureOf(decodeUndici(message))),
      'http.client.request.error': (message) =>
        this.#end(decodeNode(message).request, failureOf(decodeNode(message))),
      'http.client.request.start': (message) => this.#startNode(decodeNode(message).request),
      'http.client.response.finish': (message) => this.#endNode(decodeNode(message)),
    };
    for (const [channel, listener] of Object.entries(this.#listeners)) subscribe(channel, listener);
  }

  [Symbol.dispose](): void {
    for (const [channel, listener] of Object.entries(this.#listeners)) unsubscribe(channel, listener);
  }

  #startUndici(request: UndiciRequest): void {
    const { method, origin } = request;
    // To a proxy, and not to the service.
    if (method === 'CONNECT' || targetHere() !== this.#target) return;
    const path = withoutQuery(request.path);
    const sampler = this.#samplerNow();
    const spanId = sampler?.sample();
    if (spanId !== undefined) request.addHeader('traceparent', sampler?.traceparent(spanId) ?? '');
    const url = `${String(origin)}${path}`;
    this.#start(request, { method, resource: resourceOfPath(path), url, sampler, spanId });
  }

  /**
   * Others in the process use Node's client too: of its requests, the AWS SDK's alone are the service's. They are on their way when they
   * are heard of, so they are told in the trace and do not bear it.
   */
  #startNode(request: NodeRequest): void {
    const target = request.getHeader('x-amz-target');
    if (typeof target !== 'string' || targetHere() !== this.#target) return;
    const { method, protocol, path } = request;
    const sampler = this.#samplerNow();
    this.#start(request, {
      method,
      resource: target.replace(/^.*\./u, ''),
      url: `${protocol}//${String(request.getHeader('host'))}${withoutQuery(path)}`,
      sampler,
      spanId: sampler?.sample(),
    });
  }

  /** Of the trace to which a request belongs that begins now. */
  #samplerNow(): RequestSampler | undefined {
    const trace = this.#traces === 'of each step' ? traceOfStep() : this.#traces;
    if (trace === undefined || trace === null) return undefined;
    const known = this.#samplers.get(trace);
    if (known !== undefined) return known;
    const sampler = new RequestSampler(trace);
    this.#samplers.set(trace, sampler);
    return sampler;
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

  #start(request: object, begun: Begun): void {
    this.#started.set(request, { ...begun, startedMs: performance.now(), status: undefined });
  }

  #end(request: object, failure?: string): void {
    const started = this.#started.get(request);
    if (started === undefined) return;
    this.#started.delete(request);
    const { method, resource, startedMs, status } = started;
    const durationMs = performance.now() - startedMs;
    const traced = this.#tracedOf(started, durationMs, failure);
    const message = {
      method,
      resource,
      durationMs,
      inFlightCount: this.#started.size,
      ...(status === undefined ? {} : { status }),
      ...(traced === undefined ? {} : { traced }),
    };
    inTarget(this.#target, () => publish('request', message));
  }

  #tracedOf(
    { url, sampler, spanId: sampledId, status = 0 }: Started,
    durationMs: number,
    failure?: string,
  ): TracedRequest | undefined {
    const hasFailed = failure !== undefined || status === 429 || status >= 500;
    const spanId = sampledId ?? (hasFailed ? sampler?.sampleFailed() : undefined);
    if (sampler === undefined || spanId === undefined) return undefined;
    const startedEpochMs = Date.now() - durationMs;
    return {
      spanId,
      trace: sampler.trace,
      startedEpochMs,
      url,
      ...(failure === undefined ? {} : { failure }),
    };
  }
}

/** What identifies one alarm, monitor or downtime stands after one of these in the paths of the adapters, as one segment. */
const IDENTIFIED = /^(.*\/(?:alarms|monitor|downtime)\/)[^/]+/u;

/** @param path without query */
function resourceOfPath(path: string): string {
  return path.replace(IDENTIFIED, '$1{id}');
}

function withoutQuery(path: string): string {
  return path.replace(/\?.*$/su, '');
}

interface UndiciRequest {
  readonly method: string;
  readonly path: string;
  readonly origin: string | URL;
  addHeader(name: string, value: string): void;
}

interface UndiciMessage {
  readonly request: UndiciRequest;
  readonly response?: { readonly statusCode: number };
  readonly error?: unknown;
}

interface NodeRequest {
  readonly method: string;
  readonly path: string;
  readonly protocol: string;
  getHeader(name: string): unknown;
}

interface NodeMessage {
  readonly request: NodeRequest;
  readonly response?: { readonly statusCode: number };
  readonly error?: unknown;
}

/** The code of what was thrown where it has one, such as ECONNREFUSED; its message may hold anything. */
function failureOf({ error }: Pick<UndiciMessage, 'error'>): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

function decodeUndici(message: unknown): UndiciMessage {
  return message as UndiciMessage;
}

function decodeNode(message: unknown): NodeMessage {
  return message as NodeMessage;
}
