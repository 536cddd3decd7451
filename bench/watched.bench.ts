// What does it cost a plan that its stages tell how they fare: when nobody listens, and when metrics are sent?
//
// When nobody listens but the program's own display, it costs less than two runs of one program differ by. So that is not
// timed from outside: a copy of the program times each message that its stages have to tell, in every thread.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { copyFileSync, cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { Measured } from './measuring/measured.ts';
import { measureRounds, type Subject } from './measuring/rounds.ts';
import { startPageServer } from './measuring/services.ts';
import { spread } from './measuring/spread.ts';
import { MAIN, ROOT } from './places.ts';
import { alarmsyncPlan } from './plan-subject.ts';
import type { QuestionContext } from './question.ts';
import { makeWorld } from './world.ts';

interface WatchedSample extends Measured {
  /** Set where the program timed itself. */
  readonly told?: Told;
}

/** Of all threads of one run. */
interface Told {
  readonly messageCount: number;
  /** Taking the time included. */
  readonly durationMs: number;
}

export async function watched(context: QuestionContext): Promise<void> {
  const { rowCount, runCount, dataDirectory, scratchDirectory, emit } = context;
  const world = await makeWorld(dataDirectory, rowCount, 'plain');
  await using server = await startPageServer(world, scratchDirectory);
  // An agent that takes everything and does nothing with it.
  const agent = createSocket('udp4').bind(0, '127.0.0.1');
  await once(agent, 'listening');
  const metrics = ['--statsd', `127.0.0.1:${agent.address().port}`, '--metrics-file', 'alarmsync.prom'];
  const subjects: readonly Subject<WatchedSample>[] = [
    alarmsyncPlan(world, server.address, { name: 'unheard' }),
    timed(scratchDirectory, (main) => alarmsyncPlan(world, server.address, { name: 'timed', main })),
    alarmsyncPlan(world, server.address, {
      name: 'watched',
      flags: [...metrics, '--metrics-interval', '1s'],
    }),
  ];
  const samples = await measureRounds(context, `watched plan of ${rowCount}`, subjects);
  agent.close();
  for (const [subject, measured] of samples) {
    const told = measured.flatMap((sample) =>
      sample.told === undefined ? [] : [{ ...sample, ...sample.told }],
    );
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
      ...(told.length === 0
        ? {}
        : {
            ...spread(
              'message_count',
              told.map(({ messageCount }) => messageCount),
            ),
            ...spread(
              'telling_ratio',
              told.map(({ durationMs, wallMs }) => durationMs / wallMs),
            ),
          }),
    });
  }
}

/** The same program, which times what its stages tell. */
function timed(directory: string, subjectOf: (main: string) => Subject<Measured>): Subject<WatchedSample> {
  const toldFile = path.join(directory, 'told.jsonl');
  const subject = subjectOf(timedCopy(directory, toldFile));
  return {
    ...subject,
    run: async (workDirectory) => {
      rmSync(toldFile, { force: true });
      const measured = await subject.run(workDirectory);
      return { ...measured, told: readTold(toldFile) };
    },
  };
}

/** What each thread wrote as it ended. */
function readTold(file: string): Told {
  const lines = readFileSync(file, 'utf8').trim().split('\n').map(parseTold);
  return {
    messageCount: lines.reduce((sum, { messageCount }) => sum + messageCount, 0),
    durationMs: lines.reduce((sum, { durationMs }) => sum + durationMs, 0),
  };
}

function parseTold(line: string): Told {
  return JSON.parse(line) as Told;
}

/** What a stage calls: to tell something, and to learn whether it is worth looking. */
const TELLING = /export function (publish|isHeard)\((.*?)\) \{/gu;

/** Gives the main file of the copy. */
function timedCopy(directory: string, toldFile: string): string {
  const copy = path.join(directory, 'timed', 'dist');
  cpSync(path.join(ROOT, 'dist'), copy, { recursive: true });
  copyFileSync(path.join(ROOT, 'package.json'), path.join(directory, 'timed', 'package.json'));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(directory, 'timed', 'node_modules'));
  const names = path.join(copy, 'telemetry/names.js');
  const text = readFileSync(names, 'utf8');
  if (text.match(TELLING)?.length !== 2)
    throw new Error(`expected the functions publish and isHeard in ${names}`);
  writeFileSync(names, text.replace(TELLING, timedFunction) + writingDown(toldFile));
  return path.join(copy, path.relative(path.join(ROOT, 'dist'), MAIN));
}

function timedFunction(_found: string, name: string, parameters: string): string {
  return `export function ${name}(${parameters}) {
    const startedMs = performance.now();
    const result = untimed_${name}(${parameters});
    told.durationMs += performance.now() - startedMs;
    told.messageCount += 1;
    return result;
}
function untimed_${name}(${parameters}) {`;
}

function writingDown(toldFile: string): string {
  return `
import { appendFileSync } from 'node:fs';
const told = { messageCount: 0, durationMs: 0 };
process.on('exit', () => appendFileSync(${JSON.stringify(toldFile)}, JSON.stringify(told) + '\\n'));
`;
}
