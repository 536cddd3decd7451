// What the stages publish -> NDJSON events on standard output, version 1.0.

import { listen, type TelemetryMessages } from '../telemetry/names.ts';
import type { Finding } from '../pipeline/doctor/doctor.ts';
import type { OutcomeCounts, RunOutcome } from '../pipeline/report/outcome.ts';
import type { DowntimeSummary, PlanSummary } from '../store/plan-summary.ts';
import type { Step } from '../services/datadog/observe/observe.ts';
import type { Terminal } from './terminal.ts';

const EVENTS_VERSION = '1.0';

/** A progress event of one phase at most every so often. */
const PROGRESS_INTERVAL_MS = 1000;

export type OperationEvents = 'all' | 'errors' | 'none';

/** Writes events while it is open. The first is the version. */
export class EventWriter implements Disposable {
  readonly #terminal: Terminal;
  readonly #operations: OperationEvents;
  /** The target of several that every event is of. */
  readonly #target: { readonly target?: string };
  readonly #listening: Disposable;
  readonly #phaseStartedMs = new Map<string, number>();
  readonly #lastProgressMs = new Map<string, number>();

  private constructor(terminal: Terminal, operations: OperationEvents, target?: string) {
    this.#terminal = terminal;
    this.#operations = operations;
    this.#target = target === undefined ? {} : { target };
    this.#listening = listen({
      phase: (message) => this.#takePhase(message),
      progress: (message) => this.#takeProgress(message),
      operation: (message) => this.#takeOperation(message),
      invalid_row: (message) => this.#write('invalid_row', { ...message }),
      diagnostic: (message) => this.diagnostic(message),
    });
  }

  static open(terminal: Terminal, operations: OperationEvents, version: string): EventWriter {
    const events = new EventWriter(terminal, operations);
    events.#write('version', { alarmsync: version, events: EVENTS_VERSION });
    return events;
  }

  /** The same for the target of several that is at work: each event says which. */
  ofTarget(target: string): EventWriter {
    return new EventWriter(this.#terminal, this.#operations, target);
  }

  planSummary(summary: PlanSummary, checksum: string): void {
    this.#write('plan_summary', {
      ...plannedCounts(summary),
      checksum,
      refused: summary.refusals.length > 0,
      ...(summary.downtimes === null ? {} : { downtimes: plannedCounts(summary.downtimes) }),
    });
  }

  syncSummary(outcome: RunOutcome, durationMs: number, exitCode: number): void {
    this.#write('sync_summary', {
      ...endedCounts(outcome),
      ambiguous_resolved: outcome.ambiguousResolvedCount,
      duration_seconds: Math.round(durationMs) / 1000,
      exit_code: exitCode,
      ...(outcome.downtimes === null ? {} : { downtimes: endedCounts(outcome.downtimes) }),
    });
  }

  /** The plans of all targets together. */
  plansSummary(counts: Readonly<Record<string, number>>, checksum: string): void {
    this.#write('plans_summary', { ...counts, checksum });
  }

  targetsSummary(
    ended: readonly { readonly target: string; readonly exitCode: number }[],
    exitCode: number,
  ): void {
    const targets = ended.map(({ target, exitCode: own }) => ({ target, exit_code: own }));
    this.#write('targets_summary', { targets, exit_code: exitCode });
  }

  finding(finding: Finding): void {
    this.#write('finding', { ...finding });
  }

  observed({ kind, title, action, ids, differences }: Step): void {
    const fields = differences.map(({ field }) => field);
    this.#write('observed', { kind, title, action, ids, fields });
  }

  diagnostic(message: TelemetryMessages['diagnostic']): void {
    this.#write('diagnostic', { ...message });
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  #takePhase({ name, state }: TelemetryMessages['phase']): void {
    this.#phaseStartedMs.set(name, performance.now());
    this.#write('phase', { name, state });
  }

  #takeProgress({ phase, done, total }: TelemetryMessages['progress']): void {
    const nowMs = performance.now();
    if (nowMs - (this.#lastProgressMs.get(phase) ?? -Infinity) < PROGRESS_INTERVAL_MS) return;
    this.#lastProgressMs.set(phase, nowMs);
    const elapsedMs = Math.max(1, nowMs - (this.#phaseStartedMs.get(phase) ?? nowMs));
    const perSecond = (done * 1000) / elapsedMs;
    this.#write('progress', {
      phase,
      done,
      total: total ?? null,
      per_second: Math.round(perSecond),
      eta_seconds: total === undefined || perSecond === 0 ? null : Math.ceil((total - done) / perSecond),
    });
  }

  #takeOperation({ failureClass, ...message }: TelemetryMessages['operation']): void {
    const isWanted =
      this.#operations === 'all' || (this.#operations === 'errors' && message.outcome !== 'done');
    if (!isWanted) return;
    this.#write('operation', {
      ...message,
      ...(failureClass === undefined ? {} : { failure_class: failureClass }),
    });
  }

  #write(type: string, members: Record<string, unknown>): void {
    this.#terminal.event(JSON.stringify({ type, at: new Date().toISOString(), ...this.#target, ...members }));
  }
}

/** Of alarms, or of downtimes. */
function plannedCounts(counts: Omit<DowntimeSummary, 'conflictCount'>): object {
  return {
    create: counts.createCount,
    update: counts.updateCount,
    delete: counts.deleteCount,
    unchanged: counts.unchangedCount,
  };
}

function endedCounts(counts: OutcomeCounts): object {
  return {
    created: counts.createdCount,
    updated: counts.updatedCount,
    deleted: counts.deletedCount,
    failed: counts.failedCount,
    conflicts: counts.conflictCount,
  };
}
