// Turns a request of an adapter into an HTTP answer: paced, authorised, timed, and with its failures named.

import type { Dispatcher } from 'undici';

import { AlarmSyncError } from '../alarm/errors.ts';
import type { RequestGate, RequestKind } from './alarm-service.ts';
import { resettingConnector } from './connector.ts';
import { Exchange } from './exchange.ts';
import { HttpAnswer } from './http-answer.ts';
import { requireConfidential } from './http-address.ts';
import type { ServiceAddress } from './http-address.ts';
import { errorOfRedirect, errorOfStatus } from './http-error.ts';
import { headerOf, retryAfterMsOf } from './retry-after.ts';
import type { HttpHeaders } from './retry-after.ts';
import { throttle } from './throttle.ts';
import type { TokenSource } from './token.ts';
import { WholeAnswer, type HttpText } from './whole-answer.ts';

/** Longest answer to anything but a listing: an acknowledgement or one alarm. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** Longest page of a listing. */
export const MAX_PAGE_BYTES: number = 64 * 1024 * 1024;

/** Addresses of proxies as in HTTP_PROXY, HTTPS_PROXY, NO_PROXY. A service on this machine is never asked through one. */
export interface ProxySettings {
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
  readonly noProxy?: string;
}

/** How a service is reached. Plain, so that it can be handed to a worker thread. */
export interface ConnectionSettings {
  /** Send credentials over plain http to another machine. */
  readonly allowInsecure: boolean;
  /** Connections at most. */
  readonly concurrency: number;
  /** For one whole exchange; for a body read in pieces, the longest wait for the next one. */
  readonly requestTimeoutMs: number;
  readonly proxy?: ProxySettings | undefined;
}

export interface HttpTransportSettings extends ConnectionSettings {
  readonly address: ServiceAddress;
  /** Sent in the token header; nothing is sent when absent. */
  readonly token?: TokenSource | undefined;
  /** `Authorization: Bearer …` when absent. */
  readonly tokenHeader?: (token: string) => Readonly<Record<string, string>>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Follows the address's prefix; starts with a slash, encoded, may end in a query. Sent as it stands. */
  readonly path: string;
  readonly kind: RequestKind;
  readonly signal: AbortSignal;
  /** JSON text. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses that `request` gives back instead of throwing; the 2xx when absent. */
  readonly acceptsStatus?: (status: number) => boolean;
}

interface Answered {
  readonly status: number;
  readonly headers: HttpHeaders;
}

/** Sends a request whose turn has come, and waits for its answer. */
type Send<Answer> = (
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  exchange: Exchange,
) => Promise<Answer>;

/**
 * JSON over HTTP to one service. Redirects are not followed and nothing is sent twice, but for a 401 after which the token file holds another token.
 * Connections use Node's own TLS, which reads NODE_EXTRA_CA_CERTS by itself.
 */
export class HttpTransport implements AsyncDisposable {
  readonly #settings: HttpTransportSettings;
  readonly #gate: RequestGate;
  /** Undefined until something is sent: many a command opens a service only to know its address. */
  #dispatcher: Promise<Dispatcher> | undefined;
  #isDisposed = false;

  /** @throws {ALARMSYNC_SERVICE_ADDRESS} for a token over plain http to another machine, or a proxy that is no address. */
  constructor(settings: HttpTransportSettings, gate: RequestGate) {
    if (settings.token !== undefined && !settings.allowInsecure) requireConfidential(settings.address);
    const proxy = proxyOf(settings);
    if (proxy !== undefined) requireProxyAddress(proxy);
    this.#settings = settings;
    this.#gate = gate;
  }

