import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { Socket } from 'node:net';

import { expect, it, vi } from 'vitest';

import { failureOf, listen, loopback } from './http.loopback.ts';
import { get, notedGate, transport } from './http.transport.ts';

it('does not send what was given up while it waited for a connection', async () => {
  const held: ServerResponse[] = [];
  const busy = await loopback((response) => held.push(response));
  const gate = notedGate();
  const used = transport(busy.url, 20_000, gate);
  const first = [used.request(get), used.request(get)];
  await vi.waitFor(() => expect(held).toHaveLength(2));

  const reason = new RangeError('mine');
  const controller = new AbortController();
  const waiting = used.request({ ...get, signal: controller.signal });
  await vi.waitFor(() => expect(gate.notes).toHaveLength(3));
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);

  for (const response of held.splice(0)) response.end('{}');
  await Promise.all(first);
  const last = used.request(get);
  await vi.waitFor(() => expect(held).toHaveLength(1));
  held[0]?.end('{}');
  await last;
  expect(busy.asked).toHaveLength(3);
});

it('waits for no more of the body of an error answer than it takes to use the connection again', async () => {
  const closed: Promise<unknown>[] = [];
  const endless = await loopback((response) => {
    closed.push(once(response, 'close'));
    response.writeHead(500);
    const more = (): void => {
      if (!response.destroyed) response.write('x'.repeat(16 * 1024), () => setImmediate(more));
    };
    more();
  });
  const error = await failureOf(async () => transport(endless.url, 600_000).request(get));
  expect(error.code).toBe('ALARMSYNC_SERVICE_UNAVAILABLE');
  await Promise.all(closed);
});

it('uses its connections again after an error answer', async () => {
  const server = createTcpServer();
  const url = await listen(server);
  let connections = 0;
  const unread = 'x'.repeat(50_000);
  server.on('connection', (socket: Socket) => {
    connections += 1;
    socket.on('data', () =>
      socket.write(`HTTP/1.1 404 Not Found\r\ncontent-length: ${unread.length}\r\n\r\n`, () =>
        socket.write(unread),
      ),
    );
  });
  const used = transport(url);
  for (let count = 0; count < 5; count += 1) await failureOf(async () => used.request(get));
  // Two are allowed, and the second may be taken while the first still reads what nobody wants.
  expect(connections).toBeLessThanOrEqual(2);
});

it('closes its connections when it is disposed, answers still under way or not', async () => {
  const server = createTcpServer();
  const url = await listen(server);
  const connected = once(server, 'connection');
  const used = transport(url);
  const waiting = failureOf(async () => used.request(get));
  const [socket]: Socket[] = await connected;
  const closed = socket === undefined ? undefined : once(socket.resume(), 'close');
  await used[Symbol.asyncDispose]();
  expect((await waiting).code).toBe('ALARMSYNC_SERVICE_CONNECTION');
  await closed;
});

it('sends nothing once it is disposed, used before or not', async () => {
  for (const isUsed of [true, false]) {
    const { url, asked } = await loopback((response) => response.end('{}'));
    const used = transport(url);
    if (isUsed) await used.request(get);
    await used[Symbol.asyncDispose]();
    expect((await failureOf(async () => used.request(get))).code).toBe('ALARMSYNC_SERVICE_CONNECTION');
    expect(asked.length).toBe(isUsed ? 1 : 0);
  }
});
