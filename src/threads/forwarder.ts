// What a stage publishes in its own thread -> batches for the thread that listens.

import { subscribe } from 'node:diagnostics_channel';

import { channelName, TELEMETRY_NAMES, type TelemetryName } from '../telemetry/names.ts';
import type { Published, StageMessage } from './job.ts';

/** One message for each published one would cost more than the stage: they go in batches. */
const FORWARD_INTERVAL_MS = 50;

/** Diagnostics channels end at their thread. Carries everything over in order, progress thinned out. */
export class Forwarder {
  readonly #send: (message: StageMessage) => void;
  readonly #timer: NodeJS.Timeout;
  #batch: Published[] = [];

  constructor(sendMessage: (message: StageMessage) => void) {
    this.#send = sendMessage;
    for (const name of TELEMETRY_NAMES) {
      subscribe(channelName(name), (message) => this.#take(decodePublished(name, message)));
    }
    this.#timer = setInterval(() => this.flush(), FORWARD_INTERVAL_MS);
  }

  flush(): void {
    if (this.#batch.length === 0) return;
    this.#send({ type: 'published', batch: this.#batch });
    this.#batch = [];
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #take(published: Published): void {
    if (published.name === 'progress' && this.#batch.at(-1)?.name === 'progress') this.#batch.pop();
    this.#batch.push(published);
  }
}

function decodePublished(name: TelemetryName, message: unknown): Published {
  return { name, message } as Published;
}