  /**
   * One exchange, the body read whole: up to 4 MiB, or 64 MiB for a listing.
   * @throws {AlarmSyncError} the ALARMSYNC_SERVICE_ code of the status or failure; the signal's own reason when it aborts.
   */
  async request(request: HttpRequest): Promise<HttpText> {
    const acceptsStatus = request.acceptsStatus ?? isSuccess;
    const settings = {
      limitBytes: request.kind === 'list' ? MAX_PAGE_BYTES : MAX_ANSWER_BYTES,
      wantsBody: acceptsStatus,
    };
    const answer = await this.#authorised<HttpText>(request, async (...sending) =>
      WholeAnswer.to(...sending, settings),
    );
    if (acceptsStatus(answer.status)) return answer;
    throw this.#errorOf(request, answer);
  }

  /** One exchange up to the headers; the caller reads or discards the body. @throws as `request`. */
  async open(request: HttpRequest): Promise<HttpAnswer> {
    const answer = await this.#authorised(
      request,
      async (...sending) => HttpAnswer.to(...sending),
      (refused) => refused.discard(),
    );
    if (isSuccess(answer.status)) return answer;
    answer.discard();
    throw this.#errorOf(request, answer);
  }

  /**
   * The error for the status in an answer's body, throttling everyone as for the same HTTP status.
   * @param headers of the answer that carried it
   */
  errorOfBodyStatus(status: number, headers: HttpHeaders, where: string): AlarmSyncError {
    this.#throttle(status, headers);
    return errorOfStatus(status, where, waitOf(status, headers));
  }

  /** The request as errors show it: method and address, without the query. */
  where(request: Pick<HttpRequest, 'method' | 'path'>): string {
    const { origin, prefix } = this.#settings.address;
    const queryAt = request.path.indexOf('?');
    return `${request.method} ${origin}${prefix}${queryAt < 0 ? request.path : request.path.slice(0, queryAt)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await (await this.#dispatcher)?.destroy();
  }

  #errorOf(request: HttpRequest, { status, headers }: Answered): AlarmSyncError {
    const where = this.where(request);
    if (status >= 400) return errorOfStatus(status, where, waitOf(status, headers));
    const base = this.#settings.address.origin + this.#settings.address.prefix + request.path;
    return errorOfRedirect(status, where, headerOf(headers, 'location'), base);
  }

  /** @param letGo of an answer that is not used */
  async #authorised<Answer extends Answered>(
    request: HttpRequest,
    send: Send<Answer>,
    letGo?: (answer: Answer) => void,
  ): Promise<Answer> {
    const token = await this.#settings.token?.current();
    const answer = await this.#send(request, token, send);
    if (answer.status !== 401 || token === undefined) return answer;
    const renewed = await this.#settings.token?.renewed(token);
    if (renewed === undefined) return answer;
    letGo?.(answer);
    return this.#send(request, renewed, send);
  }

  async #send<Answer extends Answered>(
    request: HttpRequest,
    token: string | undefined,
    send: Send<Answer>,
  ): Promise<Answer> {
    const { address, requestTimeoutMs } = this.#settings;
    // Before the gate: who has passed it leaves at once, or many would leave together once the client is loaded.
    const dispatcher = await this.#openDispatcher(request);
    await this.#gate.pass(request.kind, request.signal);
    request.signal.throwIfAborted();
    const exchange = new Exchange(this.where(request), request.signal, requestTimeoutMs);
    exchange.startClock();
    const answer = await send(
      dispatcher,
      {
        origin: address.origin,
        path: address.prefix + request.path,
        method: request.method,
        headers: headersOf(request, token === undefined ? {} : (this.#settings.tokenHeader ?? bearer)(token)),
        body: request.body ?? null,
      },
      exchange,
    );
    this.#throttle(answer.status, answer.headers);
    return answer;
  }

  async #openDispatcher(request: HttpRequest): Promise<Dispatcher> {
    if (this.#isDisposed)
      throw new AlarmSyncError(
        'ALARMSYNC_SERVICE_CONNECTION',
        `expected a connection, got one that was closed here: ${this.where(request)}`,
        { failureClass: 'connection' },
      );
    this.#dispatcher ??= openDispatcher(this.#settings);
    return this.#dispatcher;
  }

  #throttle(status: number, headers: HttpHeaders): void {
    throttle(this.#gate, status, waitOf(status, headers));
  }
}

function waitOf(status: number, headers: HttpHeaders): number | undefined {
  return status === 429 || status === 503 ? retryAfterMsOf(headers, Date.now()) : undefined;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}

function headersOf(
  request: HttpRequest,
  tokenHeader: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    accept: 'application/json',
    'user-agent': 'alarmsync',
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...tokenHeader,
    ...request.headers,
  };
}

async function openDispatcher(settings: HttpTransportSettings): Promise<Dispatcher> {
  const { EnvHttpProxyAgent, Pool, buildConnector } = await import('undici');
  const { address, concurrency, requestTimeoutMs } = settings;
  const options = {
    connections: concurrency,
    connect: resettingConnector(buildConnector({ timeout: requestTimeoutMs })),
    // The exchange keeps the time; undici's own timers tick in whole seconds.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  const proxy = proxyOf(settings);
  if (proxy === undefined) return new Pool(address.origin, options);
  const noProxy = settings.proxy?.noProxy ?? '';
  // All three are given, empty or not: undici reads the environment for what is absent.
  return new EnvHttpProxyAgent({ ...options, httpProxy: proxy, httpsProxy: proxy, noProxy });
}

/** Undefined when requests go there straight. */
function proxyOf({ address, proxy }: HttpTransportSettings): string | undefined {
  const text = (address.isPlain ? proxy?.httpProxy : proxy?.httpsProxy) ?? '';
  return text === '' || address.isLoopback ? undefined : text;
}

// undici's own error would hold the text, and with it the proxy's password.
function requireProxyAddress(text: string): void {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return;
  throw new AlarmSyncError(
    'ALARMSYNC_SERVICE_ADDRESS',
    'expected http(s)://host[:port] as the address of the proxy, got something else',
    { hint: 'check HTTP_PROXY and HTTPS_PROXY' },
  );
}
