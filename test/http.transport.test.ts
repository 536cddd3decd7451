import { createServer as createTcpServer } from 'node:net';
import type { Socket } from 'node:net';
import { inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import type { ErrorCode } from '../src/alarm/errors.ts';
import type { RequestGate } from '../src/services/alarm-service.ts';
import { failureOf, listen, loopback, shownText } from './http.loopback.ts';
import { get, notedGate, transport } from './http.transport.ts';

describe('the status of an answer', () => {
  it.each<[number, ErrorCode, string]>([
    [400, 'ALARMSYNC_SERVICE_REFUSED', 'http_4xx_other'],
    [401, 'ALARMSYNC_SERVICE_CREDENTIALS', 'http_4xx_other'],
    [403, 'ALARMSYNC_SERVICE_FORBIDDEN', 'http_4xx_403'],
    [404, 'ALARMSYNC_SERVICE_MISSING', 'http_4xx_404'],
    [405, 'ALARMSYNC_SERVICE_REFUSED', 'http_4xx_other'],
    [408, 'ALARMSYNC_SERVICE_TIMEOUT', 'timeout'],
    [409, 'ALARMSYNC_SERVICE_EXISTS', 'http_4xx_409'],
    [412, 'ALARMSYNC_SERVICE_CHANGED', 'http_4xx_other'],
    [413, 'ALARMSYNC_SERVICE_REFUSED', 'http_4xx_other'],
    [422, 'ALARMSYNC_SERVICE_REFUSED', 'http_4xx_other'],
    [425, 'ALARMSYNC_SERVICE_THROTTLED', 'http_4xx_other'],
    [429, 'ALARMSYNC_SERVICE_THROTTLED', 'http_4xx_429'],
    [500, 'ALARMSYNC_SERVICE_UNAVAILABLE', 'http_5xx'],
    [502, 'ALARMSYNC_SERVICE_UNAVAILABLE', 'http_5xx'],
    [503, 'ALARMSYNC_SERVICE_UNAVAILABLE', 'http_5xx'],
    [304, 'ALARMSYNC_SERVICE_REFUSED', 'other'],
  ])('%i is %s', async (status, code, failureClass) => {
    const server = await loopback((response) => response.writeHead(status).end('hidden-body'));
    const error = await failureOf(async () => transport(server.url).request(get));
    expect(error).toMatchObject({ code, failureClass, status });
    expect(error.message).toContain(`${server.url}/alarms/a`);
    expect(server.asked).toHaveLength(1);
  });

  it('is given back with the body where it is a success or accepted', async () => {
    const server = await loopback((response, _asked, count) =>
      response.writeHead(count === 1 ? 201 : 404, { etag: '"e"' }).end('{"ä":1}'),
    );
    const used = transport(server.url);
    expect(await used.request(get)).toMatchObject({ status: 201, text: '{"ä":1}', headers: { etag: '"e"' } });
    const accepting = { ...get, acceptsStatus: (status: number) => status === 404 };
    expect(await used.request(accepting)).toMatchObject({ status: 404 });
  });

  it('says where a redirect points, without its query, user and password, and does not follow it', async () => {
    const location = 'http://hidden-user:hidden-password@other.example/login?hidden=query#hidden';
    const server = await loopback((response) => response.writeHead(302, { location }).end());
    const error = await failureOf(async () => transport(server.url).request(get));
    expect(error.code).toBe('ALARMSYNC_SERVICE_REFUSED');
    expect(error.message).toContain('(302) to http://other.example/login:');
    expect(shownText(error)).not.toContain('hidden');
    expect(server.asked).toHaveLength(1);
  });
});

describe('throttling', () => {
  it.each([
    [429, { 'retry-after': '7' }, ['read', 'pause 7000'], 7000],
    [429, {}, ['read', 'pause 1000'], undefined],
    [503, { 'retry-after': '2' }, ['read', 'pause 2000'], 2000],
    [503, {}, ['read'], undefined],
    [500, { 'retry-after': '2' }, ['read'], undefined],
  ])('pauses everyone after %i with %o', async (status, headers, notes, retryAfterMs) => {
    const server = await loopback((response) => response.writeHead(status, headers).end());
    const gate = notedGate();
    const error = await failureOf(async () => transport(server.url, 20_000, gate).request(get));
    expect(gate.notes).toEqual(notes);
    expect(error.retryAfterMs).toBe(retryAfterMs);
  });

  it('sends nothing that the gate does not let pass', async () => {
    const server = await loopback((response) => response.end());
    const pass = async (): Promise<void> => {
      throw new Error('closed gate');
    };
    const gate: RequestGate = { pass, pause: () => {} };
    await expect(transport(server.url, 20_000, gate).request(get)).rejects.toThrow('closed gate');
    expect(server.asked).toEqual([]);
  });
});

describe('an exchange that fails', () => {
  it('is a time-out when no answer comes', async () => {
    const server = await loopback(() => {});
    const error = await failureOf(async () => transport(server.url, 50).request(get));
    expect(error).toMatchObject({ code: 'ALARMSYNC_SERVICE_TIMEOUT', failureClass: 'timeout' });
  });

  it('is a time-out when the body drips for longer than the whole exchange may take', async () => {
    const server = await loopback((response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    });
    const error = await failureOf(async () => transport(server.url, 100).request(get));
    expect(error.code).toBe('ALARMSYNC_SERVICE_TIMEOUT');
  });

  it('is a time-out for a body in pieces only when the next piece takes too long', async () => {
    const server = await loopback((response) => {
      let written = 0;
      const timer = setInterval(() => {
        written += 1;
        if (written <= 30) response.write('x');
      }, 20);
      response.on('close', () => clearInterval(timer));
    });
    const answer = await transport(server.url, 300).open(get);
    let text = '';
    const error = await failureOf(async () => {
      for await (const chunk of answer.chunks()) text += chunk;
    });
    expect(error.code).toBe('ALARMSYNC_SERVICE_TIMEOUT');
    expect(text).toBe('x'.repeat(30));
  });

  it('is a connection error when nobody listens, and when the server hangs up', async () => {
    const refusing = await failureOf(async () => transport('http://127.0.0.1:1').request(get));
    expect(refusing).toMatchObject({ code: 'ALARMSYNC_SERVICE_CONNECTION', failureClass: 'connection' });
    const server = await loopback((response) => response.destroy());
    const hungUp = await failureOf(async () => transport(server.url).request({ ...get, method: 'DELETE' }));
    expect(hungUp.code).toBe('ALARMSYNC_SERVICE_CONNECTION');
    expect(server.asked).toHaveLength(1);
  });

  it('is a connection error when the body is cut', async () => {
    const server = await loopback((response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"half":');
      response.socket?.end();
    });
    const error = await failureOf(async () => transport(server.url).request(get));
    expect(error.code).toBe('ALARMSYNC_SERVICE_CONNECTION');
  });

  it('is malformed when what answers does not speak HTTP', async () => {
    const server = createTcpServer((socket: Socket) =>
      socket.once('data', () => socket.end('SSH-2.0-hidden-body\r\n')),
    );
    const error = await failureOf(async () => transport(await listen(server)).request(get));
    expect(error).toMatchObject({ code: 'ALARMSYNC_SERVICE_MALFORMED', failureClass: 'malformed' });
    expect(inspect(error, { depth: 9 })).not.toContain('hidden-body');
  });

  it('is malformed when the body is not UTF-8', async () => {
    const server = await loopback((response) => response.end(Buffer.from([0x22, 0xc3, 0x28, 0x22])));
    const used = transport(server.url);
    expect((await failureOf(async () => used.request(get))).code).toBe('ALARMSYNC_SERVICE_MALFORMED');
    const answer = await used.open(get);
    const reading = failureOf(async () => {
      for await (const _chunk of answer.chunks());
    });
    expect((await reading).code).toBe('ALARMSYNC_SERVICE_MALFORMED');
  });

  it('is malformed over the size limit, and names the limit and a way out', async () => {
    const server = await loopback((response) => {
      const piece = Buffer.alloc(1024 * 1024, 0x20);
      const more = (): void => {
        while (response.write(piece));
      };
      response.on('drain', more);
      more();
    });
    const error = await failureOf(async () => transport(server.url).request(get));
    expect(error.code).toBe('ALARMSYNC_SERVICE_MALFORMED');
    expect(error.message).toContain('4194304 bytes');
    expect(error.hint).toContain('--page-size');
  });

  it('throws the reason of the signal untouched, before, during and after the headers', async () => {
    const reason = new RangeError('mine');
    const silent = await loopback(() => {});
    const used = transport(silent.url);
    await expect(used.request({ ...get, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(silent.asked).toEqual([]);

    const early = new AbortController();
    const waiting = used.request({ ...get, signal: early.signal });
    early.abort(reason);
    await expect(waiting).rejects.toBe(reason);

    const half = await loopback((response) => response.writeHead(200).write('half'));
    const late = new AbortController();
    const answer = await transport(half.url).open({ ...get, signal: late.signal });
    const reading = answer.bytes(1000);
    expect((await reading.next()).value).toEqual(Buffer.from('half'));
    const rest = reading.next();
    late.abort(reason);
    await expect(rest).rejects.toBe(reason);

    const whole = new AbortController();
    let endHead: (() => void) | undefined;
    const sent = new Promise<void>((resolve) => (endHead = resolve));
    const begun = await loopback((response) => response.writeHead(200).write('half', () => endHead?.()));
    const gathering = transport(begun.url).request({ ...get, signal: whole.signal });
    await sent;
    whole.abort(reason);
    await expect(gathering).rejects.toBe(reason);
  });

  it('shows neither token, body nor query in any message', async () => {
    const broken = await loopback((response, _asked, count) => {
      if (count === 1) response.writeHead(401).end('hidden-body');
      else if (count === 2) response.writeHead(500).end('hidden-body');
      else response.destroy();
    });
    const used = transport(broken.url);
    for (let count = 0; count < 3; count += 1) {
      const error = await failureOf(async () => used.request(get));
      expect(shownText(error)).not.toContain('hidden');
    }
    expect(broken.asked[0]?.headers.authorization).toBe('Bearer hidden-token');
  });
});
