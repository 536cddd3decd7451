// A transport to a loopback address, and the gate before it.

import { onTestFinished } from 'vitest';

import type { RequestGate } from '../src/services/alarm-service.ts';
import { parseServiceAddress } from '../src/services/http-address.ts';
import { HttpTransport } from '../src/services/http.ts';
import type { HttpRequest } from '../src/services/http.ts';
import { TokenSource } from '../src/services/token.ts';

const signal = new AbortController().signal;
export const get: HttpRequest = {
  method: 'GET',
  path: '/alarms/a?cursor=hidden-cursor',
  kind: 'read',
  signal,
};

/** Lets everyone pass, and notes what it is asked: `read`, `pause 1000`. */
export interface NotedGate extends RequestGate {
  readonly notes: string[];
}

export function notedGate(): NotedGate {
  const notes: string[] = [];
  return {
    notes,
    pass: async (kind) => {
      notes.push(kind);
    },
    pause: (durationMs) => {
      notes.push(`pause ${durationMs}`);
    },
  };
}

/** With the token `hidden-token` and two connections; disposed with the test. */
export function transport(
  url: string,
  requestTimeoutMs = 20_000,
  gate: RequestGate = notedGate(),
): HttpTransport {
  const made = new HttpTransport(
    {
      address: parseServiceAddress(url),
      token: TokenSource.of({ token: 'hidden-token' }),
      allowInsecure: false,
      concurrency: 2,
      requestTimeoutMs,
    },
    gate,
  );
  onTestFinished(async () => made[Symbol.asyncDispose]());
  return made;
}
