// A job -> its result, worked off in a thread of its own.

import { Worker } from 'node:worker_threads';

import { AlarmSyncError } from '../alarm/errors.ts';
import { errorOf } from '../alarm/plain-error.ts';
import type { ListingSnapshot } from '../pipeline/listing/listing.ts';
import type { SourceSnapshot } from '../pipeline/source/source.ts';
import type { Stages } from '../pipeline/sync.ts';
import type { PacerSettings } from '../services/pacer.ts';
import type { FitSettings, ServiceSettings } from '../services/registry.ts';
import {
  isHeard,
  publish,
  TELEMETRY_NAMES,
  type TelemetryMessages,
  type TelemetryName,
} from '../telemetry/names.ts';
import type { RequestTrace } from '../telemetry/request-sampler.ts';
import { entryFile } from './entry-file.ts';
import type { Job, JobResult, Published, StageMessage, ThreadStart } from './job.ts';

/**
 * The stages of a planning, each in a thread of its own: SQLite has one writer a file, and parsing fills a core.
 * The listing's thread opens the service by itself.
 * @param trace of the run; null when it is not traced
 */
export function threadedStages(
  service: ServiceSettings,
  quota: PacerSettings,
  trace: RequestTrace | null,
): Stages {
  return {
    source: sourceStage(service),
    listing: async (file, settings, signal) =>
      decodeListing(await runJob({ stage: 'listing', file, settings, service, quota, trace }, signal)),
    sieve: async (file, files, settings, share, signal) => {
      await runJob({ stage: 'sieve', file, files, settings, share }, signal);
    },
  };
}

/** Reads the input file in a thread of its own. @param service what the rows are for; null when they are only looked at */
export function sourceStage(service: FitSettings | null): Stages['source'] {
  return async (file, settings, signal) =>
    decodeSource(await runJob({ stage: 'source', file, settings, service }, signal));
}

/**
 * Rejects with the stage's own error, with the signal's reason when it aborts, and with ALARMSYNC_UNEXPECTED when the
 * thread dies. The thread has ended when this settles.
 *
 * Threads have Node's own young generation, 48 MiB. Plan of a million rows a side, medians of five or six runs in turn: with a limit of
 * 24 MiB it took 1.28 x the time, with 26 to 48 MiB 0.95 to 1.06 x, with 72 MiB 1.16 x and 269 MB instead of 217 MB.
 */
async function runJob(job: Job, signal: AbortSignal): Promise<JobResult> {
  signal.throwIfAborted();
  const start: ThreadStart = { ...job, heard: TELEMETRY_NAMES.filter(isHeard) };
  const worker = new Worker(entryFile('stage-thread'), { workerData: start });
  const onAbort = (): void => worker.postMessage('abort');
  signal.addEventListener('abort', onAbort);
  let last: Exclude<StageMessage, { type: 'published' }> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      worker.on('message', (message) => {
        const decoded = decodeMessage(message);
        if (decoded.type === 'published') decoded.batch.forEach(republish);
        else last = decoded;
      });
      worker.on('error', reject);
      worker.on('exit', () => resolve());
    });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  if (last?.type === 'result') return last.result;
  signal.throwIfAborted();
  throw last === undefined ? threadDied(job) : errorOf(last.error);
}

function threadDied(job: Job): AlarmSyncError {
  return new AlarmSyncError(
    'ALARMSYNC_UNEXPECTED',
    `the thread of the ${job.stage} stage ended without a result`,
    {
      hint: 'nothing was written to the service; run again',
    },
  );
}

function republish({ name, message }: Published): void {
  publishAs(name, message);
}

function publishAs<Name extends TelemetryName>(name: Name, message: TelemetryMessages[Name]): void {
  publish(name, message);
}

function decodeMessage(message: unknown): StageMessage {
  return message as StageMessage;
}

function decodeSource(result: JobResult): SourceSnapshot {
  return result as SourceSnapshot;
}

function decodeListing(result: JobResult): ListingSnapshot {
  return result as ListingSnapshot;
}
