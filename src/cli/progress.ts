// What the stages publish -> bars on a terminal, or a line every few seconds without one.

import type { MultiBar, SingleBar } from 'cli-progress';

import { durationText } from '../pipeline/report/summary.ts';
import { shown } from '../pipeline/report/escape.ts';
import { listen, type PhaseName, type TelemetryMessages } from '../telemetry/names.ts';
import type { LogFields } from './message-log.ts';
import type { Terminal } from './terminal.ts';

const LINE_INTERVAL_MS = 5000;

/** Bad rows told one by one; the rest are counted. */
const SHOWN_ROW_COUNT = 100;

const VERBS: Readonly<Record<PhaseName, string>> = {
  source: 'reading the file',
  listing: 'listing the service',
  diff: 'comparing',
  plan: 'planning',
  drain: 'applying',
  report: 'reporting',
};

/** Shows progress, bad rows and diagnostics on standard error while it is open. */
export class ProgressDisplay implements Disposable {
  readonly #terminal: Terminal;
  readonly #bars: MultiBar | undefined;
  readonly #barOfPhase = new Map<PhaseName, SingleBar>();
  readonly #startedMs = new Map<PhaseName, number>();
  readonly #lastLineMs = new Map<PhaseName, number>();
  readonly #lastProgress = new Map<PhaseName, TelemetryMessages['progress']>();
  readonly #listening: Disposable;
  #invalidCount = 0;

  private constructor(terminal: Terminal, bars: MultiBar | undefined) {
    this.#terminal = terminal;
    this.#bars = bars;
    this.#listening = listen({
      progress: (message) => this.#progress(message),
      phase: (message) => this.#phase(message),
      invalid_row: (message) => this.#invalidRow(message),
      diagnostic: ({ message, code, hint }) => this.#say(message, { code, hint }),
      // Being heard is what makes requests observed.
      ...(terminal.log.level === 'trace'
        ? { request: (message: TelemetryMessages['request']) => this.#request(message) }
        : {}),
    });
  }

  static async open(terminal: Terminal): Promise<ProgressDisplay> {
    return new ProgressDisplay(terminal, terminal.hasProgressBars ? await openBars() : undefined);
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.#bars?.stop();
    const untold = this.#invalidCount - SHOWN_ROW_COUNT;
    if (untold > 0) this.#terminal.log.warn(`and ${untold} more faults; --rejects FILE lists all`);
  }

  #phase({ name, state }: TelemetryMessages['phase']): void {
    if (state === 'started') {
      this.#startedMs.set(name, performance.now());
      this.#terminal.log.debug(`${VERBS[name]} …`, { phase: name, state });
      return;
    }
    const last = this.#lastProgress.get(name);
    const bar = this.#barOfPhase.get(name);
    if (bar !== undefined) this.#bars?.remove(bar);
    this.#barOfPhase.delete(name);
    const elapsedMs = performance.now() - (this.#startedMs.get(name) ?? performance.now());
    const counted = last === undefined ? '' : `, ${last.done}`;
    this.#terminal.log.debug(`${VERBS[name]}: ${state}${counted} in ${(elapsedMs / 1000).toFixed(1)} s`, {
      phase: name,
      state,
      done: last?.done,
      duration_seconds: elapsedMs / 1000,
    });
  }

  #progress(progress: TelemetryMessages['progress']): void {
    const { phase, done, total } = progress;
    this.#lastProgress.set(phase, progress);
    const nowMs = performance.now();
    const lastMs = this.#lastLineMs.get(phase) ?? this.#startedMs.get(phase) ?? nowMs;
    if (this.#bars === undefined && nowMs - lastMs < LINE_INTERVAL_MS) return;
    const elapsedMs = Math.max(1, nowMs - (this.#startedMs.get(phase) ?? nowMs));
    const perSecond = (done * 1000) / elapsedMs;
    const left =
      total === undefined || perSecond === 0 ? '?' : durationText(((total - done) / perSecond) * 1000);
    if (this.#bars !== undefined) {
      const bar = this.#barOfPhase.get(phase) ?? this.#addBar(phase);
      bar.setTotal(total ?? Math.max(done, 1));
      bar.update(done, { verb: VERBS[phase].padEnd(20), rate: Math.round(perSecond), left });
      return;
    }
    this.#lastLineMs.set(phase, nowMs);
    const of = total === undefined ? '' : ` of ${total}`;
    const text = `${VERBS[phase]}: ${done}${of}, ${Math.round(perSecond)}/s, ${left} left`;
    this.#terminal.log.info(text, { phase, done, total, per_second: Math.round(perSecond) });
  }

  #addBar(phase: PhaseName): SingleBar {
    const bar = this.#bars?.create(1, 0, { verb: VERBS[phase].padEnd(20), rate: 0, left: '?' });
    if (bar === undefined) throw new Error('expected a terminal with progress bars');
    this.#barOfPhase.set(phase, bar);
    return bar;
  }

  #invalidRow({ line, column, reason }: TelemetryMessages['invalid_row']): void {
    this.#invalidCount += 1;
    if (this.#invalidCount <= SHOWN_ROW_COUNT)
      this.#say(`line ${line}, ${column}: ${reason}`, { line, column });
  }

  #request({ method, resource, status, durationMs }: TelemetryMessages['request']): void {
    const answer = status === undefined ? 'no answer' : String(status);
    this.#terminal.log.trace(`${method} ${resource}: ${answer} in ${Math.round(durationMs)} ms`, {
      method,
      resource,
      status,
      duration_seconds: durationMs / 1000,
    });
  }

  #say(message: string, fields: LogFields): void {
    if (this.#bars === undefined || this.#barOfPhase.size === 0) this.#terminal.log.warn(message, fields);
    else this.#bars.log(`${shown(message)}\n`);
  }
}

/** Loaded where there is a terminal alone: loading takes 0.02 s. */
async function openBars(): Promise<MultiBar> {
  const { default: cliProgress } = await import('cli-progress');
  return new cliProgress.MultiBar({
    format: '{verb} [{bar}] {value}/{total} | {rate}/s | {left} left',
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
  });
}
