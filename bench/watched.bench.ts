// What does it cost a plan that its stages tell how they fare: when nobody listens, and when metrics are sent?

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { copyFileSync, cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { Measured } from './measuring/measured.ts';
import { measureRounds, type Subject } from './measuring/rounds.ts';
import { startPageServer } from './measuring/services.ts';
import { spread } from './measuring/spread.ts';
import { MAIN, ROOT } from './places.ts';
import { alarmsyncPlan } from './plan-subject.ts';
import type { QuestionContext } from './question.ts';
import { makeWorld } from './world.ts';

export async function watched(context: QuestionContext): Promise<void> {
  const { rowCount, runCount, dataDirectory, scratchDirectory, emit } = context;
  const world = await makeWorld(dataDirectory, rowCount, 'plain');
  await using server = await startPageServer(world, scratchDirectory);
  // An agent that takes everything and does nothing with it.
  const agent = createSocket('udp4').bind(0, '127.0.0.1');
  await once(agent, 'listening');
  const metrics = ['--statsd', `127.0.0.1:${agent.address().port}`, '--metrics-file', 'alarmsync.prom'];
  const subjects: readonly Subject<Measured>[] = [
    alarmsyncPlan(world, server.address, { name: 'mute', main: muteCopy(scratchDirectory) }),
    alarmsyncPlan(world, server.address, { name: 'unheard' }),
    alarmsyncPlan(world, server.address, {
      name: 'watched',
      flags: [...metrics, '--metrics-interval', '1s'],
    }),
  ];
  const samples = await measureRounds(context, `watched plan of ${rowCount}`, subjects);
  agent.close();
  for (const [subject, measured] of samples) {
    emit({
      question: 'watched',
      subject,
      data: 'plain',
      row_count: rowCount,
      run_count: runCount,
      ...spread(
        'wall_ms',
        measured.map(({ wallMs }) => wallMs),
      ),
    });
  }
}

const PUBLISH = /export function publish\(name, message\) \{[\s\S]*?\n\}/u;

/** The same program, whose stages tell nothing. Gives its main file. */
function muteCopy(directory: string): string {
  const copy = path.join(directory, 'mute', 'dist');
  cpSync(path.join(ROOT, 'dist'), copy, { recursive: true });
  copyFileSync(path.join(ROOT, 'package.json'), path.join(directory, 'mute', 'package.json'));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(directory, 'mute', 'node_modules'));
  const names = path.join(copy, 'telemetry/names.js');
  const text = readFileSync(names, 'utf8');
  if (!PUBLISH.test(text)) throw new Error(`expected the function publish in ${names}`);
  writeFileSync(names, text.replace(PUBLISH, 'export function publish() {}'));
  return path.join(copy, path.relative(path.join(ROOT, 'dist'), MAIN));
}
