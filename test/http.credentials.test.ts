import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { parseServiceAddress } from '../src/services/http-address.ts';
import { HttpTransport } from '../src/services/http.ts';
import type { ProxySettings } from '../src/services/http.ts';
import { TokenSource } from '../src/services/token.ts';
import type { TokenSettings } from '../src/services/token.ts';
import { failureOf, listen, loopback, shownText } from './http.loopback.ts';

const signal = new AbortController().signal;
const get = { method: 'GET', path: '/alarms', kind: 'read', signal } as const;

interface Choice {
  readonly token?: TokenSettings;
  readonly allowInsecure?: boolean;
  readonly proxy?: ProxySettings;
}

function transport(url: string, choice: Choice): HttpTransport {
  const made = new HttpTransport(
    {
      address: parseServiceAddress(url),
      token: TokenSource.of(choice.token ?? {}),
      allowInsecure: choice.allowInsecure ?? false,
      concurrency: 2,
      requestTimeoutMs: 20_000,
      proxy: choice.proxy,
    },
    { pass: async () => {}, pause: () => {} },
  );
  onTestFinished(async () => made[Symbol.asyncDispose]());
  return made;
}

async function tokenFile(text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'alarmsync-token-'));
  onTestFinished(async () => rm(directory, { recursive: true }));
  const path = join(directory, 'token');
  await writeFile(path, text);
  return path;
}

describe('the address', () => {
  it('loses the slash at its end and keeps its prefix', () => {
    expect(parseServiceAddress('HTTPS://Alarms.Example:443/v1/x//')).toMatchObject({
      origin: 'https://alarms.example',
      prefix: '/v1/x',
    });
  });

  it.each([
    'https://hidden-user:hidden-password@alarms.example',
    'https://hidden-user@alarms.example/v1',
    'https://alarms.example/?hidden=1',
    'https://alarms.example/#hidden',
    'ftp://hidden.example',
    'hidden words',
    '',
  ])('%j is refused without being shown', async (url) => {
    const error = await failureOf(async () => parseServiceAddress(url));
    expect(error.code).toBe('ALARMSYNC_SERVICE_ADDRESS');
    expect(shownText(error)).not.toContain('hidden');
  });

  it.each([
    'http://alarms.example',
    'http://10.0.0.1:8080',
    'http://127.0.0.1.alarms.example',
    'http://localhost.example',
  ])('%s is not sent a token over plain http', async (url) => {
    const token = { token: 'hidden' };
    const error = await failureOf(async () => transport(url, { token }));
    expect(error.code).toBe('ALARMSYNC_SERVICE_ADDRESS');
    expect(shownText(error)).not.toContain('hidden');
    expect(() => transport(url, { token, allowInsecure: true })).not.toThrow();
    expect(() => transport(url, {})).not.toThrow();
  });

  it.each(['https://alarms.example', 'http://localhost:1', 'http://127.9.9.9', 'http://[::1]:8080'])(
    '%s may be sent a token',
    (url) => {
      expect(() => transport(url, { token: { token: 't' } })).not.toThrow();
    },
  );
});

