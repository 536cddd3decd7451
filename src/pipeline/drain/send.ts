// One claimed operation -> a check that the alarm is still as planned, then the write.

import { asAlarmSyncError, type ErrorCode } from '../../alarm/errors.ts';
import { isJsonObject, parseJson, stringifyJson, type JsonObject } from '../../alarm/json.ts';
import {
  managedMeaningText,
  overlay,
  wholeMeaningText,
  withWeatherOf,
  type CompareState,
  type Managed,
} from '../../alarm/meaning.ts';
import type { AlarmReader, AlarmWriter, ListedAlarm, WriteOptions } from '../../services/alarm-service.ts';
import type { ClaimedOperation } from '../../store/operation.ts';
import type { CheckBefore } from '../../store/run-settings.ts';
import { outcomeOfReadError, outcomeOfWriteError, type Outcome } from './outcome.ts';

/** What shapes each sending; fixed for the whole run. */
export interface SendSettings {
  readonly runId: string;
  readonly managed: Managed;
  readonly compareState: CompareState;
  readonly checkBefore: CheckBefore;
}

/** What a look-up of one alarm showed, against the operation's images. */
export type Likeness = 'absent' | 'as_wanted' | 'as_before' | 'changed';

/** Counts the writes that really left, so that the ledger can tell. */
export interface WriteCounter {
  noteWrite(): void;
}

/** Sends and looks up single operations: here, or somewhere else. */
export interface OperationSender {
  /**
   * Undefined when nothing was sent, and nothing will be, since the run stops.
   * @throws {AlarmSyncError} only what ends the run, such as refused credentials; and the signal's reason.
   */
  send(operation: ClaimedOperation, counter: WriteCounter, signal: AbortSignal): Promise<Outcome | undefined>;
  /** Reads the alarm and holds it against what the operation found and wanted. Throws what the read throws. */
  lookUp(operation: ClaimedOperation, signal: AbortSignal): Promise<Likeness>;
}

/** Checks, sends and classifies the operations of one run. Knows nothing of the ledger, pace or retries. */
export class Sender implements OperationSender {
  readonly #service: AlarmReader & AlarmWriter;
  readonly #settings: SendSettings;

  constructor(service: AlarmReader & AlarmWriter, settings: SendSettings) {
    this.#service = service;
    this.#settings = settings;
  }

  async send(operation: ClaimedOperation, counter: WriteCounter, signal: AbortSignal): Promise<Outcome> {
    switch (operation.action) {
      case 'create':
        return this.#create(operation, counter, signal);
      case 'update':
        return this.#update(operation, counter, signal);
      case 'delete':
        return this.#delete(operation, counter, signal);
    }
  }

  async lookUp(operation: ClaimedOperation, signal: AbortSignal): Promise<Likeness> {
    const live = await this.#read(operation, signal);
    return this.#likeness(operation, live);
  }

