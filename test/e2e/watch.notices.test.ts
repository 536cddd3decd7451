// How a run ended, told to Datadog and to a webhook.

import { createServer, type IncomingHttpHeaders } from 'node:http';

import { describe, expect, it } from 'vitest';

import { listen } from '../http.loopback.ts';
import { startDatadogStandIn } from '../stand-ins/datadog/server.ts';
import { openWorkspace } from './command-line.ts';
import {
  CREATED_COUNT,
  DELETED_COUNT,
  NO_RUN,
  openEventfulWorld,
  openQuietWorld,
  UPDATED_COUNT,
} from './eventful-run.ts';
import { startStandIn } from './stand-in.ts';
import { paramsOf, rows } from './world.ts';

interface Posted {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Answers one status after the other, and the last for ever. */
async function startHook(
  ...statuses: readonly number[]
): Promise<{ readonly url: string; readonly posted: readonly Posted[] }> {
  const posted: Posted[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url = '', headers } = request;
      posted.push({ url, headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
      response
        .writeHead(statuses[posted.length - 1] ?? statuses.at(-1) ?? 200, { 'retry-after': '0' })
        .end('ok');
    });
  });
  return { url: await listen(server), posted };
}

describe('an event of Datadog', () => {
  it('tells a run that went well, with tags and the handle to notify', async () => {
    const { workspace, service, args } = await openQuietWorld(3);
    const datadog = await startDatadogStandIn();
    const ended = await workspace.run(
      [
        ...args,
        '--event',
        `datadog:${datadog.url}`,
        '--event-notify',
        'ops@example.com,@slack-ops',
        '--tag',
        'env:prod',
      ],
      { env: { DD_API_KEY: datadog.credentials['dd-api-key'] ?? '' } },
    );
    expect([ended.exitCode, ended.stderr]).toEqual([0, expect.not.stringContaining('Warning')]);
    expect(datadog.events).toEqual([
      {
        title: `alarmsync is done: ${service.url}`,
        text: expect.stringMatching(
          /3 created, 0 updated, 0 deleted, 0 failed[\s\S]*\n@ops@example\.com @slack-ops$/u,
        ),
        alert_type: 'success',
        aggregation_key: expect.stringMatching(/^alarmsync [0-9a-f]{32}$/u),
        tags: ['env:prod', 'outcome:success'],
      },
    ]);
    expect(datadog.requests[0]?.headers).not.toHaveProperty('dd-application-key');
  });

  it('tells a plan that was refused, with the numbers and the flag that accepts it', async () => {
    const { workspace, service, args } = await openQuietWorld(3);
    const datadog = await startDatadogStandIn();
    for (const item of rows(100, 'old@example.com')) service.put(item.name, paramsOf(item));
    const watched = [...args, '--event', `datadog:${datadog.url}`];
    const ended = await workspace.run(watched, {
      env: { DD_API_KEY: datadog.credentials['dd-api-key'] ?? '' },
    });
    expect(ended.exitCode).toBe(3);
    expect(datadog.events).toMatchObject([{ alert_type: 'warning', tags: ['outcome:refused'] }]);
    const text = datadog.events[0]?.text ?? '';
    expect(text).toContain('3 to create, 0 to update, 100 to delete');
    expect(text).toMatch(/Refused: .*100.*--max-delete/u);
  });

  it('notifies nobody whose address happens to stand in an error', async () => {
    const workspace = openWorkspace();
    const datadog = await startDatadogStandIn();
    const args = ['sync', 'ops@example.com.csv', '--service', 'http://127.0.0.1:9', '--auto-approve'];
    await workspace.run([...args, '--event', `datadog:${datadog.url}`], {
      env: { DD_API_KEY: datadog.credentials['dd-api-key'] ?? '' },
    });
    expect(datadog.events).toMatchObject([
      { alert_type: 'error', text: expect.stringContaining('ops(at)example.com.csv') },
    ]);
    expect(datadog.events[0]?.text).not.toContain('@');
  });

  it('bears no key over plain http to another machine', async () => {
    const workspace = openWorkspace();
    const args = [...NO_RUN, '--event', 'datadog:http://datadog.example'];
    const ended = await workspace.run(args, { env: { DD_API_KEY: 'key' } });
    expect([ended.exitCode, ended.stderr]).toEqual([1, expect.stringContaining('expected https')]);
  });

  it('is not possible without a key, which is said before anything is done', async () => {
    const { workspace, service, args } = await openQuietWorld(3);
    const ended = await workspace.run([...args, '--event', 'datadog']);
    expect([ended.exitCode, ended.stderr]).toEqual([7, expect.stringContaining('expected DD_API_KEY')]);
    expect(service.requests).toEqual([]);
  });
});

describe('a webhook', () => {
  it('is posted what happened, as data and as a text that Slack shows', async () => {
    const { workspace, args, service } = await openEventfulWorld();
    const hook = await startHook(200);
    await workspace.run([...args, '--webhook', `${hook.url}/services/T0?key=secret`, '--tag', 'env:prod']);
    expect(hook.posted).toMatchObject([
      {
        url: '/services/T0?key=secret',
        headers: { 'content-type': 'application/json' },
        body: {
          outcome: 'failed',
          exit_code: 6,
          service: service.url,
          tags: ['env:prod'],
          planned: { create: CREATED_COUNT + 1, update: UPDATED_COUNT, delete: DELETED_COUNT },
          done: { create: CREATED_COUNT, update: UPDATED_COUNT, delete: DELETED_COUNT },
          failed: 1,
          text: expect.stringContaining(`${CREATED_COUNT} created`),
        },
      },
    ]);
  });

  it('is tried again while it fails', async () => {
    const { workspace, args } = await openEventfulWorld();
    const hook = await startHook(500, 429, 200);
    const { stderr } = await workspace.run([...args, '--webhook', hook.url]);
    expect(hook.posted).toHaveLength(3);
    expect(stderr).not.toContain('was not told');
  });

  it.each([
    ['refuses', 404],
    ['fails', 500],
  ])('that %s fails no run, and its address stays secret', async (_what, status) => {
    const { workspace, args } = await openQuietWorld(3);
    const hook = await startHook(status);
    const watched = [...args, '-vv'];
    const ended = await workspace.run([...watched, '--webhook', `${hook.url}/services/T0/B0/very-secret`]);
    expect([ended.exitCode, ended.stderr]).toEqual([
      0,
      expect.stringContaining(`the webhook was not told how the run ended: ${hook.url} answered ${status}`),
    ]);
    expect(ended.stderr).not.toContain('very-secret');
  });

  it('hears of a run that could not even begin', async () => {
    const workspace = openWorkspace();
    const service = await startStandIn();
    const hook = await startHook(200);
    const args = ['sync', 'missing.csv', '--service', service.url, '--auto-approve', '--webhook', hook.url];
    expect((await workspace.run(args)).exitCode).toBe(1);
    expect(hook.posted).toMatchObject([
      { body: { outcome: 'failed', error: { code: 'ALARMSYNC_SOURCE_UNREADABLE' } } },
    ]);
  });

  it.each(['ftp://example.com', 'https://user:password@example.com/x', 'nowhere'])(
    'is not %s',
    async (url) => {
      const workspace = openWorkspace();
      const ended = await workspace.run([...NO_RUN, '--webhook', url]);
      expect([ended.exitCode, ended.stderr]).toEqual([
        1,
        expect.stringContaining('--webhook: expected http(s)://'),
      ]);
      expect(ended.stderr).not.toContain('password@');
    },
  );
});
