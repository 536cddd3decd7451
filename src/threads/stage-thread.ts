// The entry of a stage's thread: a job -> the stage run to its end.

import { parentPort, workerData, type MessagePort } from 'node:worker_threads';

import { listService } from '../pipeline/listing/listing.ts';
import { readSource } from '../pipeline/source/source.ts';
import { readOnly } from '../services/alarm-service.ts';
import { Pacer } from '../services/pacer.ts';
import { openService } from '../services/registry.ts';
import { DesiredStaging } from '../store/desired-staging.ts';
import { ExistingStaging } from '../store/existing-staging.ts';
import { Forwarder } from './forwarder.ts';
import { plainErrorOf, type Job, type JobResult, type StageMessage } from './job.ts';

if (parentPort === null) throw new Error('expected to be the entry of a thread');
await work(parentPort, decodeJob(workerData));

async function work(port: MessagePort, job: Job): Promise<void> {
  const abort = new AbortController();
  port.on('message', () => abort.abort());
  const forwarder = new Forwarder((message) => port.postMessage(message));
  try {
    const result = await runJob(job, abort.signal);
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

async function runJob(job: Job, signal: AbortSignal): Promise<JobResult> {
  switch (job.stage) {
    case 'source': {
      using staging = new DesiredStaging(job.file);
      return await readSource(staging, job.settings, signal);
    }
    case 'listing': {
      using pacer = new Pacer(job.quota);
      await using service = openService(job.service, pacer);
      using staging = new ExistingStaging(job.file);
      return await listService({ reader: readOnly(service), staging }, job.settings, signal);
    }
  }
}

function send(port: MessagePort, message: StageMessage): void {
  port.postMessage(message);
}

function decodeJob(data: unknown): Job {
  return data as Job;
}
