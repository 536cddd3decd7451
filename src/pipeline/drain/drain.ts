// The operations of an approved plan -> the service: claim, check, pace, send, settle; deletes last.

import PQueue from 'p-queue';

import { asAlarmSyncError } from '../../alarm/errors.ts';
import type { AlarmService } from '../../services/alarm-service.ts';
import type { ClaimedOperation, OperationCounts, Settlement } from '../../store/operation-table.ts';
import type { PlanFile } from '../../store/plan-file.ts';
import { publish } from '../../telemetry/names.ts';
import { DrainWatch, type DrainSignals } from './drain-watch.ts';
import { ForbiddenWatch } from './forbidden-watch.ts';
import { LedgerWriter } from './ledger-writer.ts';
import { Sender, type SendSettings } from './send.ts';
import { OperationTask, type TaskDeps, type TaskSettings } from './task.ts';

export type { SendSettings } from './send.ts';

export interface DrainDeps {
  readonly plan: PlanFile;
  readonly service: AlarmService;
  readonly nowEpochMs: () => number;
}

/** The pace of a drain; may differ from one resumption to the next. */
export interface DrainSettings {
  readonly send: SendSettings;
  readonly task: TaskSettings;
  /** Requests in flight at most. */
  readonly concurrency: number;
  /** Operations taken up at most; null for all. */
  readonly limitCount: number | null;
  /** The run ends early, resumably, when more operations than this fail; null for no limit. */
  readonly maxErrorCount: number | null;
  /** Deletes go ahead even when something before them was not done. */
  readonly ignoreErrors: boolean;
}

/**
 * Operations claimed in one transaction: as many as are done in a quarter of a second, within these bounds. A crash costs at most
 * this many look-ups and four times the concurrency; while one is claimed nothing is sent. At a quota of 5000/s, two runs of each in
 * turn: 4310 and 4560/s with ten claims a second and 50 ms between settlements, 4810 and 4880/s with four and 250 ms.
 */
const MIN_CLAIM_COUNT = 128;
const MAX_CLAIM_COUNT = 4096;
const CLAIMS_PER_SECOND = 4;

/** Waiting tasks for each place in flight; the rest waits as rows, which cost the garbage collector less than tasks and their promises. */
const WAITING_PER_PLACE = 4;

/** Before this the pace is not known. */
const PACE_KNOWN_AFTER_MS = 1000;

/**
 * Drains the plan from its ledger alone. Returns when nothing more can be done for now; what is left, and why,
 * stands in the plan file.
 * @throws {AlarmSyncError} what ended the run early, such as ALARMSYNC_SERVICE_CREDENTIALS; the ledger is settled.
 */
export async function drainPlan(
  deps: DrainDeps,
  settings: DrainSettings,
  signals: DrainSignals,
): Promise<void> {
  publish('phase', { name: 'drain', state: 'started' });
  deps.plan.startDraining();
  deps.plan.run.noteDraining(deps.nowEpochMs());
  deps.plan.operations.releaseForResume();
  using drain = new Drain(deps, settings, signals);
  await drain.run();
  publish('phase', { name: 'drain', state: deps.plan.operations.unfinishedCount() > 0 ? 'stopped' : 'done' });
}

/**
 * Looks up every operation whose outcome a dead process left unknown, and sends nothing.
 * True when none is unknown any more; one that had no effect is pending again.
 */
export async function settleUnknown(
  deps: DrainDeps,
  settings: Pick<DrainSettings, 'send' | 'task' | 'concurrency'>,
  signals: DrainSignals,
): Promise<boolean> {
  deps.plan.startDraining();
  using drain = new Drain(
    deps,
    { ...settings, limitCount: 0, maxErrorCount: null, ignoreErrors: false },
    signals,
  );
  await drain.settleUnknown();
  return deps.plan.operations.listUnknown().length === 0;
}

