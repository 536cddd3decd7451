// How many creates a second does a durable drain send, beside a bare loop that keeps no ledger?

import { makeCreates, planCreates } from './creates.ts';
import { measureProcess } from './measuring/measured.ts';
import { measureRounds, type Subject } from './measuring/rounds.ts';
import { startReferenceService } from './measuring/services.ts';
import { spread } from './measuring/spread.ts';
import { MAIN, script } from './places.ts';
import type { QuestionContext } from './question.ts';

/** Enough that a second or two of cold code at the start, which both sides have, count for little. */
const MAX_OPERATION_COUNT = 250_000;

const CONCURRENCY = 8;

interface Sample {
  /** From the first request to the last answer; the planning and the start of the process do not count. */
  readonly drainMs: number;
  readonly peakMemoryBytes: number;
}

export async function drain(context: QuestionContext): Promise<void> {
  const { rowCount, runCount, dataDirectory, emit } = context;
  const operationCount = Math.min(MAX_OPERATION_COUNT, Math.ceil(rowCount / 5));
  const csvFile = await makeCreates(dataDirectory, operationCount);
  const subjects = [alarmsyncDrain(csvFile, operationCount), bareLoop(csvFile, operationCount)];
  const samples = await measureRounds(context, `drain of ${operationCount} creates`, subjects);
  for (const [subject, measured] of samples) {
    emit({
      question: 'drain',
      subject,
      operation_count: operationCount,
      run_count: runCount,
      concurrency: CONCURRENCY,
      ...spread(
        'operations_per_second',
        measured.map(({ drainMs }) => (operationCount * 1000) / drainMs),
      ),
      ...spread(
        'peak_memory_bytes',
        measured.map(({ peakMemoryBytes }) => peakMemoryBytes),
      ),
    });
  }
}

function alarmsyncDrain(csvFile: string, operationCount: number): Subject<Sample> {
  return against(operationCount, 'alarmsync', async (address, directory) => {
    const { planFile, stateArgs } = await planCreates(csvFile, operationCount, address, directory);
    const events = ['--json', '--json-operations', 'none'];
    const { stdout, peakMemoryBytes } = await measureProcess(
      [MAIN, 'apply', planFile, ...stateArgs, ...events, '--concurrency', String(CONCURRENCY)],
      directory,
    );
    return { drainMs: eventMs(stdout, 'done') - eventMs(stdout, 'started'), peakMemoryBytes };
  });
}

function bareLoop(csvFile: string, operationCount: number): Subject<Sample> {
  return against(operationCount, 'bare-loop', async (address, directory) => {
    const { stdout, peakMemoryBytes } = await measureProcess(
      [script('peers/bare-loop'), address, csvFile, String(CONCURRENCY)],
      directory,
    );
    return { drainMs: parseLoop(stdout).wallMs, peakMemoryBytes };
  });
}

/** Each run meets a fresh service, which must hold every alarm in the end. */
function against(
  operationCount: number,
  name: string,
  send: (address: string, directory: string) => Promise<Sample>,
): Subject<Sample> {
  return {
    name,
    isPeer: false,
    run: async (directory) => {
      await using service = await startReferenceService(directory);
      const sample = await send(service.address, directory);
      const { total } = parsePage(await (await fetch(`${service.address}/alarms?limit=1`)).text());
      if (total !== operationCount) {
        throw new Error(`expected ${name} to create ${operationCount} alarms, the service holds ${total}`);
      }
      return sample;
    },
    tell: ({ drainMs }) => `${Math.round((operationCount * 1000) / drainMs)} operations/s`,
  };
}

/** When the drain started or was done, in milliseconds since 1970. */
function eventMs(events: string, state: string): number {
  const found = events
    .split('\n')
    .filter((line) => line !== '')
    .map(parseEvent)
    .find((event) => event.type === 'phase' && event.name === 'drain' && event.state === state);
  if (found === undefined) throw new Error(`expected the drain to be ${state}, got: ${events.slice(-500)}`);
  return Date.parse(found.at);
}

function parseEvent(line: string): { type: string; at: string; name?: string; state?: string } {
  return JSON.parse(line) as { type: string; at: string; name?: string; state?: string };
}

function parseLoop(text: string): { readonly wallMs: number } {
  return JSON.parse(text) as { wallMs: number };
}

function parsePage(text: string): { readonly total: number } {
  return JSON.parse(text) as { total: number };
}
