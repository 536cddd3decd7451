// What is said on standard error: for a person on a terminal, JSON lines for anything else.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

import { describe, expect, it } from 'vitest';

import { openWorkspace, type Finished } from './command-line.ts';
import { NO_RUN, openEventfulWorld, openQuietWorld } from './eventful-run.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const TOKEN = 'a-very-secret-token';
const AUTO = { ALARMSYNC_LOG_FORMAT: 'auto', ALARMSYNC_TOKEN: TOKEN };

interface LogLine {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly run_id?: string;
  readonly code?: string;
  readonly hint?: string;
  readonly resource?: string;
  readonly status?: number;
}

/** Throws for a line that is no JSON. */
function logOf(finished: Finished): readonly LogLine[] {
  return finished.stderr
    .trimEnd()
    .split('\n')
    .map((line): LogLine => JSON.parse(line));
}

describe('standard error that is no terminal', () => {
  it('is JSON lines, each of the one run, once there is one', async () => {
    const { workspace, args } = await openEventfulWorld();
    const ended = await workspace.run(args, { env: AUTO });
    const lines = logOf(ended);
    expect(lines.every(({ time }) => new Date(time).toISOString() === time)).toBe(true);
    expect(new Set(lines.map(({ level }) => level))).toEqual(new Set(['info', 'warn']));
    const runIds = new Set(lines.map(({ run_id }) => run_id));
    expect(runIds.size).toBe(1);
    expect([...runIds][0]).toMatch(/^\d{8}T\d{6}Z-[0-9a-f]{6}$/u);
    expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', line: 121, column: 'threshold' }));
    expect(lines).toContainEqual(expect.objectContaining({ msg: expect.stringMatching(/^Plan file: /u) }));
    expect(ended.stdout).toContain('Sync complete:');
  });

  it('has an error with its code and what to do next', async () => {
    const workspace = openWorkspace();
    const ended = await workspace.run(NO_RUN, {
      env: AUTO,
    });
    expect(logOf(ended).at(-1)).toMatchObject({ level: 'error', code: 'ALARMSYNC_SOURCE_UNREADABLE' });
  });

  it.each([
    ['-v', ['info', 'warn', 'debug']],
    ['-vv', ['info', 'warn', 'debug', 'trace']],
    ['-q', ['warn']],
  ])('says with %s what that asks for', async (flag, levels) => {
    const { workspace, args } = await openEventfulWorld();
    const lines = logOf(await workspace.run([...args, flag], { env: AUTO }));
    expect(new Set(lines.map(({ level }) => level))).toEqual(new Set(levels));
    const requests = lines.filter(({ resource }) => resource !== undefined);
    expect(requests.length > 0).toBe(flag === '-vv');
    if (flag !== '-vv') return;
    expect(requests).toContainEqual(
      expect.objectContaining({ method: 'GET', resource: '/alarms', status: 500 }),
    );
    expect(requests).toContainEqual(
      expect.objectContaining({ method: 'POST', resource: '/alarms', status: 429 }),
    );
  });

  it('holds no token and no body of an answer', async () => {
    const { workspace, args, service } = await openEventfulWorld();
    const body = '{"error":"what only the service knows"}';
    service.onWrite = (_request, answer) => {
      answer(422, body);
      return true;
    };
    const { stderr, stdout } = await workspace.run([...args, '-vv'], { env: AUTO });
    expect(stderr).not.toContain(TOKEN);
    expect(stderr + stdout).not.toContain('only the service knows');
  });

  it('has the results too where standard output is for events, even with --quiet', async () => {
    const { workspace, args } = await openQuietWorld(2);
    const watched = [...args, '--json', '-q'];
    const messages = logOf(await workspace.run(watched, { env: AUTO })).map(({ msg }) => msg);
    expect(messages).toContain('Sync complete: 2 created, 0 updated, 0 deleted, 0 failed.');
  });

  it('reads as it is told, whatever it is', async () => {
    const workspace = openWorkspace();
    const args = [...NO_RUN, '--log-format'];
    expect((await workspace.run([...args, 'human'], { env: AUTO })).stderr).toMatch(/^Error: /u);
    expect(logOf(await workspace.run([...args, 'json'])).at(-1)?.level).toBe('error');
    const wrong = await workspace.run([...args, 'xml'], { env: AUTO });
    expect(wrong.exitCode).toBe(1);
  });
});

describe('standard error that is a terminal', () => {
  it('is for a person', () => {
    const workspace = openWorkspace();
    const command = `'${process.execPath}' '${MAIN}' validate missing.csv`;
    const shown = spawnSync('script', ['-qec', command, '/dev/null'], {
      cwd: workspace.directory,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: workspace.directory, NO_COLOR: '1' },
    });
    expect(stripVTControlCharacters(shown.stdout)).toMatch(/^Error: missing\.csv: /u);
  });
});
