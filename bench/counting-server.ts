// Requests of an alarm client -> acknowledgements as cheap as Node can give them, and a record of when each request came.
//
// Run as a process of its own: node counting-server.js [LATENCY_MS]; it prints its address. A create is answered that much later.
// GET /bench/record tells since the last POST /bench/forget; GET /bench/write-count tells only how many writes came.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { monotonicMs } from './measuring/spawned.ts';

const latencyMs = Number(process.argv[2] ?? 0);

/** Definitions by name, as text: a look-up of what was created must find it. */
const created = new Map<string, string>();
let writeArrivalsMs: number[] = [];
let listingCount = 0;
let readCount = 0;

const server = createServer((request, response) => {
  const { method = '', url = '' } = request;
  if (url === '/alarms' && method === 'POST') {
    writeArrivalsMs.push(monotonicMs());
    create(request, response);
  } else if (url.startsWith('/alarms/') && method === 'GET') {
    readCount += 1;
    const name = decodeURIComponent(url.slice('/alarms/'.length));
    const text = created.get(name);
    answer(response, text === undefined ? 404 : 200, text ?? acknowledgement(name, '404'));
  } else if (url.startsWith('/alarms?') && method === 'GET') {
    listingCount += 1;
    answer(response, 200, '{"alarms":[],"next_cursor":null,"total":0}');
  } else {
    answerBench(`${method} ${url}`, response);
  }
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) console.log(`http://127.0.0.1:${address.port}`);
});

/** A client that is killed while it sends never ends its request: nothing is created then. */
function create(request: IncomingMessage, response: ServerResponse): void {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const text = Buffer.concat(pieces).toString();
    const name = parseName(text);
    created.set(name, text);
    const acknowledge = (): void => answer(response, 200, acknowledgement(name, '200'));
    if (latencyMs === 0) acknowledge();
    else setTimeout(acknowledge, latencyMs);
  });
}

function answerBench(call: string, response: ServerResponse): void {
  switch (call) {
    case 'GET /bench/record':
      answer(response, 200, JSON.stringify({ writeArrivalsMs, listingCount, readCount }));
      return;
    case 'GET /bench/write-count':
      answer(response, 200, String(writeArrivalsMs.length));
      return;
    case 'POST /bench/forget':
      writeArrivalsMs = [];
      listingCount = 0;
      readCount = 0;
      answer(response, 200, '{}');
      return;
    default:
      answer(response, 404, '{}');
  }
}

function answer(response: ServerResponse, status: number, body: string): void {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, headers).end(body);
}

function acknowledgement(name: string, status: string): string {
  return JSON.stringify({ name, status });
}

function parseName(text: string): string {
  return (JSON.parse(text) as { name: string }).name;
}
