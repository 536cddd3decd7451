// What the stages publish of a run -> what is told of it, in words and as data, once the command has ended.

import { listen, type TelemetryMessages } from './names.ts';

/** How a command ended, as metrics and notices have it. */
export type RunOutcomeWord = 'success' | 'refused' | 'failed' | 'stopped';

/** How a command ended. */
export interface RunEnd {
  readonly outcome: RunOutcomeWord;
  readonly exitCode: number;
  readonly durationMs: number;
  /** What ended it early. */
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

/** What is told of a run. Members that are absent are not known: the command ended before. */
export interface RunNotice extends RunEnd {
  readonly run?: TelemetryMessages['run'];
  readonly planned?: TelemetryMessages['planned'];
  readonly drained?: TelemetryMessages['drained'];
  /** The user's own: `env:prod`. */
  readonly tags: readonly string[];
}

/** Hears what a notice tells while it is open. */
export class RunNoticeCollector implements Disposable {
  readonly #tags: readonly string[];
  readonly #listening: Disposable;
  #known: Pick<RunNotice, 'run' | 'planned' | 'drained'> = {};

  constructor(tags: readonly string[]) {
    this.#tags = tags;
    this.#listening = listen({
      run: (run) => this.#note({ run }),
      planned: (planned) => this.#note({ planned }),
      drained: (drained) => this.#note({ drained }),
    });
  }

  notice(end: RunEnd): RunNotice {
    return { ...this.#known, ...end, tags: this.#tags };
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  #note(known: Pick<RunNotice, 'run' | 'planned' | 'drained'>): void {
    this.#known = { ...this.#known, ...known };
  }
}

const TITLES: Readonly<Record<RunOutcomeWord, string>> = {
  success: 'alarmsync is done',
  refused: 'alarmsync refused a plan',
  failed: 'alarmsync failed',
  stopped: 'alarmsync was stopped',
};

/** Shape: `alarmsync refused a plan: https://alarms.example.com`. */
export function noticeTitle({ outcome, run }: RunNotice): string {
  return run === undefined ? TITLES[outcome] : `${TITLES[outcome]}: ${run.serviceAddress}`;
}

/** Some lines: what was planned, what was done, why it ended, and what to do next. */
export function noticeText({ run, planned, drained, error, exitCode, durationMs }: RunNotice): string {
  const lines: string[] = [];
  if (planned !== undefined) {
    const { create, update, delete: deletes } = planned.operations;
    lines.push(
      `Plan: ${create} to create, ${update} to update, ${deletes} to delete, ${planned.unchangedCount} unchanged, of ${planned.existingCount} alarms at the service.`,
    );
  }
  for (const { message, hint } of planned?.refusals ?? []) lines.push(`Refused: ${message}. Next: ${hint}`);
  if (drained !== undefined) {
    const { done, failedCount, conflictCount, unfinishedCount } = drained;
    lines.push(
      `Done: ${done.create} created, ${done.update} updated, ${done.delete} deleted, ${failedCount} failed, ${conflictCount} in conflict, ${unfinishedCount} left.`,
    );
  }
  if (error !== undefined) {
    const hint = error.hint === undefined ? '' : ` Next: ${error.hint}`;
    lines.push(`${error.code}: ${error.message}.${hint}`);
  }
  const runText = run === undefined ? '' : `Run ${run.runId}, `;
  lines.push(`${runText}exit code ${exitCode} after ${(durationMs / 1000).toFixed(1)} s.`);
  return lines.join('\n');
}
