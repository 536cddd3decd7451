// The operations of an approved plan -> the service: claim, check, pace, send, settle; deletes last.

import PQueue from 'p-queue';

import { asAlarmSyncError } from '../../alarm/errors.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { ClaimedOperation, Settlement } from '../../store/operation.ts';
import { publish } from '../../telemetry/names.ts';
import { countAll, countUnfinished, isAllDone } from './counts.ts';
import { coursesOf, type Course, type DrainDeps, type DrainSettings } from './courses.ts';
import { DrainWatch, type DrainSignals } from './drain-watch.ts';
import { ForbiddenWatch } from './forbidden-watch.ts';
import { LedgerWriter } from './ledger-writer.ts';
import { OperationTask, type TaskDeps } from './task.ts';

export type { DrainDeps, DrainSettings, OpenSender } from './courses.ts';
export type { DrainSignals } from './drain-watch.ts';
export type { Outcome } from './outcome.ts';
export { Sender, type Likeness, type OperationSender, type SendSettings } from './send.ts';

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
  const courses = coursesOf(deps, settings);
  // A log for settlements that will not come would be made and folded back for nothing.
  if (!isEachDone(courses)) deps.plan.startDraining();
  deps.plan.run.noteDraining(deps.nowEpochMs());
  for (const course of courses) {
    course.ledger.operations.releaseForResume();
    using drain = new Drain(course, signals);
    await drain.run();
  }
  publish('phase', { name: 'drain', state: isEachDone(courses) ? 'done' : 'stopped' });
}

function isEachDone(courses: readonly Course[]): boolean {
  return courses.every(({ ledger }) => ledger.operations.unfinishedCount() === 0);
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
  const whole = { ...settings, limitCount: 0, maxErrorCount: null, ignoreErrors: false };
  const courses = coursesOf(deps, whole);
  for (const course of courses) {
    using drain = new Drain(course, signals);
    await drain.settleUnknown();
  }
  return courses.every(({ ledger }) => ledger.operations.listUnknown().length === 0);
}

class Drain implements Disposable {
  readonly #ledger: Ledger;
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

  constructor({ ledger, openSender, settings, nowEpochMs }: Course, signals: DrainSignals) {
    this.#ledger = ledger;
    this.#settings = settings;
    this.#nowEpochMs = nowEpochMs;
    this.#watch = new DrainWatch(signals, settings);
    this.#writer = new LedgerWriter(ledger, (error) => this.#watch.fail(error));
    this.#queue = new PQueue({ concurrency: settings.concurrency });
    this.#forbidden = new ForbiddenWatch(settings.concurrency);
    const counts = ledger.operations.counts();
    this.#totalCount = countAll(counts);
    this.#settledCount = this.#totalCount - countUnfinished(counts);
    this.#taskDeps = {
      sender: openSender(this.#watch),
      inFlight: async (step, isLookUp) => this.#queue.add(step, { priority: isLookUp ? 1 : 0 }),
      note: (attempt) => this.#writer.note(attempt),
      answered: (error) => {
        this.#watch.noteAnswer(error);
        this.#queue.concurrency = this.#watch.concurrencyCount;
      },
      fail: (error) => this.#watch.fail(error),
      nowEpochMs,
      stop: this.#watch.stop,
      kill: this.#watch.kill,
    };
  }

  async run(): Promise<void> {
    for (const operation of this.#ledger.operations.listUnknown()) {
      this.#track(operation, async (task) => task.run(true));
    }
    await this.#takeUp(false);
    const counts = this.#ledger.operations.counts();
    if (this.#settings.ignoreErrors || isAllDone(counts)) await this.#takeUp(true);
    else if (!this.#watch.stop.aborted && !this.#isLimitReached()) this.#holdDeletes();
    this.#watch.throwIfFailed();
  }

  async settleUnknown(): Promise<void> {
    for (const operation of this.#ledger.operations.listUnknown()) {
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
    const claimed = this.#ledger.operations.claim(
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
    const heldNames = this.#ledger.operations.holdDeletes();
    for (const name of heldNames)
      publish('operation', {
        action: 'delete',
        name,
        outcome: 'held',
        attempts: 0,
        ...this.#ledger.toldSubject,
      });
  }

  async #fewerThan(count: number): Promise<void> {
    while (this.#outstandingCount >= count) {
      await new Promise<void>((resolve) => {
        this.#onFewer = resolve;
      });
    }
  }
}
