// Turns a quota of requests a second into the moment at which each request may leave.

import Bottleneck from 'bottleneck';

import { AlarmSyncError } from '../alarm/errors.ts';
import { onAbort } from './abort-listener.ts';
import type { RequestGate, RequestKind } from './alarm-service.ts';

export interface PacerSettings {
  /** Requests a second; fractions are fine; 0 is no quota. */
  readonly perSecond: number;
  /** Requests that may leave at once after a lull, at least 1. About 250 times this many a second is the most that can be reached: so often can a batch be leased. */
  readonly burst: number;
  /** Requests in flight at most: those that left before a second began may arrive in it, and no others. */
  readonly concurrency: number;
}

interface Waiter {
  readonly go: () => void;
  readonly fail: (reason: unknown) => void;
}

/** Leases a second at most: Bottleneck manages about 420 jobs a second, and a timer of 10 ms is late by a tenth at worst. */
const MAX_LEASES_PER_SECOND = 100;

/** How far the wall clock may wander from the monotonic one before the limiter, which goes by the wall clock, is built anew. */
const MAX_CLOCK_STEP_MS = 1000;

/** How often the two clocks are compared while someone waits. */
const CLOCK_CHECK_MS = 1000;

/** The second in which the service counts. */
const WINDOW_MS = 1000;

/** The sliding second, and what may happen to a request between here and the service, such as a garbage collection. */
const WIDE_WINDOW_MS = 1020;

/** Part of a permit that may be given early, since timers and the wall clock are not exact; it is taken off the next batch. */
const EARLY_RATIO = 0.05;

/** A rest that goes on for at least so much longer than was known is worth a word. */
const TOLD_REST_MS = 10_000;

const MAX_TIMER_MS = 2 ** 31 - 1;

const PASSED: Promise<void> = Promise.resolve();

/**
 * The one gate of a run. In any sliding second at most `perSecond + burst` requests leave; with steady demand the quota is used up.
 *
 * - Bottleneck says when permits are leased: one job is a batch of them, `minTime` apart. What a late timer missed is made up, up to `burst`.
 * - A ring of the real sending times, on the monotonic clock, has the last word.
 * - A pause stops everyone; who waits is served in order.
 *
 * Tried and left: `weight` does not count against `minTime`; a reservoir lets twice its rate through one sliding second;
 * one job a permit ends at about 420 a second.
 */
