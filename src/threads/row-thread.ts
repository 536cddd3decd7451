// The entry of a helper's thread: runs of records -> what they come to, one message each.

import { parentPort, workerData, type MessagePort } from 'node:worker_threads';

import { plainErrorOf } from '../alarm/plain-error.ts';
import { decodeBelowHeader } from '../pipeline/source/decoding.ts';
import type { RecordRun } from '../pipeline/source/record-splitter.ts';
import { RowDecoder } from '../pipeline/source/row-decoder.ts';
import { loadFit } from '../services/registry.ts';
import { packDecoded, type RowAnswer, type RowHelperSettings, type RowRequest } from './row-job.ts';

if (parentPort === null) throw new Error('expected to be the entry of a thread');
await work(parentPort, decodeSettings(workerData));

async function work(port: MessagePort, settings: RowHelperSettings): Promise<void> {
  const fit = settings.service === null ? undefined : await loadFit(settings.service);
  const decoder = new RowDecoder(settings.columns, fit);
  port.on('message', (message) => port.postMessage(answer(decoder, decodeRequest(message))));
}

function answer(decoder: RowDecoder, { runs }: RowRequest): RowAnswer {
  try {
    return { type: 'decoded', decoded: decodeBelowHeader(decoder, runs).map(packDecoded) };
  } catch (thrown) {
    return { type: 'error', error: plainErrorOf(thrown) };
  }
}

function decodeSettings(data: unknown): RowHelperSettings {
  return data as RowHelperSettings;
}

function decodeRequest(message: unknown): RowRequest {
  const { runs } = message as RowRequest;
  return { runs: runs.map(withBuffer) };
}

/** A message keeps bytes, and not the class that they had. */
function withBuffer(run: RecordRun): RecordRun {
  if (run.kind === 'broken') return run;
  const { buffer, byteOffset, byteLength } = run.bytes;
  return { ...run, bytes: Buffer.from(buffer, byteOffset, byteLength) };
}
