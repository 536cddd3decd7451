// The entry of a stage's thread: a job -> the stage run to its end.

import { parentPort, workerData, type MessagePort } from 'node:worker_threads';

import { plainErrorOf } from '../alarm/plain-error.ts';
import { RequestObserver } from '../telemetry/requests.ts';
import { Forwarder } from './forwarder.ts';
import type { Job, JobResult, StageMessage, ThreadStart } from './job.ts';

if (parentPort === null) throw new Error('expected to be the entry of a thread');
await work(parentPort, decodeStart(workerData));

async function work(port: MessagePort, start: ThreadStart): Promise<void> {
  const { heard } = start;
  const abort = new AbortController();
  port.on('message', () => abort.abort());
  const forwarder = new Forwarder(heard, (message) => port.postMessage(message));
  using _requests =
    start.stage === 'listing' && heard.includes('request') ? new RequestObserver(start.trace) : undefined;
  try {
    const result = await runJob(start, abort.signal);
    forwarder.flush();
    send(port, { type: 'result', result });
  } catch (thrown) {
    forwarder.flush();
    send(port, { type: 'error', error: plainErrorOf(thrown) });
  } finally {
    forwarder.stop();
    port.close();
  }
}

/** Each stage loads its own modules alone: that takes its thread longer than anything else before the first row. */
async function runJob(job: Job, signal: AbortSignal): Promise<JobResult> {
  switch (job.stage) {
    case 'source': {
      const { readSource } = await import('../pipeline/source/source.ts');
      const { DesiredStaging } = await import('../store/desired-staging.ts');
      const { loadFit } = await import('../services/registry.ts');
      const { ThreadedRowHelper } = await import('./row-helper.ts');
      const fit = job.service === null ? undefined : await loadFit(job.service);
      await using helper = new ThreadedRowHelper(job.service);
      using staging = new DesiredStaging(job.file);
      return await readSource(staging, job.settings, signal, fit, helper);
    }
    case 'listing': {
      const { listService } = await import('../pipeline/listing/listing.ts');
      const { readOnly } = await import('../services/alarm-service.ts');
      const { Pacer } = await import('../services/pacer.ts');
      const { openService } = await import('../services/registry.ts');
      const { ExistingStaging } = await import('../store/existing-staging.ts');
      const { tellRest } = await import('../telemetry/rests.ts');
      using pacer = new Pacer(job.quota, tellRest);
      await using service = await openService(job.service, pacer);
      using staging = new ExistingStaging(job.file);
      return await listService({ reader: readOnly(service), staging }, job.settings, signal);
    }
    case 'sieve': {
      const { sieveIntoFile } = await import('../pipeline/diff/diff.ts');
      sieveIntoFile(job.file, job.files, job.settings, job.share);
      return undefined;
    }
  }
}

function send(port: MessagePort, message: StageMessage): void {
  port.postMessage(message);
}

function decodeStart(data: unknown): ThreadStart {
  return data as ThreadStart;
}
