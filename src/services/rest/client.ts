// Turns the calls of the SDK into requests of the alarm service's REST API, and the answers into values.

import { randomUUID } from 'node:crypto';

import type { AlarmDefinition } from '../../alarm/alarm.ts';
import { isWellFormed } from '../../alarm/alarm.ts';
import { AlarmSyncError } from '../../alarm/errors.ts';
import { paramsOfText } from '../../alarm/params-text.ts';
import type { AlarmPage, ListedAlarm, ListedText, RequestGate } from '../alarm-service.ts';
import { parseServiceAddress } from '../http-address.ts';
import { malformed } from '../http-error.ts';
import { HttpAnswer } from '../http-answer.ts';
import { HttpTransport, MAX_PAGE_BYTES } from '../http.ts';
import type { HttpRequest, ProxySettings } from '../http.ts';
import { Pacer } from '../pacer.ts';
import { withRetries } from '../retry.ts';
import type { RetrySettings } from '../retry.ts';
import { headerOf, type HttpHeaders } from '../retry-after.ts';
import { TokenSource } from '../token.ts';
import { PageReader } from './page.ts';
import { decodeAcknowledgement, decodeDefinition, encodeDefinition, sendableEtag } from './wire.ts';
import type { Acknowledgement } from './wire.ts';

export interface AlarmClientOptions {
  /** `http(s)://host[:port][/prefix]`, without user, password and query. */
  readonly url: string;
  /** Bearer token. @default none */
  readonly token?: string | undefined;
  /** Path of a file that holds the token, read again once when the service answers 401. @default none */
  readonly tokenFile?: string | undefined;
  /** Send the token over plain http to another machine. @default false */
  readonly allowInsecure?: boolean | undefined;
  /** Connections at most. @default 8 */
  readonly concurrency?: number | undefined;
  /** Longest time one request may take, from sending to the last byte of its answer. @default 30 000 */
  readonly requestTimeoutMs?: number | undefined;
  /** Attempts of one read or page beyond the first; writes are never repeated. @default 5 */
  readonly retries?: number | undefined;
  /** @default none */
  readonly proxy?: ProxySettings | undefined;
  /** Every request passes here first. @default no quota, but the pauses that the service asks for are kept */
  readonly gate?: RequestGate | undefined;
}

export interface ListOptions {
  /** Alarms wanted on a page, 1-10 000; the service may give fewer. @default 1000 */
  readonly pageSize?: number;
  /** Go on from the `nextCursor` of an earlier page. @default the start */
  readonly cursor?: string;
  readonly signal?: AbortSignal;
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
}

export interface ChangeOptions {
  readonly signal?: AbortSignal;
  /** Give the same one when you send the same change again. @default a new one for each call */
  readonly idempotencyKey?: string;
  /** Change the alarm only while it has this etag. @default unconditionally */
  readonly ifMatch?: string;
}

const DEFAULT_PAGE_SIZE = 1000;

/**
 * The SDK: one alarm service, as its REST API has it. Usable without the rest of the engine.
 *
 * A write resolves on a well-formed acknowledgement and on nothing less, and is never sent twice: after
 * ALARMSYNC_SERVICE_UNAVAILABLE, TIMEOUT, CONNECTION or MALFORMED its outcome is unknown, so `read` before sending it again.
 */
export class AlarmClient implements AsyncDisposable {
  /** The service's address without a slash at its end. */
  readonly address: string;
  readonly #transport: HttpTransport;
  readonly #pacer = new Pacer({ perSecond: 0, burst: 1, concurrency: 1 });
  readonly #retrySettings: RetrySettings;

