// Files that look odd and are whole: taken, by themselves or with the flag that accepts the risk; and files with bad rows.

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { openWorkspace } from './command-line.ts';
import { HELD, WANTED, TEXT, LINES, GOOD, lines, startService, sync } from './file-world.ts';
import { csv, HEADER, row } from './world.ts';

interface AcceptedFile {
  readonly what: string;
  readonly content: string | Uint8Array;
  readonly name?: string;
  readonly flags: readonly string[];
  readonly exitCode?: number;
  readonly told: string;
}

const DIGEST = createHash('sha256').update(TEXT).digest('hex');
const DIFFERING = lines(...LINES, GOOD, GOOD.replace(',3,', ',4,'));

const ACCEPTED_FILES: readonly AcceptedFile[] = [
  { what: 'a whole file', content: TEXT, flags: [], told: '0 created, 0 updated, 1 deleted' },
  {
    what: 'a header alone with --allow-empty',
    content: lines(HEADER),
    flags: ['--allow-empty', '--max-delete', '100%'],
    told: '0 created, 0 updated, 20 deleted',
  },
  {
    what: 'a missing last line end with its flag',
    content: TEXT.trimEnd(),
    flags: ['--allow-missing-final-newline'],
    told: '0 created, 0 updated, 1 deleted',
  },
  {
    what: 'a missing last line end without deletes',
    content: csv(HELD).trimEnd(),
    flags: [],
    told: '0 created, 0 updated, 0 deleted',
  },
  {
    what: 'a column that is passed over',
    content: csv(WANTED).replace(/$/gmu, ',').replace('metric_math,', 'metric_math,extra').slice(0, -1),
    flags: ['--ignore-columns', 'extra,other'],
    told: '0 created, 0 updated, 1 deleted',
  },
  {
    what: 'the first of two rows that differ',
    content: DIFFERING,
    flags: ['--on-duplicate', 'first'],
    told: '1 created, 0 updated, 1 deleted',
  },
  {
    what: 'a row that says the same twice',
    content: lines(...LINES, GOOD, GOOD.replace(',3,', ',3.0,')),
    flags: [],
    told: '1 created, 0 updated, 1 deleted',
  },
  {
    what: 'the announced rows and digest',
    content: TEXT,
    flags: ['--expect-rows', '19', '--expect-sha256', DIGEST],
    told: '0 created, 0 updated, 1 deleted',
  },
  {
    what: 'several whole gzip members',
    name: 'a.csv.gz',
    content: Buffer.concat([gzipSync(lines(...LINES.slice(0, 10))), gzipSync(lines(...LINES.slice(10)))]),
    flags: [],
    told: '0 created, 0 updated, 1 deleted',
  },
  {
    what: 'blank lines and mixed line ends',
    content: `\n${TEXT.replaceAll('\n', '\n\r\n')}`,
    flags: [],
    told: '0 created, 0 updated, 1 deleted',
  },
];

it.each(ACCEPTED_FILES)('accepts $what', async ({ name, content, flags, exitCode, told }) => {
  const workspace = openWorkspace();
  const service = await startService();
  const file = workspace.write(name ?? 'alarms.csv', content);

  const finished = await sync(workspace, service, file, flags);

  expect(finished.stderr).not.toContain('Error');
  expect(finished.stdout).toContain(`Sync complete: ${told}, 0 failed.`);
  expect(finished.exitCode).toBe(exitCode ?? 0);
});

describe('with bad rows', () => {
  it('names every one by line, column and reason', async () => {
    const workspace = openWorkspace();
    const bad = lines(
      HEADER,
      GOOD,
      GOOD.replace(',3,', ',n/a,'),
      '',
      GOOD.replace('gt', 'above').replace('sum', '9'),
    );
    const file = workspace.write('alarms.csv', bad);

    const finished = await workspace.run(['validate', file]);

    expect(finished.exitCode).toBe(3);
    expect(finished.stderr).toMatch(/line 3, threshold: .*n\/a/u);
    expect(finished.stderr).toMatch(/line 5, comparison_method: .*above/u);
    expect(finished.stderr).toMatch(/line 5, metric_math: /u);
  });

  it('skips them when told, protects their names, writes them to the rejects and ends with 6', async () => {
    const workspace = openWorkspace();
    const service = await startService();
    const [header = '', ...body] = csv(HELD.slice(0, 10)).trimEnd().split('\n');
    const held3 = csv([row('alarm-15', { threshold: 'n/a' }), row('new', { threshold: '1_0' })]);
    const file = workspace.write(
      'alarms.csv',
      lines(header, ...body, ...held3.trimEnd().split('\n').slice(1), GOOD),
    );

    const finished = await sync(workspace, service, file, [
      '--on-invalid',
      'skip',
      '--rejects',
      'rejects.csv',
      '--max-delete',
      '9',
    ]);

    expect(finished.exitCode).toBe(6);
    expect(finished.stdout).toContain('Sync complete: 1 created, 0 updated, 9 deleted, 0 failed.');
    expect(service.names).toContain('alarm-15');
    expect(service.names).not.toContain('new');
    const rejects = workspace.read('rejects.csv').trimEnd().split('\n');
    expect(rejects[0]).toBe(`${HEADER},_error`);
    expect(rejects).toHaveLength(3);
    expect(rejects[1]).toMatch(/^alarm-15,n\/a,.*n\/a/u);
    expect(rejects[2]).toMatch(/^new,1_0,/u);
  });

  it.each([
    { what: 'too few cells', bad: 'alarm-15,3' },
    { what: 'a quoting fault', bad: GOOD.replace('"n1"', 'alarm"15"') },
    { what: 'an empty name', bad: GOOD.replace('"n1"', '') },
  ])('deletes nothing when one with $what has no usable name', async ({ bad }) => {
    const workspace = openWorkspace();
    const service = await startService();
    const file = workspace.write('alarms.csv', lines(HEADER, GOOD, bad));

    const finished = await sync(workspace, service, file, ['--on-invalid', 'skip', '--max-delete', '100%']);

    expect(finished.exitCode).toBe(6);
    expect(finished.stdout).toContain('Sync complete: 1 created, 0 updated, 0 deleted, 0 failed.');
    expect(service.names).toHaveLength(21);
  });

  it('protects the name of a bad row even where a good row has the same name', async () => {
    const workspace = openWorkspace();
    const service = await startService();
    const good = csv([row('alarm-0', { threshold: '5' }), ...HELD.slice(1)]);
    const bad = csv([row('alarm-0', { threshold: 'n/a' })]).split('\n')[1] ?? '';
    const file = workspace.write('alarms.csv', lines(good.trimEnd(), bad));

    const finished = await sync(workspace, service, file, ['--on-invalid', 'skip']);

    expect(finished.exitCode).toBe(6);
    expect(service.writes).toEqual([]);
  });
});
