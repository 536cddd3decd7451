// One alarm made, changed and deleted again -> findings about what the service makes of writes.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { REQUIRED_MEMBERS } from '../../alarm/alarm.ts';
import { AlarmSyncError, asAlarmSyncError } from '../../alarm/errors.ts';
import type { JsonObject } from '../../alarm/json.ts';
import { differingMembers } from '../../alarm/meaning.ts';
import type { AlarmService, ListedAlarm, WriteOptions } from '../../services/alarm-service.ts';
import type { Finding } from './finding.ts';

/** How long an alarm that was made is waited for, and how often it is looked for. */
const MAX_LAG_MS = 10_000;
const LOOK_INTERVAL_MS = 250;

/** Copies of a name that are deleted at the end, if a second create made one. */
const MAX_COPY_COUNT = 3;

/** Inactive: it must page nobody. */
const PARAMS: JsonObject = {
  threshold: '1',
  metric_name: 'alarmsync.doctor',
  comparison_method: 'gt',
  alarm_state: 'inactive',
  tracking_metric_id: randomUUID(),
  contact: [],
  metric_math: 'avg',
};

/**
 * Leaves nothing behind unless a delete fails, which is told.
 * @throws {AlarmSyncError} when the alarm cannot be made at all.
 */
export async function* writeProbe(service: AlarmService, signal: AbortSignal): AsyncGenerator<Finding> {
  const name = `alarmsync-doctor-${randomUUID()}`;
  const probe = new Probe(service, name, signal);
  try {
    yield* probe.run();
  } finally {
    await probe.cleanUp();
  }
}

class Probe {
  readonly #service: AlarmService;
  readonly #name: string;
  readonly #signal: AbortSignal;

  constructor(service: AlarmService, name: string, signal: AbortSignal) {
    this.#service = service;
    this.#name = name;
    this.#signal = signal;
  }

