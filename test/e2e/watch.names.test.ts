// The names that the README tells of spans and events: real runs send these, and no others.

import { readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, it } from 'vitest';

import { SERVER_SPAN_ATTRIBUTES } from '../../src/server/traces.ts';
import { SPANS } from '../../src/telemetry/spans.ts';
import { startOtlpReceiver, type ReceivedSpan } from '../stand-ins/otlp-receiver.ts';
import { eventsOf, openWorkspace, type Finished } from './command-line.ts';
import { start as startDatadogWorld } from './datadog-world.ts';
import { NO_RUN, openEventfulWorld, openQuietWorld } from './eventful-run.ts';
import { observe } from './observe-world.ts';
import { startReferenceService } from './reference-service.ts';
import { startStandIn } from './stand-in.ts';
import { configOf, sitedCsv } from './targets-world.ts';
import { paramsOf, rows } from './world.ts';

type Names = ReadonlyMap<string, ReadonlySet<string>>;

/** The rows of the table that begins with this line: the name in the first cell, and all that stands as code in the second. */
function documented(head: string): Names {
  const readme = readFileSync(path.join(import.meta.dirname, '../../README.md'), 'utf8');
  const [, table = ''] = readme.split(`\n${head}\n`);
  const lines = table.split('\n').slice(1);
  const ends = lines.findIndex((line) => !line.startsWith('|'));
  return new Map(
    lines.slice(0, ends).map((line) => {
      const [name = '', cell = ''] = line.replace(/^\| /u, '').split(' | ');
      return [codesOf(name)[0] ?? '', new Set(codesOf(cell))];
    }),
  );
}

function codesOf(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/gu)].map(([, code = '']) => code);
}

/** Each name with everything that was sent under it. */
function gathered(sent: readonly { readonly name: string; readonly members: readonly string[] }[]): Names {
  const names = new Map<string, Set<string>>();
  for (const { name, members } of sent) names.set(name, new Set([...(names.get(name) ?? []), ...members]));
  return names;
}

function tableNameOf({ name, kind }: ReceivedSpan): string {
  if (kind === 'CLIENT') return '{method} {resource}';
  if (kind === 'SERVER') return '{method} {route}';
  return name.replace(/^alarmsync .+$/u, 'alarmsync {command}');
}

it('spans have the names and attributes of the README, and no others', async () => {
  const receiver = await startOtlpReceiver();
  const { env } = receiver;
  const eventful = await openEventfulWorld();
  await eventful.workspace.run(eventful.args, { env });
  await eventful.workspace.run(NO_RUN, { env });
  const refused = await openQuietWorld(3);
  for (const item of rows(100, 'old')) refused.service.put(item.name, paramsOf(item));
  await refused.workspace.run(refused.args, { env });
  const reference = await startReferenceService(['--fault', 'drop-after=1'], env);
  await refused.workspace.run([...refused.args.with(3, reference.url), '--retries', '1'], { env });
  await reference.stop();

  const sent = gathered(
    receiver.spans.map((span) => ({ name: tableNameOf(span), members: Object.keys(span.attributes) })),
  );
  const inReadme = documented('| span | attributes | meaning |');
  expect(sent).toEqual(inReadme);
  const inCode = Object.entries(SPANS).map(([name, { attributes }]) => [name, new Set(attributes)] as const);
  expect(inReadme).toEqual(new Map([...inCode, ['{method} {route}', new Set(SERVER_SPAN_ATTRIBUTES)]]));
});

it('events have the types, phases and members of the README, and no others', async () => {
  const { workspace, service, args } = await openEventfulWorld();
  const all = ['--json', '--json-operations', 'all'];
  const datadog = await startDatadogWorld();
  const refused = await openQuietWorld(3);
  for (const item of rows(100, 'old')) refused.service.put(item.name, paramsOf(item));
  const finished = [
    await workspace.run([...args, ...all, '--limit', '1']),
    await workspace.run(['resume', ...all]),
    await workspace.run(['doctor', '--service', service.url, '--json']),
    await refused.workspace.run([...refused.args, ...all]),
    await observe(datadog, 'diff', '--json'),
    await syncTwoTargets(),
  ];
  const events = finished.flatMap(eventsOf);

  const inReadme = documented('| type | members |');
  const sent = gathered(
    events.map((event) => ({ name: String(event['type']), members: Object.keys(event) })),
  );
  expect([...sent.keys()].toSorted()).toEqual([...inReadme.keys()].toSorted());
  for (const [type, members] of sent)
    expect([type, [...members].filter((member) => !isDocumented(inReadme, type, member))]).toEqual([
      type,
      [],
    ]);
  const phases = events.filter(({ type }) => type === 'phase').flatMap(({ name, state }) => [name, state]);
  expect(new Set(['name', 'state', ...phases])).toEqual(inReadme.get('phase'));
});

async function syncTwoTargets(): Promise<Finished> {
  const workspace = openWorkspace();
  workspace.write('targets.json', configOf({ eu: await startStandIn(), us: await startStandIn() }));
  workspace.write('alarms.csv', sitedCsv({ eu: rows(1), us: rows(1) }));
  return workspace.run(['sync', 'alarms.csv', '--config', 'targets.json', '--auto-approve', '--json']);
}

/** Each event has these two, and of several targets the third. */
function isDocumented(inReadme: Names, type: string, member: string): boolean {
  return ['type', 'at', 'target'].includes(member) || inReadme.get(type)?.has(member) === true;
}
