// The token of Keystone, as the Aodh adapter sends it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { createAodhService } from '../src/services/aodh/aodh.ts';
import { failureOf, loopback, shownText } from './http.loopback.ts';

const signal = new AbortController().signal;
const gate = { pass: async (): Promise<void> => {}, pause: (): void => {} };
const RELIABLE = { allowInsecure: false, concurrency: 2, requestTimeoutMs: 10_000, contacts: {} };

it('goes in its own header, and is read again once when it is refused', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'alarmsync-token-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const tokenFile = path.join(directory, 'token');
  writeFileSync(tokenFile, 'old-token\n');
  const { url, asked } = await loopback((response, { headers }) => {
    writeFileSync(tokenFile, 'new-token\n');
    response.writeHead(headers['x-auth-token'] === 'new-token' ? 200 : 401).end('[]');
  });
  await using service = createAodhService({ ...RELIABLE, url, tokenFile, projectId: 'mine' }, gate);
  expect(await service.read('a', signal)).toBeUndefined();
  expect(
    asked.map(({ headers }) => [headers['x-auth-token'], headers.authorization, headers['x-project-id']]),
  ).toEqual([
    ['old-token', undefined, 'mine'],
    ['new-token', undefined, 'mine'],
  ]);
});

it('is not sent over plain http to another machine, and shown in no error', async () => {
  const token = 'secret-token';
  const settings = { ...RELIABLE, token, projectId: undefined };
  const open = (): object => createAodhService({ ...settings, url: 'http://aodh.example' }, gate);
  expect(open).toThrow(expect.objectContaining({ code: 'ALARMSYNC_SERVICE_ADDRESS' }));
  const { url } = await loopback((response) => response.writeHead(403).end('{}'));
  await using service = createAodhService({ ...settings, url }, gate);
  const error = await failureOf(async () => service.read('a', signal));
  expect([error.code, shownText(error).includes(token)]).toEqual(['ALARMSYNC_SERVICE_FORBIDDEN', false]);
});
