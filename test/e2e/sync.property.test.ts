// Any file against any service: afterwards the service means the file, and nothing is left to send.

import fc from 'fast-check';
import { expect, it } from 'vitest';

import { DEFAULT_SERVER_SETTINGS, startServer, type RunningServer } from '../../src/server/server.ts';
import { Workspace } from './command-line.ts';
import { AWKWARD_NAMES, csv, meaning, meanings, paramsOf, row, type Row } from './world.ts';

const name = fc
  .oneof(
    fc.constantFrom(...AWKWARD_NAMES),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  )
  .filter((text) => !/[\p{Cc}\p{Cs}]/u.test(text) && text !== '.' && text !== '..');

const alarm = fc
  .record({
    threshold: fc.constantFrom('3', '3.0', '+3', '3e0', '.3e1', '-0', '0', '4', '1e2', '100'),
    metric_name: fc.constantFrom('cpu', ' cpu', 'CPU', 'a,"b"\n'),
    comparison_method: fc.constantFrom('gt', 'GT ', 'lte', 'neq'),
    alarm_state: fc.constantFrom('active', 'inactive', 'in_alarm'),
    tracking_metric_id: fc.constantFrom(
      '6f1c1d4e-0c7e-4d0a-9a57-3f4b8b6f2a11',
      '6F1C1D4E-0C7E-4D0A-9A57-3F4B8B6F2A11',
      '00000000-0000-0000-0000-000000000000',
    ),
    contact: fc.subarray(['a@example.com', 'ldap:ops', 'posix:x y', 'ticket:#1']),
    metric_math: fc.constantFrom('sum', ' Sum', 'p99', 'weighted.mean_2'),
  })
  .map((part) => row('', part));

const world = fc.uniqueArray(
  fc.record({ name, desired: fc.option(alarm), existing: fc.option(alarm), isSame: fc.boolean() }),
  { selector: (item) => item.name, maxLength: 40 },
);

const serving = fc.record({
  paging: fc.constantFrom('cursor' as const, 'overlap' as const, 'none' as const),
  hasEtags: fc.boolean(),
  pageSize: fc.integer({ min: 1, max: 50 }),
});

async function start({
  paging,
  hasEtags,
  pageSize,
}: {
  paging: 'cursor' | 'overlap' | 'none';
  hasEtags: boolean;
  pageSize: number;
}): Promise<RunningServer> {
  const { behaviour } = DEFAULT_SERVER_SETTINGS;
  return startServer({
    ...DEFAULT_SERVER_SETTINGS,
    behaviour: { ...behaviour, paging, hasEtags, defaultPageSize: pageSize, maxPageSize: pageSize },
  });
}

function held(server: RunningServer): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (let cursor: string | undefined, isMore = true; isMore;) {
    const page = server.store.listPage({ limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    for (const stored of page.alarms) found.set(stored.name, meaning(JSON.parse(stored.paramsText)));
    isMore = page.nextCursor !== null;
    cursor = page.nextCursor ?? undefined;
  }
  return found;
}

it('any file and any service agree after one sync, and a second sends nothing', async () => {
  await fc.assert(
    fc.asyncProperty(world, serving, fc.boolean(), async (alarms, settings, hasCarriageReturns) => {
      using workspace = new Workspace();
      await using server = await start(settings);
      const existing = alarms.flatMap(({ name: itsName, desired, existing: found, isSame }) => {
        const params = isSame ? desired : found;
        return params === null
          ? []
          : [{ name: itsName, params: { ...paramsOf(params), kept: { by: itsName } } }];
      });
      server.store.importDefinitions(existing.map((definition) => JSON.parse(JSON.stringify(definition))));
      const wanted: Row[] = alarms.flatMap(({ name: itsName, desired }) =>
        desired === null ? [] : [{ ...desired, name: itsName }],
      );
      const file = workspace.write(
        'alarms.csv',
        csv(wanted, { lineEnd: hasCarriageReturns ? '\r\n' : '\n' }),
      );
      const limits = ['--max-delete', '100%', '--max-update', '100%', '--allow-empty'];
      const sync = ['sync', file, '--service', server.url, '--auto-approve', ...limits, '--page-size', '7'];

      const first = await workspace.run(sync);
      expect(first.stderr).not.toContain('Error');
      expect(first.exitCode).toBe(0);
      expect(held(server)).toEqual(meanings(wanted));

      const writeCount = server.counts.appliedCount;
      const second = await workspace.run(sync);
      expect(second.exitCode).toBe(0);
      expect(second.stdout).toContain(
        `Plan: 0 to create, 0 to update, 0 to delete, ${wanted.length} unchanged.`,
      );
      expect(server.counts.appliedCount).toBe(writeCount);
      expect(server.counts.count('POST') + server.counts.count('PUT') + server.counts.count('DELETE')).toBe(
        writeCount,
      );
    }),
    { numRuns: 30 },
  );
}, 180_000);
