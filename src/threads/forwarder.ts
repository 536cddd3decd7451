// What a stage publishes in its own thread -> batches for the thread that listens.

import { listen, type TelemetryName } from '../telemetry/names.ts';
import type { Published, StageMessage } from './job.ts';

/** One message for each published one would cost more than the stage: they go in batches. */
const FORWARD_INTERVAL_MS = 50;

/** Diagnostics channels end at their thread. Carries everything over in order, progress thinned out. */
export class Forwarder {
  readonly #send: (message: StageMessage) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #listening: Disposable;
  #batch: Published[] = [];

  /** @param heard what the other thread listens to: nothing else is measured or sent */
  constructor(heard: readonly TelemetryName[], sendMessage: (message: StageMessage) => void) {
    this.#send = sendMessage;
    this.#listening = listen(
      Object.fromEntries(
        heard.map((name) => [name, (message: unknown) => this.#take(dated(decodePublished(name, message)))]),
      ),
    );
    this.#timer = setInterval(() => this.flush(), FORWARD_INTERVAL_MS);
  }

  flush(): void {
    if (this.#batch.length === 0) return;
    this.#send({ type: 'published', batch: this.#batch });
    this.#batch = [];
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#listening[Symbol.dispose]();
  }

  #take(published: Published): void {
    if (published.name === 'progress' && this.#batch.at(-1)?.name === 'progress') this.#batch.pop();
    this.#batch.push(published);
  }
}

/** When a phase began and ended is told by whoever was there: batches come later. */
function dated(published: Published): Published {
  if (published.name !== 'phase') return published;
  return { name: 'phase', message: { ...published.message, atEpochMs: Date.now() } };
}

function decodePublished(name: TelemetryName, message: unknown): Published {
  return { name, message } as Published;
}
