// What the stages publish -> metrics.

import { statSync } from 'node:fs';

import { listen, type Action, type PhaseName, type TelemetryMessages } from './names.ts';
import type { CountName, DistributionName, GaugeName } from './instruments.ts';
import type { Labels, MetricSink } from './metric-sink.ts';
import type { RunOutcomeWord } from './run-notice.ts';

const ACTIONS: readonly Action[] = ['create', 'update', 'delete'];

/** Records while it is open, and has the sinks flush at the interval. */
export class MetricRecorder implements AsyncDisposable {
  readonly #sinks: readonly MetricSink[];
  readonly #nowEpochMs: () => number;
  readonly #timer: NodeJS.Timeout;
  readonly #listening: Disposable;
  readonly #startedMs: number = performance.now();
  readonly #phaseStartedMs = new Map<PhaseName, number>();
  readonly #doneOfPhase = new Map<PhaseName, number>();
  readonly #databasePaths = new Map<string, string>();
  #run: TelemetryMessages['run'] | undefined;
  #isDrained = false;
  #requestCount = 0;
  #quotaSinceMs = performance.now();

  constructor(sinks: readonly MetricSink[], intervalMs: number, nowEpochMs: () => number) {
    this.#sinks = sinks;
    this.#nowEpochMs = nowEpochMs;
    this.#listening = listen({
      run: (message) => this.#takeRun(message),
      phase: (message) => this.#takePhase(message),
      progress: (message) => this.#takeProgress(message),
      invalid_row: ({ column }) => this.#count('alarmsync.rows.invalid', 1, { column }),
      staged: (message) => this.#takeStaged(message),
      planned: (message) => this.#takePlanned(message),
      operation: ({ action, outcome, failureClass }) =>
        this.#count('alarmsync.operations', 1, { action, outcome, failure_class: failureClass ?? 'none' }),
      retry: ({ phase, failureClass }) =>
        this.#count('alarmsync.retries', 1, { phase, failure_class: failureClass }),
      request: (message) => this.#takeRequest(message),
      drained: () => {
        this.#isDrained = true;
      },
    });
    this.#timer = setInterval(() => void this.#flush(), intervalMs);
    this.#timer.unref();
  }

  noteEnded(outcome: RunOutcomeWord): void {
    this.#count('alarmsync.runs', 1, { outcome });
    this.#gauge('alarmsync.run.duration_seconds', secondsSince(this.#startedMs), { outcome });
    const isSynced = outcome === 'success' && this.#isDrained;
    if (isSynced && this.#run?.kind === 'sync')
      this.#run = { ...this.#run, lastSuccessEpochMs: this.#nowEpochMs() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#listening[Symbol.dispose]();
    this.#sample();
    await Promise.all(this.#sinks.map(async (sink) => sink.close()));
  }

  async #flush(): Promise<void> {
    this.#sample();
    await Promise.all(this.#sinks.map(async (sink) => sink.flush()));
  }

  /** What is looked at when it is wanted, and not when it changes. */
  #sample(): void {
    this.#sampleDatabases();
    const { lastSuccessEpochMs, quotaPerSecond = 0 } = this.#run ?? {};
    if (lastSuccessEpochMs !== undefined) {
      const ageMs = Math.max(0, this.#nowEpochMs() - lastSuccessEpochMs);
      this.#gauge('alarmsync.last_success.age_seconds', ageMs / 1000, {});
      this.#gauge('alarmsync.last_success.timestamp_seconds', lastSuccessEpochMs / 1000, {});
    }
    const elapsedSeconds = secondsSince(this.#quotaSinceMs);
    if (quotaPerSecond > 0 && elapsedSeconds > 0)
      this.#gauge('alarmsync.quota.used_ratio', this.#requestCount / (quotaPerSecond * elapsedSeconds), {});
    this.#requestCount = 0;
    this.#quotaSinceMs = performance.now();
  }

  #sampleDatabases(): void {
    for (const [database, path] of this.#databasePaths) {
      const size = sizeOf(path);
      if (size !== undefined) this.#gauge('alarmsync.database.size_bytes', size, { database });
    }
  }

  #takeRun(run: TelemetryMessages['run']): void {
    this.#run = run;
  }

  #takePhase({ name, state }: TelemetryMessages['phase']): void {
    if (state === 'started') {
      this.#phaseStartedMs.set(name, performance.now());
      // A listing that is done again is counted again.
      this.#doneOfPhase.delete(name);
      return;
    }
    const startedMs = this.#phaseStartedMs.get(name);
    if (startedMs !== undefined)
      this.#gauge('alarmsync.phase.duration_seconds', secondsSince(startedMs), { phase: name });
    // They are dropped once the plan stands, which a short run reaches before the interval ends.
    if (name === 'source' || name === 'listing') this.#sampleDatabases();
    if (name === 'drain') this.#gauge('alarmsync.requests.in_flight', 0, {});
  }

  #takeProgress({ phase, done, total }: TelemetryMessages['progress']): void {
    const before = this.#doneOfPhase.get(phase) ?? 0;
    this.#doneOfPhase.set(phase, done);
    const increment = Math.max(0, done - before);
    if (phase === 'source') this.#count('alarmsync.rows.read', increment, {});
    if (phase === 'listing') this.#count('alarmsync.alarms.listed', increment, {});
    if (phase === 'drain' && total !== undefined) this.#gauge('alarmsync.queue.depth', total - done, {});
  }

  #takeStaged({ database, path, rowCount, durationMs }: TelemetryMessages['staged']): void {
    this.#databasePaths.set(database, path);
    this.#count('alarmsync.database.rows_written', rowCount, { database });
    this.#observe('alarmsync.database.write_seconds', durationMs / 1000, { database });
  }

  #takePlanned({ operations, unchangedCount }: TelemetryMessages['planned']): void {
    let changedCount = 0;
    for (const action of ACTIONS) {
      changedCount += operations[action];
      this.#gauge('alarmsync.plan.operations', operations[action], { action });
    }
    const allCount = changedCount + unchangedCount;
    this.#gauge('alarmsync.plan.drift_ratio', allCount === 0 ? 0 : changedCount / allCount, {});
  }

  #takeRequest({ method, resource, status, durationMs, inFlightCount }: TelemetryMessages['request']): void {
    this.#requestCount += 1;
    this.#count('alarmsync.requests', 1, { method, resource, status: String(status ?? 'none') });
    if (status === 429) this.#count('alarmsync.requests.throttled', 1, {});
    this.#gauge('alarmsync.requests.in_flight', inFlightCount, {});
    this.#observe('alarmsync.request.duration_seconds', durationMs / 1000, { method, resource });
  }

  #count(name: CountName, increment: number, labels: Labels): void {
    for (const sink of this.#sinks) sink.count(name, increment, labels);
  }

  #gauge(name: GaugeName, value: number, labels: Labels): void {
    for (const sink of this.#sinks) sink.gauge(name, value, labels);
  }

  #observe(name: DistributionName, value: number, labels: Labels): void {
    for (const sink of this.#sinks) sink.observe(name, value, labels);
  }
}

function secondsSince(startedMs: number): number {
  return (performance.now() - startedMs) / 1000;
}

/** A scratch database is gone once the plan stands. */
function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}
