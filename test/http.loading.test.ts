// The HTTP client is loaded late, and yet before a request takes its turn: who was let pass leaves at once.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

const dist = (file: string): string => JSON.stringify(new URL(`../dist/${file}`, import.meta.url).href);

const SCRIPT = `
  import { createRequire } from 'node:module';
  const { parseServiceAddress } = await import(${dist('services/http-address.js')});
  const { HttpTransport } = await import(${dist('services/http.js')});
  const isLoaded = () => Object.keys(createRequire(${dist('services/http.js')}).cache).some((file) => file.includes('/undici/'));
  const address = parseServiceAddress('http://127.0.0.1:1');
  const seen = [isLoaded()];
  const gate = { pass: async () => { seen.push(isLoaded()); throw new Error('the gate is closed'); }, pause: () => {} };
  const transport = new HttpTransport({ address, allowInsecure: false, concurrency: 1, requestTimeoutMs: 1000 }, gate);
  seen.push(isLoaded());
  const request = { method: 'GET', path: '/', kind: 'read', signal: new AbortController().signal };
  await transport.request(request).catch(() => {});
  console.log(JSON.stringify(seen));
`;

it('is loaded with the first request, before the gate', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', SCRIPT], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
  });
  expect([stdout.trim(), stderr]).toEqual(['[false,false,true]', '']);
});