describe('the token', () => {
  it.each(['hidden\nnext', 'hidden\r', 'hidden\u{1f511}', 'hidden\0', ' ', ''])(
    '%j is refused without being shown',
    async (token) => {
      const error = await failureOf(async () => TokenSource.of({ token }));
      expect(error.code).toBe('ALARMSYNC_SERVICE_CREDENTIALS');
      expect(shownText(error)).not.toContain('hidden');
    },
  );

  it('is taken from its file without what surrounds it', async () => {
    const server = await loopback((response) => response.end('{}'));
    await transport(server.url, { token: { tokenFile: await tokenFile('\n  abc \r\n') } }).request(get);
    expect(server.asked[0]?.headers.authorization).toBe('Bearer abc');
  });

  it('is read again after a 401, and the request sent once more', async () => {
    const path = await tokenFile('old');
    const server = await loopback((response, asked) => {
      const isNew = asked.headers.authorization === 'Bearer new';
      void writeFile(path, 'new').then(() => response.writeHead(isNew ? 200 : 401).end('{}'));
    });
    const used = transport(server.url, { token: { tokenFile: path } });
    const post = { ...get, method: 'POST', body: '{"a":1}', kind: 'write' } as const;
    expect((await used.request(post)).status).toBe(200);
    expect(server.asked.map((one) => [one.headers.authorization, one.body])).toEqual([
      ['Bearer old', '{"a":1}'],
      ['Bearer new', '{"a":1}'],
    ]);
  });

  it('that was refused and did not change is not sent again', async () => {
    const server = await loopback((response) => response.writeHead(401).end());
    const tokens = [{ tokenFile: await tokenFile('same') }, { token: 'same' }];
    for (const token of tokens) {
      const error = await failureOf(async () => transport(server.url, { token }).request(get));
      expect(error).toMatchObject({ code: 'ALARMSYNC_SERVICE_CREDENTIALS', status: 401 });
    }
    expect(server.asked).toHaveLength(2);
  });

  it('that is refused anew every time ends with the second 401', async () => {
    const path = await tokenFile('0');
    const server = await loopback((response, _asked, count) => {
      void writeFile(path, `${count}`).then(() => response.writeHead(401).end());
    });
    const error = await failureOf(async () =>
      transport(server.url, { token: { tokenFile: path } }).request(get),
    );
    expect(error.code).toBe('ALARMSYNC_SERVICE_CREDENTIALS');
    expect(server.asked).toHaveLength(2);
  });

  it('file that is missing is named', async () => {
    const used = transport('http://127.0.0.1:1', { token: { tokenFile: '/nowhere/token' } });
    const error = await failureOf(async () => used.request(get));
    expect(error.code).toBe('ALARMSYNC_SERVICE_CREDENTIALS');
    expect(error.message).toContain('/nowhere/token');
  });
});

describe('a proxy', () => {
  async function tunnel(target: string): Promise<{ url: string; asked: string[] }> {
    const asked: string[] = [];
    const server = createServer();
    server.on('connect', (request, client) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
      const upstream = connect(Number(new URL(target).port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on('error', () => client.destroy());
      client.on('error', () => upstream.destroy());
    });
    return { asked, url: await listen(server) };
  }

  it('is gone through, with its own credentials', async () => {
    const service = await loopback((response) => response.end('{}'));
    const proxy = await tunnel(service.url);
    const httpProxy = proxy.url.replace('//', '//user:pass@');
    const used = transport('http://alarms.example', { proxy: { httpProxy } });
    expect((await used.request(get)).status).toBe(200);
    expect(proxy.asked).toEqual([`alarms.example:80 Basic ${Buffer.from('user:pass').toString('base64')}`]);
    expect(service.asked[0]).toMatchObject({ path: '/alarms', headers: { host: 'alarms.example' } });
  });

  it('is passed by for this machine', async () => {
    const service = await loopback((response) => response.end('{}'));
    const proxy = await tunnel(service.url);
    await transport(service.url, { proxy: { httpProxy: proxy.url } }).request(get);
    expect(proxy.asked).toEqual([]);
    expect(service.asked).toHaveLength(1);
  });

  it('is passed by for what NO_PROXY names', async () => {
    const proxy = await tunnel('http://127.0.0.1:1');
    const choice = { proxy: { httpProxy: proxy.url, noProxy: 'invalid' } };
    const error = await failureOf(async () => transport('http://alarms.invalid', choice).request(get));
    expect(error.code).toBe('ALARMSYNC_SERVICE_CONNECTION');
    expect(proxy.asked).toEqual([]);
  });

  it('that refuses is a connection error with a hint', async () => {
    const server = createServer();
    server.on('connect', (_request, client) =>
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'),
    );
    const proxy = { httpProxy: await listen(server) };
    const error = await failureOf(async () => transport('http://alarms.example', { proxy }).request(get));
    expect(error.code).toBe('ALARMSYNC_SERVICE_CONNECTION');
    expect(error.hint).toContain('proxy');
  });

  it.each(['hidden words', 'gopher://hidden'])(
    'that is no address, %j, is refused without being shown',
    async (httpProxy) => {
      const error = await failureOf(async () => transport('http://alarms.example', { proxy: { httpProxy } }));
      expect(error.code).toBe('ALARMSYNC_SERVICE_ADDRESS');
      expect(shownText(error)).not.toContain('hidden');
    },
  );
});
