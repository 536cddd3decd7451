// A connection whose request was given up is reset, so that the system does not deliver it later; an idle one is closed.

import { execFile, execFileSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, it, onTestFinished } from 'vitest';

import { failureOf, listen } from './http.loopback.ts';
import { get, transport } from './http.transport.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';

/** How a connection ends, seen from the server: `ECONNRESET`, or `end`. */
async function endOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    socket.on('end', () => resolve('end'));
  });
}

interface Answering {
  /** Once a request is there that gets no answer. */
  readonly unanswered: Promise<unknown>;
  /** How the first connection that ended did. */
  readonly ended: Promise<string>;
}

/** Answers that many requests, and no more. */
function answerSome(server: Server, count: number): Answering {
  const events = new EventEmitter();
  let askedCount = 0;
  server.on('connection', (socket: Socket) => {
    socket.on('data', () => {
      askedCount += 1;
      if (askedCount <= count) socket.write(ANSWER);
      else events.emit('unanswered');
    });
    void endOf(socket).then((end) => events.emit('ended', end));
  });
  return {
    unanswered: once(events, 'unanswered'),
    ended: once(events, 'ended').then(([end]) => String(end)),
  };
}

it.each([0, 3])('is reset when a request is out of time, %i answered before it', async (answeredCount) => {
  const server = createTcpServer();
  const used = transport(await listen(server), 1000);
  const { ended } = answerSome(server, answeredCount);
  for (let count = 0; count < answeredCount; count += 1) await used.request(get);
  expect((await failureOf(async () => used.request(get))).code).toBe('ALARMSYNC_SERVICE_TIMEOUT');
  expect(await ended).toBe('ECONNRESET');
});

it('is reset when all is let go of while a request waits for its answer', async () => {
  const server = createTcpServer();
  const used = transport(await listen(server));
  const { unanswered, ended } = answerSome(server, 0);
  const waiting = failureOf(async () => used.request(get));
  await unanswered;
  await used[Symbol.asyncDispose]();
  expect((await waiting).code).toBe('ALARMSYNC_SERVICE_CONNECTION');
  expect(await ended).toBe('ECONNRESET');
});

it('is closed when its last request was answered', async () => {
  const server = createTcpServer();
  const used = transport(await listen(server));
  const { ended } = answerSome(server, 1);
  await used.request(get);
  await used[Symbol.asyncDispose]();
  expect(await ended).toBe('end');
});

const dist = (file: string): string => JSON.stringify(new URL(`../dist/${file}`, import.meta.url).href);

/**
 * Sends requests one after the other to a server that answers the first, then none, then all again, in a process of its own:
 * only there can a certificate be trusted.
 */
const TLS_CLIENT = `
  const { parseServiceAddress } = await import(${dist('services/http-address.js')});
  const { HttpTransport } = await import(${dist('services/http.js')});
  const gate = { pass: async () => {}, pause: () => {} };
  const address = parseServiceAddress(process.argv[1]);
  const settings = { address, allowInsecure: false, concurrency: 1, requestTimeoutMs: Number(process.argv[2]) };
  const transport = new HttpTransport(settings, gate);
  const request = { method: 'GET', path: '/', kind: 'read', signal: new AbortController().signal };
  const told = [];
  for (let count = 0; count < 3; count += 1)
    await transport.request(request).then(({ status }) => told.push(status), ({ code }) => told.push(code));
  console.log(told.join(' '));
  await transport[Symbol.asyncDispose]();
`;

interface TlsWorld {
  readonly server: TlsServer;
  /** What the client says of its three requests. */
  readonly run: (requestTimeoutMs: number) => Promise<string>;
}

async function openTls(): Promise<TlsWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'alarmsync-tls-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const [keyFile, certificateFile] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  const made = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
  ];
  const named = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...made, ...named, '-keyout', keyFile, '-out', certificateFile], {
    stdio: 'pipe',
  });
  const server = createTlsServer({ key: readFileSync(keyFile), cert: readFileSync(certificateFile) });
  const url = (await listen(server)).replace('http:', 'https:');
  const run = async (requestTimeoutMs: number): Promise<string> => {
    const args = ['--input-type=module', '--eval', TLS_CLIENT, url, String(requestTimeoutMs)];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { ...process.env, NODE_EXTRA_CA_CERTS: certificateFile },
    });
    return stdout.trim();
  };
  return { server, run };
}

it('is reset below TLS too, and the next request takes another one', async () => {
  const { server, run } = await openTls();
  const ended: Promise<string>[] = [];
  server.on('secureConnection', (socket: Socket) => {
    const isFirst = ended.length === 0;
    let askedCount = 0;
    socket.on('data', () => {
      askedCount += 1;
      if (!isFirst || askedCount === 1) socket.write(ANSWER);
    });
    ended.push(endOf(socket));
  });
  expect(await run(2000)).toBe('200 ALARMSYNC_SERVICE_TIMEOUT 200');
  expect(await Promise.all(ended)).toEqual(['ECONNRESET', 'end']);
});

it('ends one request alone when the server resets it below TLS', async () => {
  const { server, run } = await openTls();
  const below: Socket[] = [];
  server.on('connection', (socket: Socket) => below.push(socket));
  server.on('secureConnection', (socket: Socket) => {
    const number = below.length;
    let askedCount = 0;
    socket.on('error', () => {});
    socket.on('data', () => {
      askedCount += 1;
      if (number > 1 || askedCount === 1) socket.write(ANSWER);
      else below[0]?.resetAndDestroy();
    });
  });
  expect(await run(10_000)).toBe('200 ALARMSYNC_SERVICE_CONNECTION 200');
});
