// A connection whose request was given up is reset, so that the system does not deliver it later; an idle one is closed.

import { execFile, execFileSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, it, onTestFinished } from 'vitest';

import { failureOf, listen } from './http.loopback.ts';
import { get, transport } from './http.transport.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';

interface Answering {
  /** Once a request is there that gets no answer. */
  readonly unanswered: Promise<unknown>;
  /** How the first connection that ended did: `ECONNRESET`, or `end`. */
  readonly ended: Promise<string>;
}

/** Answers that many requests, and no more. */
function answerSome(server: Server, event: 'connection' | 'secureConnection', count: number): Answering {
  const events = new EventEmitter();
  let askedCount = 0;
  server.on(event, (socket: Socket) => {
    socket.on('data', () => {
      askedCount += 1;
      if (askedCount <= count) socket.write(ANSWER);
      else events.emit('unanswered');
    });
    socket.on('error', (error) => events.emit('ended', 'code' in error ? error.code : error.message));
    socket.on('end', () => events.emit('ended', 'end'));
  });
  return {
    unanswered: once(events, 'unanswered'),
    ended: once(events, 'ended').then(([end]) => String(end)),
  };
}

it.each([0, 3])('is reset when a request is out of time, %i answered before it', async (answeredCount) => {
  const server = createTcpServer();
  const used = transport(await listen(server), 200);
  const { ended } = answerSome(server, 'connection', answeredCount);
  for (let count = 0; count < answeredCount; count += 1) await used.request(get);
  expect((await failureOf(async () => used.request(get))).code).toBe('ALARMSYNC_SERVICE_TIMEOUT');
  expect(await ended).toBe('ECONNRESET');
});

it('is reset when all is let go of while a request waits for its answer', async () => {
  const server = createTcpServer();
  const used = transport(await listen(server));
  const { unanswered, ended } = answerSome(server, 'connection', 0);
  const waiting = failureOf(async () => used.request(get));
  await unanswered;
  await used[Symbol.asyncDispose]();
  expect((await waiting).code).toBe('ALARMSYNC_SERVICE_CONNECTION');
  expect(await ended).toBe('ECONNRESET');
});

it('is closed when its last request was answered', async () => {
  const server = createTcpServer();
  const used = transport(await listen(server));
  const { ended } = answerSome(server, 'connection', 1);
  await used.request(get);
  await used[Symbol.asyncDispose]();
  expect(await ended).toBe('end');
});

const dist = (file: string): string => JSON.stringify(new URL(`../dist/${file}`, import.meta.url).href);

/** Asks for an answer, and once more, 300 ms at most, in a process of its own: only there can a certificate be trusted. */
const TLS_CLIENT = `
  const { parseServiceAddress } = await import(${dist('services/http-address.js')});
  const { HttpTransport } = await import(${dist('services/http.js')});
  const gate = { pass: async () => {}, pause: () => {} };
  const settings = { address: parseServiceAddress(process.argv[1]), allowInsecure: false, concurrency: 1, requestTimeoutMs: 300 };
  const transport = new HttpTransport(settings, gate);
  const request = { method: 'GET', path: '/', kind: 'read', signal: new AbortController().signal };
  const answer = await transport.request(request);
  const error = await transport.request(request).catch((error) => error);
  console.log(answer.status, error.code);
  await transport[Symbol.asyncDispose]();
`;

it('is reset below TLS too', async () => {
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
  const { ended } = answerSome(server, 'secureConnection', 1);
  const client = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', TLS_CLIENT, url], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, NODE_EXTRA_CA_CERTS: certificateFile },
  });
  expect((await client).stdout.trim()).toBe('200 ALARMSYNC_SERVICE_TIMEOUT');
  expect(await ended).toBe('ECONNRESET');
});
