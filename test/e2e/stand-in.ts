// An alarm service written from its contract alone, which shares no line with the product: every request is logged,
// alarms are kept as the very text that came, and tests may let it misbehave.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { onTestFinished } from 'vitest';

import { readDefinition } from './definition-text.ts';

export interface StandInSettings {
  /** `none`: one array of everything. `overlap`: each page begins with the last alarm of the page before. */
  readonly paging: 'cursor' | 'overlap' | 'none';
  readonly hasEtags: boolean;
  readonly hasTotals: boolean;
  /** Alarms on a page at most, whatever is asked for. */
  readonly maxPageSize: number;
  /** What every request must bear; null for none. */
  readonly token: string | null;
}

export interface LoggedRequest {
  readonly method: string;
  /** As it came, query included. */
  readonly url: string;
  /** Of a read, an update or a delete; empty for a listing and a create. */
  readonly name: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** HTTP status answered. */
  status: number;
}

/** Sends any status and text as JSON. */
export type Answer = (status: number, text: string, headers?: Readonly<Record<string, string>>) => void;

/** A request for one page of the listing, before it is answered. */
export interface ListingCall {
  /** 1 for the first such request ever. */
  readonly count: number;
  readonly response: ServerResponse;
  /** The true answer. */
  readonly text: string;
  readonly answer: Answer;
}

interface Kept {
  /** JSON text of `params`, byte for byte as it came. */
  readonly paramsText: string;
  readonly version: number;
}

const DEFAULT_SETTINGS: StandInSettings = {
  paging: 'cursor',
  hasEtags: true,
  hasTotals: true,
  maxPageSize: 1000,
  token: null,
};

export class StandIn {
  readonly requests: LoggedRequest[] = [];
  /** Requests that the contract does not allow. */
  readonly breaches: string[] = [];
  /** Answers a listing in the place of the true answer; gives false to let the true one go. */
  onListing: ((call: ListingCall) => boolean) | undefined;
  /** Answers a write in the place of what it would do; gives false to let it happen. */
  onWrite: ((request: LoggedRequest, answer: Answer) => boolean) | undefined;
  /** Called before a read is answered. */
  beforeRead: ((name: string) => void) | undefined;
  /** Called when a read was answered: the moment between a client's check and its write. */
  afterRead: ((name: string) => void) | undefined;
  url = '';
  readonly #settings: StandInSettings;
  readonly #alarms = new Map<string, Kept>();
  #version = 0;
  #listingCount = 0;

  constructor(settings: StandInSettings) {
    this.#settings = settings;
  }

  /** Requests that could have changed something. */
  get writes(): readonly LoggedRequest[] {
    return this.requests.filter(({ method }) => method !== 'GET');
  }

