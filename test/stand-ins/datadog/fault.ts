// What a test lets go wrong with one request, and the answers that come of it.

import type { ServerResponse } from 'node:http';

import type { LoggedRequest } from './request-log.ts';

/** Whether the service does what it was asked before it fails. */
interface Acting {
  readonly acts: boolean;
}

/** Answers a status instead, such as 504 after creating, 512 of the edge proxy, or 403 on one request. */
interface StatusFault extends Acting {
  readonly kind: 'status';
  readonly status: number;
  /** `{"errors":["…"]}` when left out. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Drops the connection without an answer. */
interface DropFault extends Acting {
  readonly kind: 'drop';
}

/** Acts, promises the whole answer and drops the connection after half of it. */
interface CutFault {
  readonly kind: 'cut';
}

export type Fault = StatusFault | DropFault | CutFault;

/** `count` is 1 for the first request ever. Undefined lets the request be. */
export type FaultOf = (request: LoggedRequest, count: number) => Fault | undefined;

export function actsBefore(fault: Fault): boolean {
  return fault.kind === 'cut' || fault.acts;
}

/** An answer as it goes, or would have gone, over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export function sendFault(response: ServerResponse, fault: Fault, trueAnswer: WireAnswer): void {
  switch (fault.kind) {
    case 'status':
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
      response.end(fault.body ?? `{"errors":["fault ${fault.status}"]}`);
      return;
    case 'drop':
      response.destroy();
      return;
    case 'cut':
      sendHalf(response, trueAnswer);
  }
}

function sendHalf(response: ServerResponse, { status, headers, text }: WireAnswer): void {
  response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(text)) });
  response.write(text.slice(0, Math.floor(text.length / 2)), () => response.destroy());
}