  /** @throws {ALARMSYNC_SERVICE_ADDRESS} or {ALARMSYNC_SERVICE_CREDENTIALS} when the options cannot be used. */
  constructor(options: AlarmClientOptions) {
    const address = parseServiceAddress(options.url);
    this.address = address.origin + address.prefix;
    this.#retrySettings = { retries: options.retries ?? 5, random: Math.random };
    this.#transport = new HttpTransport(
      {
        address,
        token: TokenSource.of(options),
        allowInsecure: options.allowInsecure ?? false,
        concurrency: options.concurrency ?? 8,
        requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
        proxy: options.proxy,
      },
      options.gate ?? this.#pacer,
    );
  }

  /** @throws {ALARMSYNC_SERVICE_EXISTS} when the name is taken, or any other ALARMSYNC_SERVICE_ code. */
  async create(definition: AlarmDefinition, options: ChangeOptions = {}): Promise<Acknowledgement> {
    requireAddressable(definition.name);
    return this.#change('POST', '/alarms', definition.name, encodeDefinition(definition), options);
  }

  /** The alarm of that name, or undefined when the service says that there is none. */
  async read(name: string, options: ReadOptions = {}): Promise<ListedAlarm | undefined> {
    const signal = options.signal ?? neverAborted();
    const request = { method: 'GET', path: pathOf(name), kind: 'read', signal } as const;
    return withRetries(() => this.#readOnce(request, name), this.#retrySettings, signal);
  }

  /**
   * The pages of the listing, one request each. A service without paging answers with everything at once: then the same answer
   * is given in pages of `pageSize`, all but the last with the cursor '', which cannot be resumed from.
   * @throws {AlarmSyncError} any ALARMSYNC_SERVICE_ code; the pages given so far stay valid.
   */
  async *listAlarms(options: ListOptions = {}): AsyncGenerator<AlarmPage, void, void> {
    for await (const page of this.listTexts(options)) yield { ...page, alarms: page.alarms.map(listedAlarm) };
  }

  /** As `listAlarms`, but most alarms come as the text that is staged: that takes a fifth of the time. */
  async *listTexts(
    options: ListOptions = {},
  ): AsyncGenerator<AlarmPage<ListedAlarm | ListedText>, void, void> {
    const pageSize = options.pageSize ?? DEFAULT_PAGE_SIZE;
    const signal = options.signal ?? neverAborted();
    let cursor = options.cursor;
    for (;;) {
      const request = listRequest(pageSize, cursor, signal);
      const isFirst = cursor === undefined;
      const fetchOnce = async () => this.#fetchPage(request, isFirst);
      const fetched = await withRetries(fetchOnce, this.#retrySettings, signal);
      if (fetched instanceof HttpAnswer) {
        const { pagesOfArray } = await import('./array-page.ts');
        yield* pagesOfArray(fetched.chunks(), pageSize, this.#transport.where(request));
        return;
      }
      yield fetched;
      if (fetched.nextCursor === null) return;
      cursor = fetched.nextCursor;
    }
  }

  /** Replaces the whole definition. @throws {ALARMSYNC_SERVICE_MISSING}, CHANGED, or any other ALARMSYNC_SERVICE_ code. */
  async update(definition: AlarmDefinition, options: ChangeOptions = {}): Promise<Acknowledgement> {
    const path = pathOf(definition.name);
    return this.#change('PUT', path, definition.name, encodeDefinition(definition), options);
  }

  /** @throws {ALARMSYNC_SERVICE_MISSING}, CHANGED, or any other ALARMSYNC_SERVICE_ code. */
  async delete(name: string, options: ChangeOptions = {}): Promise<Acknowledgement> {
    return this.#change('DELETE', pathOf(name), name, undefined, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pacer[Symbol.dispose]();
    await this.#transport[Symbol.asyncDispose]();
  }

  async #change(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    name: string,
    body: string | undefined,
    options: ChangeOptions,
  ): Promise<Acknowledgement> {
    const answer = await this.#transport.request({
      method,
      path,
      kind: 'write',
      signal: options.signal ?? neverAborted(),
      ...(body === undefined ? {} : { body }),
      headers: {
        'idempotency-key': options.idempotencyKey ?? randomUUID(),
        ...(options.ifMatch === undefined ? {} : { 'if-match': options.ifMatch }),
      },
    });
    const where = this.#transport.where({ method, path });
    const acknowledgement = decodeAcknowledgement(answer.text, name, where);
    if (acknowledgement.status.startsWith('2')) return acknowledgement;
    throw this.#transport.errorOfBodyStatus(Number(acknowledgement.status), answer.headers, where);
  }

  async #readOnce(request: HttpRequest, name: string): Promise<ListedAlarm | undefined> {
    try {
      return await this.#readExisting(request, name);
    } catch (thrown) {
      if (thrown instanceof AlarmSyncError && thrown.code === 'ALARMSYNC_SERVICE_MISSING') return undefined;
      throw thrown;
    }
  }

  async #readExisting(request: HttpRequest, name: string): Promise<ListedAlarm> {
    const where = this.#transport.where(request);
    const answer = await this.#transport.request(request);
    const decoded = decodeDefinition(answer.text, name, where);
    if ('alarm' in decoded) return withEtag(decoded.alarm, answer.headers);
    if (decoded.status.startsWith('2'))
      throw malformed('expected an alarm, got an acknowledgement without one', where);
    throw this.#transport.errorOfBodyStatus(Number(decoded.status), answer.headers, where);
  }

  async #fetchPage(
    request: HttpRequest,
    isFirst: boolean,
  ): Promise<AlarmPage<ListedAlarm | ListedText> | HttpAnswer> {
    const where = this.#transport.where(request);
    const answer = await this.#transport.open(request);
    if ((await answer.firstCharacter()) !== '[') {
      const reader = new PageReader(where);
      for await (const piece of answer.bytes(MAX_PAGE_BYTES)) reader.push(piece);
      return reader.end();
    }
    if (isFirst) return answer;
    answer.discard();
    throw malformed('expected a page, got a whole array in answer to a cursor', where);
  }
}

/** False for a name that no path can carry: clients and proxies fold `.` and `..` away, and an empty segment is the listing. */
export function isAddressable(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && isWellFormed(name);
}

function requireAddressable(name: string): void {
  if (isAddressable(name)) return;
  throw new AlarmSyncError(
    'ALARMSYNC_SERVICE_REFUSED',
    `expected a name that a URL can carry, got ${JSON.stringify(name)}`,
  );
}

// Sent as it stands: `new URL` would fold `%2e%2e` away.
function pathOf(name: string): string {
  requireAddressable(name);
  return `/alarms/${encodeURIComponent(name)}`;
}

function listRequest(pageSize: number, cursor: string | undefined, signal: AbortSignal): HttpRequest {
  const from = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
  return { method: 'GET', path: `/alarms?limit=${pageSize}${from}`, kind: 'list', signal };
}

function listedAlarm(alarm: ListedAlarm | ListedText): ListedAlarm {
  if ('definition' in alarm) return alarm;
  const definition = { name: alarm.name, params: paramsOfText(alarm.paramsText) };
  return alarm.etag === undefined ? { definition } : { definition, etag: alarm.etag };
}

// The etag of the header is that of the answer; the one in the body is a listing's.
function withEtag(alarm: ListedAlarm, headers: HttpHeaders): ListedAlarm {
  const etag = sendableEtag(headerOf(headers, 'etag')) ?? alarm.etag;
  return etag === undefined ? alarm : { ...alarm, etag };
}

function neverAborted(): AbortSignal {
  return new AbortController().signal;
}
