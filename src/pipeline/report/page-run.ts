// What a run is and how it stands -> the head of its report.

import type { Run } from '../../store/run-table.ts';
import type { ReportFigures } from './figures.ts';
import { counted, facts, markup, section, timeElement, type Html } from './html.ts';
import { totalOf } from './outcome.ts';
import { durationText } from './summary.ts';

export function runSection(figures: ReportFigures): Html {
  const { run, planPath } = figures;
  return section(
    'run',
    'The run',
    facts([
      ['Run', run.runId],
      ['Kind', kindText(run)],
      ['Service', run.serviceAddress],
      ['Account', run.serviceAccount === '' ? 'none stated' : run.serviceAccount],
      ...sourceFacts(run),
      ...timeFacts(figures),
      ['Plan file', planPath],
      ['Checksum of the plan', run.checksum ?? 'none yet'],
      ['Made by', `alarmsync ${run.alarmsyncVersion}`],
    ]),
  );
}

/** In one sentence how the run stands. */
export function stateSentence({ run, outcome }: ReportFigures): string {
  const { summary, phase, exitCode } = run;
  const leftCount = totalOf(outcome, 'unfinishedCount');
  switch (phase) {
    case 'planning':
      return 'The planning has not come to its end: there is no whole plan yet, and nothing was sent.';
    case 'planned':
      if (summary !== null && summary.refusals.length > 0)
        return 'The plan is refused: it goes over what is allowed without a word. Nothing was sent.';
      return leftCount === 0
        ? 'Planned: there is nothing to do.'
        : `Planned, and not applied yet: ${counted(leftCount, 'operation')} would be sent.`;
    case 'draining':
      return exitCode === null
        ? `Being applied, or ended without a word: ${counted(leftCount, 'operation')} left when this page was made.`
        : `Stopped before its end with exit code ${exitCode}: ${counted(leftCount, 'operation')} left, for alarmsync resume to take up.`;
    case 'abandoned':
      return 'Given up: a later run planned anew. What it had sent stands below.';
    case 'finished':
      return finishedSentence(exitCode);
  }
}

function finishedSentence(exitCode: number | null): string {
  switch (exitCode) {
    case 0:
      return 'Finished: everything that was planned is done.';
    case 4:
      return 'Finished, with conflicts: some alarms had changed since the plan and were left alone.';
    case 5:
      return 'Finished for now: some operations failed in a way that is worth another try, by alarmsync resume.';
    case 6:
      return 'Finished, but some rows or operations were rejected for good.';
    default:
      return `Finished, with exit code ${exitCode ?? 'unknown'}.`;
  }
}

function kindText({ kind, rollbackOf, settings }: Run): string {
  if (kind === 'rollback') return `rollback of run ${rollbackOf ?? 'unknown'}`;
  return settings.adopts ? 'adoption: alarms change hands, and nothing else of them changes' : 'sync';
}

function sourceFacts({ sourcePath, sourceSha256, sourceBytes, settings }: Run): Fact[] {
  const file = sourcePath ?? settings.file;
  if (file === null) return [['File', 'none: made from the before-images of the run it undoes']];
  const scope = [
    settings.scope === null ? '' : `only names like ${settings.scope}`,
    settings.exclude === null ? '' : `not those like ${settings.exclude}`,
  ].filter((text) => text !== '');
  return [
    ['File', sourceBytes === null ? file : `${file} (${counted(sourceBytes, 'byte')})`],
    ['SHA-256 of the file', sourceSha256 ?? 'not known: it was not read to its end'],
    ...(scope.length === 0 ? [] : ([['Scope', scope.join(', ')]] as const)),
  ];
}

type Fact = readonly [name: string, value: Html | string];

function timeFacts({ run, span }: ReportFigures): Fact[] {
  const { createdAtMs, plannedAtMs, startedAtMs, finishedAtMs } = run;
  const times: Fact[] = [
    ['Begun', timeElement(createdAtMs)],
    ['Planned', momentOf(plannedAtMs)],
    ['Applied from', momentOf(startedAtMs)],
    ['Ended', momentOf(finishedAtMs)],
  ];
  const endMs = finishedAtMs ?? span?.lastEpochMs ?? null;
  if (plannedAtMs !== null)
    times.push(['Planning took', durationText(Math.max(0, plannedAtMs - createdAtMs))]);
  if (startedAtMs !== null && endMs !== null) {
    const what = finishedAtMs === null ? ' so far, up to the last outcome' : '';
    times.push([
      'Applying took',
      markup`${durationText(Math.max(0, endMs - startedAtMs))}${what}, pauses between resumptions included`,
    ]);
  }
  return times;
}

function momentOf(epochMs: number | null): Html | string {
  return epochMs === null ? 'not yet' : timeElement(epochMs);
}
