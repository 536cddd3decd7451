// What the stages publish -> one trace: the run, its phases as children, and sampled requests as children of these.

import { ROOT_CONTEXT, SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';

import { listen, type PhaseName, type TelemetryMessages } from './names.ts';
import type { RequestTrace } from './request-sampler.ts';
import { tellRequest } from './request-span.ts';
import type { RunEnd } from './run-notice.ts';
import type { TraceExport } from './trace-export.ts';

/** What a phase has counted, as its span names it. */
const COUNTED: Readonly<Partial<Record<PhaseName, string>>> = {
  source: 'alarmsync.rows.read',
  listing: 'alarmsync.alarms.listed',
  drain: 'alarmsync.operations.settled',
};

/** Those that ask the service; at most one at a time is open. */
const ASKING_PHASES: readonly PhaseName[] = ['listing', 'drain'];

interface OpenPhase {
  readonly span: Span;
  doneCount: number | undefined;
  /** Reasons why rows are invalid, or retries. */
  troubleCount: number;
}

export interface RunTraceSettings {
  /** `sync`, `plan`, … */
  readonly command: string;
  /** Of whoever started the command, as in the header of that name; undefined for a trace of its own. */
  readonly traceparent: string | undefined;
}

/** Tells while it is open, until it is ended. */
export class RunTrace implements Disposable {
  readonly #export: TraceExport;
  readonly #root: Span;
  readonly #context: Context;
  readonly #phases = new Map<PhaseName, OpenPhase>();
  readonly #listening: Disposable;

  constructor(exported: TraceExport, { command, traceparent }: RunTraceSettings) {
    this.#export = exported;
    this.#root = exported.tracer.startSpan(`alarmsync ${command}`, {}, contextOf(traceparent));
    this.#context = trace.setSpan(ROOT_CONTEXT, this.#root);
    this.#listening = this.#root.isRecording()
      ? listen({
          run: (message) => this.#takeRun(message),
          phase: (message) => this.#takePhase(message),
          progress: ({ phase, done }) => this.#noteDone(phase, done),
          invalid_row: () => this.#noteTrouble('source'),
          retry: ({ phase }) => this.#noteTrouble(phase),
          planned: (message) => this.#takePlanned(message),
          drained: (message) => this.#takeDrained(message),
          request: (message) => this.#takeRequest(message),
        })
      : { [Symbol.dispose]: () => {} };
  }

  /** Null where the sampler of the environment leaves this run out. */
  get requests(): RequestTrace | null {
    if (!this.#root.isRecording()) return null;
    const { traceId, spanId } = this.#root.spanContext();
    return { traceId, spanId };
  }

  end({ outcome, exitCode, error }: RunEnd): void {
    const isFailed = outcome === 'failed';
    for (const [name, { span }] of this.#phases) {
      if (isFailed) span.setStatus({ code: SpanStatusCode.ERROR });
      this.#endPhase(name, Date.now());
    }
    this.#root.setAttributes({
      'alarmsync.run.outcome': outcome,
      'process.exit.code': exitCode,
      ...(error === undefined ? {} : { 'error.type': error.code }),
    });
    if (isFailed) {
      const message = error === undefined ? `exit code ${exitCode}` : `${error.code}: ${error.message}`;
      this.#root.setStatus({ code: SpanStatusCode.ERROR, message });
    }
    this.#root.end();
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  #takeRun({ runId, kind, serviceAddress }: TelemetryMessages['run']): void {
    this.#root.setAttributes({
      'alarmsync.run.id': runId,
      'alarmsync.run.kind': kind,
      'alarmsync.service.address': serviceAddress,
    });
  }

  #takePhase({ name, state, atEpochMs = Date.now() }: TelemetryMessages['phase']): void {
    if (state === 'started') {
      this.#endPhase(name, atEpochMs);
      const span = this.#export.tracer.startSpan(name, { startTime: atEpochMs }, this.#context);
      this.#phases.set(name, { span, doneCount: undefined, troubleCount: 0 });
      return;
    }
    const span = this.#phases.get(name)?.span;
    span?.setAttribute('alarmsync.phase.state', state);
    // A plan that is refused is a whole one; what is refused before it has failed.
    if (state === 'refused' && name !== 'plan') span?.setStatus({ code: SpanStatusCode.ERROR });
    this.#endPhase(name, atEpochMs);
  }

  #endPhase(name: PhaseName, atEpochMs: number): void {
    const phase = this.#phases.get(name);
    if (phase === undefined) return;
    const { span, doneCount, troubleCount } = phase;
    const counted = COUNTED[name];
    if (counted !== undefined && doneCount !== undefined) span.setAttribute(counted, doneCount);
    if (troubleCount > 0)
      span.setAttribute(name === 'source' ? 'alarmsync.rows.invalid' : 'alarmsync.retries', troubleCount);
    span.end(atEpochMs);
    this.#phases.delete(name);
  }

  #noteDone(name: PhaseName, doneCount: number): void {
    const phase = this.#phases.get(name);
    if (phase !== undefined) phase.doneCount = doneCount;
  }

  #noteTrouble(name: PhaseName): void {
    const phase = this.#phases.get(name);
    if (phase !== undefined) phase.troubleCount += 1;
  }

  #takePlanned({ operations, unchangedCount, existingCount, refusals }: TelemetryMessages['planned']): void {
    this.#root.setAttributes({
      'alarmsync.plan.existing': existingCount,
      'alarmsync.plan.create': operations.create,
      'alarmsync.plan.update': operations.update,
      'alarmsync.plan.delete': operations.delete,
      'alarmsync.plan.unchanged': unchangedCount,
      ...(refusals.length === 0 ? {} : { 'alarmsync.plan.refusals': refusals.map(({ code }) => code) }),
    });
  }

  #takeDrained({ done, failedCount, conflictCount, unfinishedCount }: TelemetryMessages['drained']): void {
    this.#root.setAttributes({
      'alarmsync.done.create': done.create,
      'alarmsync.done.update': done.update,
      'alarmsync.done.delete': done.delete,
      'alarmsync.done.failed': failedCount,
      'alarmsync.done.conflicts': conflictCount,
      'alarmsync.done.unfinished': unfinishedCount,
    });
  }

  #takeRequest(request: TelemetryMessages['request']): void {
    const { traced } = request;
    if (traced === undefined) return;
    const asking = ASKING_PHASES.map((name) => this.#phases.get(name)).find((phase) => phase !== undefined);
    const parent = asking === undefined ? this.#context : trace.setSpan(ROOT_CONTEXT, asking.span);
    tellRequest(this.#export, request, traced, parent);
  }
}

/** What is no `traceparent` is passed over, as the convention wants it. */
function contextOf(traceparent: string | undefined): Context {
  const parent = traceparent === undefined ? null : parseTraceParent(traceparent);
  return parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
}