  async #create(operation: ClaimedOperation, counter: WriteCounter, signal: AbortSignal): Promise<Outcome> {
    if (this.#service.capabilities.createIsUpsert && this.#settings.checkBefore === 'all') {
      const found = await this.#existingOutcome(operation, signal);
      if (found !== undefined) return found;
    }
    const definition = { name: operation.name, params: image(operation.afterParams) };
    const toSend = withWeatherOf(definition, undefined, this.#settings.compareState);
    const outcome = await this.#write(counter, () =>
      this.#service.create(toSend, this.#options(operation, undefined, signal)),
    );
    if (!isRefusal(outcome, 'ALARMSYNC_SERVICE_EXISTS')) return outcome;
    const found = await this.#existingOutcome(operation, signal);
    return found ?? { kind: 'again', error: outcome.error };
  }

  /** Of a create: what stands in its place already; undefined when nothing does. */
  async #existingOutcome(operation: ClaimedOperation, signal: AbortSignal): Promise<Outcome | undefined> {
    const live = await this.#tryRead(operation, signal);
    if ('kind' in live) return live;
    const likeness = this.#likeness(operation, live.alarm);
    if (likeness === 'absent') return undefined;
    if (likeness === 'as_wanted') return { kind: 'done', found: 'as_wanted' };
    return { kind: 'conflict', message: 'it exists already, and not as it is wanted' };
  }

  async #update(operation: ClaimedOperation, counter: WriteCounter, signal: AbortSignal): Promise<Outcome> {
    const { compareState, managed, checkBefore } = this.#settings;
    const live = await this.#tryRead(operation, signal);
    if ('kind' in live) return live;
    const likeness = this.#likeness(operation, live.alarm);
    if (live.alarm === undefined || likeness === 'absent') return gone;
    if (likeness === 'as_wanted') return { kind: 'done', found: 'as_wanted' };
    if (likeness === 'changed' && checkBefore === 'all') return changed;

    const existing = live.alarm.definition.params;
    const wanted = image(operation.afterParams);
    const params = overlay(existing, wanted, managed);
    const toSend = withWeatherOf({ name: operation.name, params }, existing, compareState);
    const outcome = await this.#write(counter, () =>
      this.#service.update(toSend, this.#options(operation, live.alarm, signal)),
    );
    if (isRefusal(outcome, 'ALARMSYNC_SERVICE_MISSING')) return gone;
    if (outcome.kind !== 'done' || likeness === 'as_before') return outcome;
    return {
      kind: 'done',
      replacedParams: stringifyJson(existing),
      sentParams: stringifyJson(toSend.params),
    };
  }

  async #delete(operation: ClaimedOperation, counter: WriteCounter, signal: AbortSignal): Promise<Outcome> {
    const { capabilities } = this.#service;
    if (this.#settings.checkBefore === 'none') return this.#deleteNow(operation, undefined, counter, signal);
    if (capabilities.hasConditionalWrites && operation.etag !== null) {
      const outcome = await this.#deleteNow(operation, { etag: operation.etag }, counter, signal);
      const isChanged = outcome.kind === 'again' && outcome.error.code === 'ALARMSYNC_SERVICE_CHANGED';
      if (!isChanged) return outcome; // else it may be the weather alone: look
    }
    const live = await this.#tryRead(operation, signal);
    if ('kind' in live) return live;
    const likeness = this.#likeness(operation, live.alarm);
    if (likeness === 'absent') return { kind: 'done', found: 'absent' };
    return likeness === 'as_before' ? this.#deleteNow(operation, live.alarm, counter, signal) : changed;
  }

  async #deleteNow(
    operation: ClaimedOperation,
    live: Pick<ListedAlarm, 'etag' | 'raw'> | undefined,
    counter: WriteCounter,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const outcome = await this.#write(counter, () =>
      this.#service.delete(operation.name, this.#options(operation, live, signal)),
    );
    return isRefusal(outcome, 'ALARMSYNC_SERVICE_MISSING') ? { kind: 'done', found: 'absent' } : outcome;
  }

  async #write(counter: WriteCounter, write: () => Promise<void>): Promise<Outcome> {
    counter.noteWrite();
    try {
      await write();
      return { kind: 'done' };
    } catch (thrown) {
      return outcomeOfWriteError(thrown);
    }
  }

  async #tryRead(
    operation: ClaimedOperation,
    signal: AbortSignal,
  ): Promise<Outcome | { readonly alarm: ListedAlarm | undefined }> {
    try {
      return { alarm: await this.#read(operation, signal) };
    } catch (thrown) {
      return outcomeOfReadError(thrown);
    }
  }

  async #read(operation: ClaimedOperation, signal: AbortSignal): Promise<ListedAlarm | undefined> {
    return this.#service.read(operation.name, signal, operation.handle ?? undefined);
  }

  #likeness(operation: ClaimedOperation, live: ListedAlarm | undefined): Likeness {
    if (live === undefined) return 'absent';
    const { compareState, managed } = this.#settings;
    const { params } = live.definition;
    if (operation.afterParams !== null) {
      // A create has no other members to keep, and one that is there with more than was sent is not ours.
      const wanted = image(operation.afterParams);
      const isWanted =
        managedMeaningText(params, managed, compareState) ===
        managedMeaningText(wanted, managed, compareState);
      if (isWanted) return 'as_wanted';
    }
    if (operation.beforeParams === null) return 'changed';
    const isBefore =
      wholeMeaningText(params, compareState) ===
      wholeMeaningText(image(operation.beforeParams), compareState);
    return isBefore ? 'as_before' : 'changed';
  }

  #options(
    operation: ClaimedOperation,
    live: Pick<ListedAlarm, 'etag' | 'raw'> | undefined,
    signal: AbortSignal,
  ): WriteOptions {
    const isConditional = this.#service.capabilities.hasConditionalWrites && live?.etag !== undefined;
    return {
      signal,
      idempotencyKey: `${this.#settings.runId}-${operation.id}`,
      ...(isConditional && this.#settings.checkBefore !== 'none' ? { ifMatch: live.etag } : {}),
      ...(operation.handle === null ? {} : { handle: operation.handle }),
      ...(live?.raw === undefined ? {} : { raw: live.raw }),
    };
  }
}

const gone: Outcome = { kind: 'conflict', message: 'it was deleted since it was listed' };
const changed: Outcome = { kind: 'conflict', message: 'it was changed since it was listed' };

function isRefusal(outcome: Outcome, code: ErrorCode): outcome is Extract<Outcome, { kind: 'refused' }> {
  return outcome.kind === 'refused' && outcome.error.code === code;
}

function image(text: string | null): JsonObject {
  const value = parseJson(text ?? '{}');
  if (isJsonObject(value)) return value;
  throw asAlarmSyncError(new Error('expected an image in the plan file to be a JSON object'));
}
