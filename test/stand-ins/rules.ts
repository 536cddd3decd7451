// A service that somebody might have: rules by ids of its own, behind a token.
//
//   GET /rules?after=ID&limit=N   {"rules": [{"id", "name", "spec"}…], "next": ID or null}
//   GET /rules?name=NAME          {"rules": [none or one]}
//   POST /rules                   409 for a name that is taken
//   PUT, DELETE /rules/ID         404 for an id that is none
//   DELETE /rules                 all of them

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { bodyOf, listen } from '../http.loopback.ts';

export interface Rule {
  readonly id: number;
  readonly name: string;
  readonly spec: unknown;
}

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Rules {
  readonly url: string;
  readonly token: string;
  readonly held: Map<number, Rule>;
  /** METHOD /path of every request. */
  readonly asked: string[];
  /** An answer instead of the service's own, which has acted all the same where it says so. */
  fault: ((method: string) => (Answer & { readonly acts: boolean }) | undefined) | undefined;
}

const TOKEN = 'token-of-the-rules';

/** Stops with the test. */
export async function startRules(): Promise<Rules> {
  const held = new Map<number, Rule>();
  const asked: string[] = [];
  let lastId = 0;
  const add = (name: string, spec: unknown): Answer => {
    if ([...held.values()].some((rule) => rule.name === name)) return { status: 409, body: {} };
    lastId += 1;
    held.set(lastId, { id: lastId, name, spec });
    return { status: 201, body: { id: lastId } };
  };
  const answer = (method: string, url: URL, text: string): Answer => {
    const id = Number(url.pathname.split('/')[2] ?? 0);
    const { name = '', spec } = decodeBody(text);
    if (method === 'POST') return add(name, spec);
    if (method === 'GET') return { status: 200, body: listed([...held.values()], url.searchParams) };
    if (method === 'DELETE' && id === 0) held.clear();
    else if (!held.has(id)) return { status: 404, body: {} };
    else if (method === 'DELETE') held.delete(id);
    else held.set(id, { id, name, spec });
    return { status: 200, body: {} };
  };
  const rules: Rules = { url: '', token: TOKEN, held, asked, fault: undefined };
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await bodyOf(request);
    const { method = '', url = '/', headers } = request;
    asked.push(`${method} ${url}`);
    const isKnown = headers.authorization === `Bearer ${TOKEN}`;
    const fault = rules.fault?.(method);
    const own = (): Answer =>
      isKnown ? answer(method, new URL(url, 'http://localhost'), text) : { status: 401, body: {} };
    if (fault?.acts === true) own();
    const { status, body, headers: added } = fault ?? own();
    response.writeHead(status, { 'content-type': 'application/json', ...added });
    response.end(JSON.stringify(body));
  };
  const server = createServer((request, response) => void respond(request, response));
  return Object.assign(rules, { url: await listen(server) });
}

function listed(all: readonly Rule[], query: URLSearchParams): object {
  const name = query.get('name');
  if (name !== null) return { rules: all.filter((rule) => rule.name === name) };
  const rest = all.filter(({ id }) => id > Number(query.get('after')));
  const rules = rest.slice(0, Number(query.get('limit')));
  return { rules, next: rest.length > rules.length ? (rules.at(-1)?.id ?? null) : null };
}

function decodeBody(text: string): { readonly name?: string; readonly spec?: unknown } {
  return text === '' ? {} : (JSON.parse(text) as { name?: string; spec?: unknown });
}
