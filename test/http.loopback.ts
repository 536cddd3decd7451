// A real HTTP server on loopback whose answers a test writes, and what it was asked.

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { Server as TcpServer, Socket } from 'node:net';

import { onTestFinished } from 'vitest';

import { AlarmSyncError } from '../src/alarm/errors.ts';

export interface Asked {
  readonly method: string;
  /** Exactly as it stood on the request line. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answering = (response: ServerResponse, asked: Asked, count: number) => void;

export interface Loopback {
  readonly url: string;
  readonly asked: Asked[];
}

/** Every request is read whole, noted, and then given to `answering` with its number, counted from 1. Stops with the test. */
export async function loopback(answering: Answering): Promise<Loopback> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const one = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') };
      asked.push(one);
      answering(response, one, asked.length);
    });
  });
  return { asked, url: await listen(server) };
}

/** Starts a server on a free port of this machine, to be stopped with the test; gives its address. */
export async function listen(server: Server | TcpServer): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${portOf(server)}`;
}

function portOf(server: Server | TcpServer): number {
  const address = server.address();
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('the server does not listen');
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** The AlarmSyncError that the action fails with; anything else fails the test. */
export async function failureOf(action: () => Promise<unknown>): Promise<AlarmSyncError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof AlarmSyncError) return error;
    throw error;
  }
  throw new Error('expected a failure, but it succeeded');
}

/** Everything of an error that could reach a log: message, hint, and the same of its causes. */
export function shownText(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const hint = error instanceof AlarmSyncError ? (error.hint ?? '') : '';
  return `${error.message}\n${hint}\n${error.stack}\n${shownText(error.cause)}`;
}

/** The body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(Buffer.from(decodePiece(piece)));
  return Buffer.concat(pieces).toString();
}

function decodePiece(piece: unknown): Uint8Array {
  return piece as Uint8Array;
}
