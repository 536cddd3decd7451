// What HTTP clients publish of their requests -> one `request` message each.
//
// undici, and the copy of it behind Node's fetch, publish `undici:request:…`; Node's own client, which the AWS SDK uses, `http.client.…`.
// Sources: undici's documentation, DiagnosticsChannel; Node's, diagnostics_channel, "Built-in Channels". Whoever listens there needs
// nothing of the adapters, and when nobody does, nothing is measured.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { publish } from './names.ts';

interface Started {
  readonly method: string;
  readonly resource: string;
  readonly startedMs: number;
  status: number | undefined;
}

/** Publishes `request` for each that ends while it is open. One a thread. */
export class RequestObserver implements Disposable {
  readonly #started = new Map<object, Started>();
  readonly #listeners: Readonly<Record<string, (message: unknown) => void>>;

  constructor() {
    this.#listeners = {
      'undici:request:create': (message) => this.#startUndici(decodeUndici(message).request),
      'undici:request:headers': (message) => this.#noteStatus(decodeUndici(message)),
      'undici:request:trailers': (message) => this.#end(decodeUndici(message).request),
      'undici:request:error': (message) => this.#end(decodeUndici(message).request),
      'http.client.request.error': (message) => this.#end(decodeNode(message).request),
      'http.client.request.start': (message) => this.#startNode(decodeNode(message).request),
      'http.client.response.finish': (message) => this.#endNode(decodeNode(message)),
    };
    for (const [channel, listener] of Object.entries(this.#listeners)) subscribe(channel, listener);
  }

  [Symbol.dispose](): void {
    for (const [channel, listener] of Object.entries(this.#listeners)) unsubscribe(channel, listener);
  }

  #startUndici(request: UndiciRequest): void {
    this.#start(request, request.method, resourceOfPath(request.path));
  }

  /** Others in the process use Node's client too: of its requests, the AWS SDK's alone are the service's. */
  #startNode(request: NodeRequest): void {
    const target = request.getHeader('x-amz-target');
    if (typeof target !== 'string') return;
    this.#start(request, request.method, target.replace(/^.*\./u, ''));
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

  #start(request: object, method: string, resource: string): void {
    this.#started.set(request, { method, resource, startedMs: performance.now(), status: undefined });
  }

  #end(request: object): void {
    const started = this.#started.get(request);
    if (started === undefined) return;
    this.#started.delete(request);
    const { startedMs, status, ...others } = started;
    publish('request', {
      ...others,
      durationMs: performance.now() - startedMs,
      inFlightCount: this.#started.size,
      ...(status === undefined ? {} : { status }),
    });
  }
}

/** What identifies one alarm, monitor or downtime stands after one of these in the paths of the adapters, as one segment. */
const IDENTIFIED = /^(.*\/(?:alarms|monitor|downtime)\/)[^/]+/u;

function resourceOfPath(path: string): string {
  return path.replace(/\?.*$/su, '').replace(IDENTIFIED, '$1{id}');
}

interface UndiciRequest {
  readonly method: string;
  readonly path: string;
}

interface UndiciMessage {
  readonly request: UndiciRequest;
  readonly response?: { readonly statusCode: number };
}

interface NodeRequest {
  readonly method: string;
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
