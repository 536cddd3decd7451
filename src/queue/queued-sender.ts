// Operations -> steps that some worker takes, as if they were sent from here.

import type { DrainSignals, Likeness, OperationSender, Outcome, SendSettings } from '../pipeline/sync.ts';
import type { ClaimedOperation } from '../store/operation.ts';
import { lost, type Step } from './step.ts';
import type { StepEnd, StepQueue } from './step-queue.ts';

/** Sends and looks up through the queue. What becomes of an operation is decided where the ledger is, as ever. */
export class QueuedSender implements OperationSender {
  readonly #queue: StepQueue;
  readonly #subject: Step['subject'];
  readonly #settings: SendSettings;

  constructor(queue: StepQueue, subject: Step['subject'], settings: SendSettings, signals: DrainSignals) {
    this.#queue = queue;
    signals.stop.addEventListener('abort', () => void queue.withdraw().catch(() => queue.giveUp()));
    signals.kill.addEventListener('abort', () => queue.giveUp());
    this.#subject = subject;
    this.#settings = settings;
  }

  async send(operation: ClaimedOperation, counter: { noteWrite(): void }): Promise<Outcome | undefined> {
    const end = await this.#ask('send', operation);
    if (end === 'withdrawn') return undefined;
    if (end === 'lost' || end.kind === 'likeness') {
      counter.noteWrite(); // it may have left
      if (this.#queue.failure !== undefined) throw this.#queue.failure;
      return { kind: 'unknown', error: lost('the step was lost on its way to a worker or back') };
    }
    for (let count = 0; count < end.writeCount; count += 1) counter.noteWrite();
    if (end.kind === 'thrown') throw end.error;
    return end.outcome;
  }

  async lookUp(operation: ClaimedOperation): Promise<Likeness> {
    const end = await this.#ask('lookup', operation);
    if (end === 'withdrawn') throw lost('the look-up was taken back, since the run stops');
    if (end === 'lost' || end.kind === 'outcome')
      throw this.#queue.failure ?? lost('the look-up was lost on its way to a worker or back');
    if (end.kind === 'thrown') throw end.error;
    return end.likeness;
  }

  async #ask(kind: Step['kind'], operation: ClaimedOperation): Promise<StepEnd> {
    return this.#queue.ask({ kind, subject: this.#subject, operation, send: this.#settings });
  }
}