class Drain implements Disposable {
  readonly #plan: PlanFile;
  readonly #settings: DrainSettings;
  readonly #writer: LedgerWriter;
  readonly #queue: PQueue;
  readonly #taskDeps: TaskDeps;
  readonly #watch: DrainWatch;
  readonly #forbidden: ForbiddenWatch<{
    readonly operation: ClaimedOperation;
    readonly settlement: Settlement;
  }>;
  readonly #nowEpochMs: () => number;
  readonly #totalCount: number;
  readonly #startedMs: number = performance.now();
  #settledCount: number;
  #takenCount = 0;
  #outstandingCount = 0;
  #onFewer: (() => void) | undefined;

  constructor(deps: DrainDeps, settings: DrainSettings, signals: DrainSignals) {
    this.#plan = deps.plan;
    this.#settings = settings;
    this.#nowEpochMs = deps.nowEpochMs;
    this.#watch = new DrainWatch(signals, settings);
    this.#writer = new LedgerWriter(deps.plan, (error) => this.#watch.fail(error));
    this.#queue = new PQueue({ concurrency: settings.concurrency });
    this.#forbidden = new ForbiddenWatch(settings.concurrency);
    const counts = deps.plan.operations.counts();
    this.#totalCount = countAll(counts);
    this.#settledCount = this.#totalCount - countUnfinished(counts);
    this.#taskDeps = {
      sender: new Sender(deps.service, settings.send),
      inFlight: async (step, isLookUp) => this.#queue.add(step, { priority: isLookUp ? 1 : 0 }),
      note: (attempt) => this.#writer.note(attempt),
      answered: (error) => {
        this.#watch.noteAnswer(error);
        this.#queue.concurrency = this.#watch.concurrencyCount;
      },
      fail: (error) => this.#watch.fail(error),
      nowEpochMs: deps.nowEpochMs,
      stop: this.#watch.stop,
      kill: this.#watch.kill,
    };
  }

  async run(): Promise<void> {
    for (const operation of this.#plan.operations.listUnknown()) {
      this.#track(operation, async (task) => task.run(true));
    }
    await this.#takeUp(false);
    const counts = this.#plan.operations.counts();
    if (this.#settings.ignoreErrors || isAllDone(counts)) await this.#takeUp(true);
    else if (!this.#watch.stop.aborted && !this.#isLimitReached()) this.#holdDeletes();
    this.#watch.throwIfFailed();
  }

  async settleUnknown(): Promise<void> {
    for (const operation of this.#plan.operations.listUnknown()) {
      this.#track(operation, async (task) => task.lookUpOnly());
    }
    await this.#fewerThan(1);
    this.#writer.flush();
    this.#watch.throwIfFailed();
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
    this.#writer[Symbol.dispose]();
    this.#queue.clear();
  }

  /** Takes up either the creates and updates, or the deletes, until none is left or the run stops. */
  async #takeUp(isDelete: boolean): Promise<void> {
    await this.#orFail(async () => this.#startAll(isDelete));
    await this.#fewerThan(1);
    await this.#orFail(async () => {
      this.#settleForbidden();
      this.#writer.flush();
    });
  }

  async #startAll(isDelete: boolean): Promise<void> {
    const enoughCount = this.#settings.concurrency * WAITING_PER_PLACE;
    let afterId = 0;
    while (!this.#watch.stop.aborted && !this.#isLimitReached()) {
      const claimed = this.#writer.flushWith(() => this.#claim(isDelete, afterId));
      if (claimed.length === 0) break;
      for (const operation of claimed) {
        afterId = operation.id;
        // The queue and not all that is under way: who waits for a time, as for a look-up, keeps nobody from being sent.
        if (this.#queue.size >= enoughCount) await this.#queue.onSizeLessThan(enoughCount / 2);
        this.#track(operation, async (task) => task.run(false));
      }
      await this.#fewerThan(enoughCount);
    }
  }

  /** The ledger may be unwritable, as on a full disk: that ends the run, once what is in flight has ended. */
  async #orFail(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (thrown) {
      this.#watch.fail(asAlarmSyncError(thrown));
    }
  }

  #claim(isDelete: boolean, afterId: number): readonly ClaimedOperation[] {
    const leftCount = (this.#settings.limitCount ?? Infinity) - this.#takenCount;
    const claimed = this.#plan.operations.claim(
      { isDelete, afterId, limitCount: Math.min(this.#claimCount(), leftCount) },
      this.#nowEpochMs(),
    );
    this.#takenCount += claimed.length;
    return claimed;
  }

  #claimCount(): number {
    const elapsedMs = performance.now() - this.#startedMs;
    if (elapsedMs < PACE_KNOWN_AFTER_MS) return MIN_CLAIM_COUNT;
    const perSecond = (this.#takenCount * 1000) / elapsedMs;
    return Math.min(MAX_CLAIM_COUNT, Math.max(MIN_CLAIM_COUNT, Math.floor(perSecond / CLAIMS_PER_SECOND)));
  }

  #isLimitReached(): boolean {
    return this.#settings.limitCount !== null && this.#takenCount >= this.#settings.limitCount;
  }

  #track(operation: ClaimedOperation, work: (task: OperationTask) => Promise<Settlement | undefined>): void {
    this.#outstandingCount += 1;
    void this.#work(operation, work);
  }

  async #work(
    operation: ClaimedOperation,
    work: (task: OperationTask) => Promise<Settlement | undefined>,
  ): Promise<void> {
    const task = new OperationTask(this.#taskDeps, this.#settings.task, operation);
    const settlement = await work(task);
    // What cannot be settled stays `sent` in the ledger and is looked up later.
    await this.#orFail(async () => this.#end(operation, settlement, task.lastSentMs));
    this.#outstandingCount -= 1;
    this.#onFewer?.();
  }

  #end(operation: ClaimedOperation, settlement: Settlement | undefined, sentAtMs: number): void {
    if (settlement === undefined || settlement.state === 'pending') {
      if (settlement !== undefined) this.#writer.settle(operation, settlement);
      return;
    }
    if (settlement.failureStatus === 403 && settlement.state === 'failed') {
      if (!this.#forbidden.noteForbidden({ operation, settlement }, performance.now())) return;
      this.#watch.failForbidden();
      return;
    }
    for (const suspect of this.#forbidden.noteOther(sentAtMs))
      this.#settle(suspect.operation, suspect.settlement);
    this.#settle(operation, settlement);
  }

  #settle(operation: ClaimedOperation, settlement: Settlement): void {
    this.#writer.settle(operation, settlement);
    this.#settledCount += 1;
    if (settlement.state !== 'done') this.#watch.noteUndone();
    publish('progress', { phase: 'drain', done: this.#settledCount, total: this.#totalCount });
  }

  /** What is left under suspicion at the end is parked, unless nothing but 403 was ever answered. */
  #settleForbidden(): void {
    if (this.#forbidden.isEverythingForbidden()) this.#watch.failForbidden();
    for (const { operation, settlement } of this.#forbidden.take()) {
      if (this.#watch.hasFailed) this.#writer.settle(operation, { ...settlement, state: 'pending' });
      else this.#settle(operation, settlement);
    }
  }

  #holdDeletes(): void {
    const heldNames = this.#plan.operations.holdDeletes();
    for (const name of heldNames)
      publish('operation', { action: 'delete', name, outcome: 'held', attempts: 0 });
  }

  async #fewerThan(count: number): Promise<void> {
    while (this.#outstandingCount >= count) {
      await new Promise<void>((resolve) => {
        this.#onFewer = resolve;
      });
    }
  }
}

function countAll(counts: OperationCounts): number {
  return Object.values(counts)
    .flatMap((byState) => Object.values(byState))
    .reduce((sum, count) => sum + count, 0);
}

function countUnfinished(counts: OperationCounts): number {
  return Object.values(counts).reduce(
    (sum, { pending, sent, retryable, held }) => sum + pending + sent + retryable + held,
    0,
  );
}

/** True when every create and update was done: only then may anything be deleted. */
function isAllDone({ create, update }: OperationCounts): boolean {
  return [create, update].every((byState) =>
    Object.entries(byState).every(([state, count]) => state === 'done' || count === 0),
  );
}
