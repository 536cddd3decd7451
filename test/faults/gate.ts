// An HTTP proxy before a service: each request passes, is refused, or is answered 504 and carried out later.

import { once } from 'node:events';
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { onTestFinished } from 'vitest';

export interface GateRequest {
  readonly method: string;
  /** As it came: encoded, query included. */
  readonly url: string;
  readonly authorization: string | undefined;
}

/** `lateMs`: the client hears 504 at once, and the service gets the request that much later. */
export type Verdict = 'pass' | { readonly status: number } | { readonly lateMs: number };

export interface Gate {
  readonly url: string;
  /** Requests that were refused so far. */
  readonly refusedCount: number;
  decide: (request: GateRequest) => Verdict;
}

/** Starts one that lets everything pass, until the test ends. */
export async function openGate(serviceUrl: string): Promise<Gate> {
  let refusedCount = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const verdict = gate.decide({ method, url, authorization: headers.authorization });
      const body = Buffer.concat(chunks);
      if (verdict === 'pass') {
        pass(serviceUrl, request, body, response);
        return;
      }
      refusedCount += 1;
      response.writeHead('status' in verdict ? verdict.status : 504).end();
      if ('lateMs' in verdict) setTimeout(() => pass(serviceUrl, request, body), verdict.lateMs);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  const gate: Gate = {
    url: `http://127.0.0.1:${port}`,
    get refusedCount() {
      return refusedCount;
    },
    decide: () => 'pass',
  };
  return gate;
}

function pass(serviceUrl: string, request: IncomingMessage, body: Buffer, response?: ServerResponse): void {
  const { method, url = '', headers } = request;
  const { hostname, port } = new URL(serviceUrl);
  const passed = forward({ hostname, port, path: url, method, headers }, (answer) => {
    if (response === undefined) {
      answer.resume();
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  passed.on('error', () => response?.destroy());
  passed.end(body);
}