  async *run(): AsyncGenerator<Finding> {
    await this.#service.create({ name: this.#name, params: PARAMS }, this.#options({}));
    const startedMs = performance.now();
    const made = await this.#lookFor();
    if (made === undefined) {
      yield {
        check: 'create',
        level: 'bad',
        message: `${this.#name} was created and is not there ${MAX_LAG_MS / 1000} s later: an unknown outcome cannot be told from a lost one. Should it appear, delete it by hand`,
      };
      return;
    }
    yield createFinding(made, performance.now() - startedMs);
    yield await this.#createAgain();
    yield await this.#update(made);
    if (made.etag !== undefined && this.#service.capabilities.hasConditionalWrites)
      yield await this.#staleWrite(made.etag);
    yield await this.#delete();
  }

  /** @throws {AlarmSyncError} naming what is left there. */
  async cleanUp(): Promise<void> {
    try {
      for (let count = 0; count < MAX_COPY_COUNT; count += 1) {
        const left = await this.#service.read(this.#name, this.#signal);
        if (left === undefined) return;
        await this.#service.delete(this.#name, this.#options(left));
      }
    } catch (thrown) {
      const error = asAlarmSyncError(thrown);
      throw new AlarmSyncError(error.code, `could not delete ${this.#name} again: ${error.message}`, {
        cause: error,
        hint: `delete the alarm ${this.#name} by hand; it is inactive`,
      });
    }
  }

  async #createAgain(): Promise<Finding> {
    const { createIsUpsert } = this.#service.capabilities;
    const outcome = await this.#outcomeOf(() =>
      this.#service.create({ name: this.#name, params: PARAMS }, this.#options({})),
    );
    if (outcome === 'ALARMSYNC_SERVICE_EXISTS')
      return {
        check: 'create-again',
        level: 'good',
        message: 'a create that is sent twice is refused the second time',
      };
    if (outcome === 'done')
      return createIsUpsert
        ? {
            check: 'create-again',
            level: 'note',
            message: 'a create that is sent twice is taken twice, and replaces',
          }
        : {
            check: 'create-again',
            level: 'note',
            message:
              'a create that is sent twice is taken twice: after an unknown outcome the alarm is looked for before it is made again',
          };
    return {
      check: 'create-again',
      level: 'bad',
      message: `a create that is sent twice ends with ${outcome}`,
    };
  }

  async #update(made: ListedAlarm): Promise<Finding> {
    const params = { ...made.definition.params, threshold: '2' };
    await this.#service.update({ name: this.#name, params }, this.#options(made));
    const read = await this.#service.read(this.#name, this.#signal, made.handle);
    const lost = differingMembers(params, read?.definition.params ?? {}, REQUIRED_MEMBERS, 'meaning');
    return lost.length === 0
      ? { check: 'update', level: 'good', message: 'an update is there when it is read' }
      : { check: 'update', level: 'bad', message: `an update did not change ${lost.join(', ')}` };
  }

  async #staleWrite(etag: string): Promise<Finding> {
    const outcome = await this.#outcomeOf(() =>
      this.#service.update({ name: this.#name, params: PARAMS }, { ...this.#options({}), ifMatch: etag }),
    );
    return outcome === 'ALARMSYNC_SERVICE_CHANGED'
      ? { check: 'stale-write', level: 'good', message: 'a write under an old etag is refused' }
      : {
          check: 'stale-write',
          level: 'bad',
          message: `a write under an old etag ends with ${outcome}: changes by others may be overwritten`,
        };
  }

  async #delete(): Promise<Finding> {
    const left = await this.#service.read(this.#name, this.#signal);
    await this.#service.delete(this.#name, this.#options(left ?? {}));
    const outcome = await this.#outcomeOf(() => this.#service.delete(this.#name, this.#options(left ?? {})));
    if (outcome === 'ALARMSYNC_SERVICE_MISSING')
      return {
        check: 'delete',
        level: 'good',
        message: 'a delete that is sent twice finds nothing the second time',
      };
    return outcome === 'done'
      ? { check: 'delete', level: 'note', message: 'a delete of what is not there is taken for done' }
      : { check: 'delete', level: 'bad', message: `a delete that is sent twice ends with ${outcome}` };
  }

  async #lookFor(): Promise<ListedAlarm | undefined> {
    const startedMs = performance.now();
    for (;;) {
      const found = await this.#service.read(this.#name, this.#signal);
      if (found !== undefined || performance.now() - startedMs > MAX_LAG_MS) return found;
      await sleep(LOOK_INTERVAL_MS, undefined, { signal: this.#signal });
    }
  }

  async #outcomeOf(write: () => Promise<void>): Promise<string> {
    try {
      await write();
      return 'done';
    } catch (thrown) {
      this.#signal.throwIfAborted();
      return asAlarmSyncError(thrown).code;
    }
  }

  #options({ handle }: Pick<ListedAlarm, 'handle'>): WriteOptions {
    return {
      signal: this.#signal,
      idempotencyKey: randomUUID(),
      ...(handle === undefined ? {} : { handle }),
    };
  }
}

function createFinding(made: ListedAlarm, lagMs: number): Finding {
  const lost = differingMembers(PARAMS, made.definition.params, REQUIRED_MEMBERS, 'meaning');
  if (lost.length > 0)
    return {
      check: 'create',
      level: 'bad',
      message: `it gives back another ${lost.join(', ')} than it was given: each sync would update them again`,
      setting: `--ignore-fields ${lost.join(',')}`,
    };
  if (lagMs > LOOK_INTERVAL_MS)
    return {
      check: 'create',
      level: 'note',
      message: `what was created could be read ${(lagMs / 1000).toFixed(1)} s later: unknown outcomes are to be looked up after that`,
      setting: `--settle-time ${Math.ceil((2 * lagMs) / 1000)}s`,
    };
  return { check: 'create', level: 'good', message: 'what was created can be read at once, as it was given' };
}