export class Pacer implements RequestGate, Disposable {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #leaseSize: number;
  readonly #leaseMs: number;
  readonly #sent: SendingTimes;
  readonly #onRest: ((durationMs: number) => void) | undefined;
  readonly #waiters = new Set<Waiter>();
  #limiter: Bottleneck | undefined;
  /** Wall clock minus monotonic clock when the limiter was built. */
  #limiterOffsetMs = 0;
  #isLeasing = false;
  #permits = 0;
  /** The permits up to this moment (monotonic) have been given out. */
  #earnedUntilMs = -Infinity;
  #pausedUntilMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param onRest hears of long pauses, as soon as they begin */
  constructor(settings: PacerSettings, onRest?: (durationMs: number) => void) {
    this.#onRest = onRest;
    this.#perSecond = settings.perSecond;
    this.#burst = Math.max(1, Math.floor(settings.burst));
    this.#leaseSize = Math.min(
      this.#burst,
      Math.max(1, Math.ceil(settings.perSecond / MAX_LEASES_PER_SECOND)),
    );
    this.#leaseMs = (1000 * this.#leaseSize) / settings.perSecond;
    this.#sent = sendingTimesOf(settings, this.#burst);
  }

  /** Quotas do not differ by kind here. @throws the signal's own reason when it aborts before the request may leave */
  pass(_kind: RequestKind, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#isClosed) return Promise.reject(closed());
    if (this.#waiters.size === 0 && this.#takePermit(performance.now())) return PASSED;
    return new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        go: () => {
          stopListening();
          resolve();
        },
        fail: (reason) => {
          stopListening();
          reject(reason);
        },
      };
      const stopListening = onAbort(signal, () => this.#leave(waiter, signal));
      this.#waiters.add(waiter);
      // Whoever waits already has seen to it that the queue is served.
      if (this.#waiters.size === 1) this.#serve();
    });
  }

  /** @param durationMs from now; of several pauses the one that ends last counts */
  pause(durationMs: number): void {
    const nowMs = performance.now();
    const knownUntilMs = Math.max(this.#pausedUntilMs, nowMs);
    this.#pausedUntilMs = Math.max(knownUntilMs, nowMs + durationMs);
    if (this.#pausedUntilMs - knownUntilMs >= TOLD_REST_MS) this.#onRest?.(durationMs);
  }

  /** Whoever still waits is refused. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const waiter of this.#waiters) waiter.fail(closed());
    this.#waiters.clear();
    this.#rest();
  }

  #takePermit(nowMs: number): boolean {
    if (nowMs < this.#pausedUntilMs) return false;
    if (this.#perSecond === 0) return true;
    if (this.#permits === 0 || this.#sent.freeAtMs() > nowMs) return false;
    this.#permits -= 1;
    this.#sent.add(nowMs);
    return true;
  }

  /** Lets go who may go, and sees to it that the others are looked at again. */
  #serve(): void {
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    for (const waiter of this.#waiters) {
      if (!this.#takePermit(nowMs)) break;
      this.#waiters.delete(waiter);
      waiter.go();
    }
    if (this.#waiters.size === 0) return;
    if (nowMs < this.#pausedUntilMs) this.#serveAt(this.#pausedUntilMs, nowMs);
    else if (this.#permits > 0) this.#serveAt(this.#sent.freeAtMs(), nowMs);
    else this.#lease(nowMs);
  }

  #serveAt(atMs: number, nowMs: number): void {
    this.#timer = setTimeout(() => this.#serve(), Math.min(Math.ceil(atMs - nowMs), MAX_TIMER_MS));
  }

  /** Asks for the next batch of permits, unless that was done already. */
  #lease(nowMs: number): void {
    this.#serveAt(nowMs + CLOCK_CHECK_MS, nowMs);
    const offsetMs = Date.now() - nowMs;
    if (Math.abs(offsetMs - this.#limiterOffsetMs) > MAX_CLOCK_STEP_MS) this.#dropLimiter();
    if (this.#isLeasing) return;
    if (this.#limiter === undefined) {
      this.#limiter = new Bottleneck({ minTime: this.#leaseMs });
      this.#limiterOffsetMs = offsetMs;
    }
    const limiter = this.#limiter;
    this.#isLeasing = true;
    // Rejected only when the limiter is dropped, and then nobody wants the batch.
    limiter.schedule(async () => this.#grant(limiter)).catch(() => {});
  }

  /** Gives what was earned since the last batch: a late timer's permits are made up, and a new limiter, which knows nothing of the old one's last batch, gives none twice. */
  #grant(limiter: Bottleneck): void {
    if (limiter !== this.#limiter) return;
    this.#isLeasing = false;
    const nowMs = performance.now();
    const permitMs = 1000 / this.#perSecond;
    const forgottenMs = (this.#burst + this.#leaseSize) * permitMs;
    this.#earnedUntilMs = Math.max(this.#earnedUntilMs, nowMs - forgottenMs);
    const earned = (nowMs - this.#earnedUntilMs) / permitMs;
    const permits = Math.min(this.#burst, Math.floor(earned + EARLY_RATIO));
    this.#earnedUntilMs += permits * permitMs;
    this.#permits += permits;
    this.#serve();
  }

  #leave(waiter: Waiter, signal: AbortSignal): void {
    this.#waiters.delete(waiter);
    waiter.fail(signal.reason);
    if (this.#waiters.size === 0) this.#rest();
  }

  /** Nobody waits: no timer may keep the process alive. */
  #rest(): void {
    clearTimeout(this.#timer);
    if (this.#isLeasing) this.#dropLimiter();
  }

  #dropLimiter(): void {
    const limiter = this.#limiter;
    this.#limiter = undefined;
    this.#isLeasing = false;
    limiter?.stop({ dropWaitingJobs: true }).catch(() => {});
  }
}

/**
 * How the sliding second is kept at the service, where requests do not arrive as evenly as they left. With room for all that can be in
 * flight when a second begins, where the burst has it: that is exact, and lets what was missed be made up. Otherwise with a second that is
 * longer here: that makes up nothing where the burst is 2 % of the quota, and more than 20 ms of delay are too many.
 * Of 5000/s over 30 s, with 8 in flight, 0.6 to 0.7 s were lost with a window of 1003 to 1010 ms, and 1.0 to 1.2 s with one of 1020 ms.
 */
function sendingTimesOf({ perSecond, concurrency }: PacerSettings, burst: number): SendingTimes {
  if (perSecond === 0) return new SendingTimes(0, 0);
  const count = Math.floor(perSecond + burst);
  const countBesideLate = count - concurrency;
  return countBesideLate >= perSecond
    ? new SendingTimes(countBesideLate, WINDOW_MS)
    : new SendingTimes(count, WIDE_WINDOW_MS);
}

/** When the last so many requests left, on the monotonic clock. */
class SendingTimes {
  readonly #timesMs: Float64Array;
  readonly #windowMs: number;
  #oldest = 0;

  constructor(count: number, windowMs: number) {
    this.#timesMs = new Float64Array(count).fill(-Infinity);
    this.#windowMs = windowMs;
  }

  /** From when on one more may leave without being one too many in its window. */
  freeAtMs(): number {
    return (this.#timesMs[this.#oldest] ?? -Infinity) + this.#windowMs;
  }

  add(nowMs: number): void {
    this.#timesMs[this.#oldest] = nowMs;
    this.#oldest = (this.#oldest + 1) % this.#timesMs.length;
  }
}

function closed(): AlarmSyncError {
  return new AlarmSyncError('ALARMSYNC_UNEXPECTED', 'expected an open pacer, got one that was closed');
}