  get names(): readonly string[] {
    return [...this.#alarms.keys()];
  }

  /** Puts an alarm there, past HTTP. */
  put(name: string, params: object | string): void {
    const paramsText = typeof params === 'string' ? params : JSON.stringify(params);
    this.#keep(name, paramsText);
  }

  drop(name: string): void {
    this.#alarms.delete(name);
  }

  /** What the service itself does when an alarm starts or stops to fire. */
  setState(name: string, state: string): void {
    const text = this.paramsTextOf(name);
    this.#keep(name, text.replace(/"alarm_state": ?"[a-z_]*"/u, `"alarm_state":"${state}"`));
  }

  paramsTextOf(name: string): string {
    const kept = this.#alarms.get(name);
    if (kept === undefined) throw new Error(`expected an alarm ${name}`);
    return kept.paramsText;
  }

  paramsOf(name: string): Record<string, unknown> {
    return JSON.parse(this.paramsTextOf(name));
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const logged = { method, url, name: '', headers, body: Buffer.concat(chunks).toString(), status: 0 };
      const entry = { ...logged, name: nameOf(url) ?? '' };
      this.requests.push(entry);
      response.once('close', () => {
        entry.status = response.statusCode;
      });
      this.#answer(entry, response);
    });
  }

  #answer(request: LoggedRequest, response: ServerResponse): void {
    const { token } = this.#settings;
    if (token !== null && request.headers.authorization !== `Bearer ${token}`) {
      send(response, 401, { error: 'unauthorised' });
      return;
    }
    if (request.method !== 'GET') {
      this.#noteBreaches(request);
      if (this.onWrite?.(request, answering(response)) === true) return;
    }
    const isListing = splitUrl(request.url).pathname === '/alarms';
    switch (isListing || nameOf(request.url) !== undefined ? `${request.method} ${isListing}` : '') {
      case 'GET true':
        return this.#list(request, response);
      case 'POST true':
        return this.#create(request, response);
      case 'GET false':
        return this.#read(request, response);
      case 'PUT false':
        return this.#update(request, response);
      case 'DELETE false':
        return this.#delete(request, response);
      default:
        return send(response, 405, { error: 'no such call' });
    }
  }

  #noteBreaches({ method, headers, url }: LoggedRequest): void {
    if (typeof headers['idempotency-key'] !== 'string')
      this.breaches.push(`no Idempotency-Key: ${method} ${url}`);
    const isJson = headers['content-type']?.startsWith('application/json') === true;
    if (method !== 'DELETE' && !isJson) this.breaches.push(`no JSON: ${method} ${url}`);
  }

  #list({ url }: LoggedRequest, response: ServerResponse): void {
    const { text, isBreach } = this.#listingText(splitUrl(url).query);
    if (isBreach) this.breaches.push(`listed with ${url}`);
    this.#listingCount += 1;
    const answer = answering(response);
    const isAnswered = this.onListing?.({ count: this.#listingCount, response, text, answer }) === true;
    if (!isAnswered) answer(200, text);
  }

  #listingText(query: URLSearchParams): { readonly text: string; readonly isBreach: boolean } {
    const { paging, maxPageSize, hasTotals } = this.#settings;
    const all = [...this.#alarms];
    if (paging === 'none')
      return { text: `[${all.map((alarm) => this.#listed(alarm)).join(',')}]`, isBreach: false };
    const limit = Number(query.get('limit') ?? Number.NaN);
    const start = Number(Buffer.from(query.get('cursor') ?? 'MA==', 'base64').toString());
    const isBreach = !Number.isInteger(limit) || limit < 1 || !Number.isInteger(start);
    const end = start + Math.min(limit, maxPageSize);
    const page = all.slice(paging === 'overlap' ? Math.max(0, start - 1) : start, end);
    const cursor = end < all.length ? `"${Buffer.from(String(end)).toString('base64')}"` : 'null';
    const total = hasTotals ? `,"total":${all.length}` : '';
    const alarms = page.map((alarm) => this.#listed(alarm)).join(',');
    return { text: `{"alarms":[${alarms}],"next_cursor":${cursor}${total}}`, isBreach };
  }

  #listed([name, { paramsText, version }]: readonly [string, Kept]): string {
    const etag = this.#settings.hasEtags ? `,"etag":${JSON.stringify(etagOf(version))}` : '';
    return `{"name":${JSON.stringify(name)},"params":${paramsText}${etag}}`;
  }

  #read({ name }: LoggedRequest, response: ServerResponse): void {
    this.beforeRead?.(name);
    const kept = this.#alarms.get(name);
    if (kept === undefined) {
      send(response, 404, { name, status: '404' });
      return;
    }
    const headers = this.#settings.hasEtags ? { etag: etagOf(kept.version) } : {};
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.end(`{"name":${JSON.stringify(name)},"params":${kept.paramsText}}`);
    this.afterRead?.(name);
  }

  #create({ body }: LoggedRequest, response: ServerResponse): void {
    const definition = readDefinition(body);
    if (definition === undefined) send(response, 422, { status: '422' });
    else if (this.#alarms.has(definition.name)) send(response, 409, { name: definition.name, status: '409' });
    else {
      this.#keep(definition.name, definition.paramsText);
      send(response, 201, { name: definition.name, status: '201' });
    }
  }

  #update(request: LoggedRequest, response: ServerResponse): void {
    const { name, body } = request;
    const definition = readDefinition(body);
    if (definition?.name !== name) send(response, 422, { name, status: '422' });
    else if (this.#mayChange(request, response)) {
      this.#keep(name, definition.paramsText);
      send(response, 200, { name, status: '200' });
    }
  }

  #delete(request: LoggedRequest, response: ServerResponse): void {
    if (!this.#mayChange(request, response)) return;
    this.#alarms.delete(request.name);
    send(response, 200, { name: request.name, status: '200' });
  }

  #mayChange({ name, headers }: LoggedRequest, response: ServerResponse): boolean {
    const kept = this.#alarms.get(name);
    const ifMatch = headers['if-match'];
    const status =
      kept === undefined ? 404 : ifMatch === undefined || ifMatch === etagOf(kept.version) ? 200 : 412;
    if (status !== 200) send(response, status, { name, status: String(status) });
    return status === 200;
  }

  #keep(name: string, paramsText: string): void {
    this.#version += 1;
    this.#alarms.set(name, { paramsText, version: this.#version });
  }
}

/** Starts one that stops with the test. */
export async function startStandIn(settings: Partial<StandInSettings> = {}): Promise<StandIn> {
  const standIn = new StandIn({ ...DEFAULT_SETTINGS, ...settings });
  const server = createServer((request, response) => standIn.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  standIn.url = `http://127.0.0.1:${port}`;
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return standIn;
}

function answering(response: ServerResponse): Answer {
  return (status, body, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body);
  };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function etagOf(version: number): string {
  return `"v${version}"`;
}

function splitUrl(url: string): { readonly pathname: string; readonly query: URLSearchParams } {
  const [pathname = '', query = ''] = url.split('?', 2);
  return { pathname, query: new URLSearchParams(query) };
}

/** The name in the path: one segment, percent-encoded. */
function nameOf(url: string): string | undefined {
  const segment = /^\/alarms\/([^/]+)$/u.exec(splitUrl(url).pathname)?.[1];
  if (segment === undefined) return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
