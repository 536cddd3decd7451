// What was not done -> failures by class, conflicts by reason, tries that had to be repeated, rejected rows.

import type { FailureClass } from '../../alarm/errors.ts';
import type { AttemptCount, AttemptResult, AttemptStep } from '../../store/attempt-table.ts';
import type { LedgerFigures, ReportFigures } from './figures.ts';
import { markup, paragraphs, section, table, type Html } from './html.ts';

const CLASS_TEXTS: Readonly<Record<FailureClass, string>> = {
  http_4xx_403: 'forbidden (403)',
  http_4xx_404: 'not there (404)',
  http_4xx_409: 'there already (409)',
  http_4xx_429: 'throttled (429)',
  http_4xx_other: 'refused (another 4xx)',
  http_5xx: 'the service failed (5xx)',
  timeout: 'no answer in time',
  connection: 'the connection failed',
  malformed: 'an answer that is not what was agreed',
  other: 'other',
};

const STEP_TEXTS: Readonly<Record<AttemptStep, string>> = {
  check: 'check before the write',
  write: 'write',
  lookup: 'look-up of an unknown outcome',
};

const RESULT_TEXTS: Readonly<Record<AttemptResult, string>> = {
  refused: 'refused',
  unknown: 'outcome unknown',
  throttled: 'asked to wait',
  absent: 'not there',
  as_before: 'as before the write',
  as_wanted: 'as wanted already',
  changed: 'changed since the plan',
};

export function failuresSection({ alarms, downtimes, outcome, rejectedColumns }: ReportFigures): Html {
  return section(
    'failures',
    'Not done',
    ...ledgerParts(alarms, ''),
    ...(downtimes === null ? [] : ledgerParts(downtimes, ' of downtimes')),
    markup`<h3>Rejected rows</h3>\n`,
    rejectedColumns.length === 0
      ? paragraphs('No row of the file was rejected.')
      : table({
          caption: `Rejected rows by column, of ${outcome.rejectedRowCount} in all; a row with faults in several counts in each`,
          columns: ['Column', 'Rows'],
          rows: rejectedColumns.map(({ columnName, rowCount }) => [columnName, rowCount]),
        }),
  );
}

function ledgerParts({ failures, conflicts, attempts, counts }: LedgerFigures, of: string): readonly Html[] {
  const heldCount = counts.create.held + counts.update.held + counts.delete.held;
  return [
    markup`<h3>Failures${of} by class</h3>\n`,
    failures.length === 0
      ? paragraphs('No operation has failed.')
      : table({
          caption: `Failures${of} by class`,
          columns: ['Class', 'Status', 'What follows', 'Operations'],
          rows: failures.map(({ failureClass, status, state, count }) => [
            classText(failureClass),
            status === null ? '–' : String(status),
            state === 'failed' ? 'refused for good' : 'tries used up; worth a resume',
            count,
          ]),
        }),
    heldCount === 0
      ? markup``
      : paragraphs(
          `${heldCount} ${heldCount === 1 ? 'delete is' : 'deletes are'} held back, since something before was not done.`,
        ),
    markup`<h3>Conflicts${of}</h3>\n`,
    conflicts.length === 0
      ? paragraphs('No operation is in conflict.')
      : table({
          caption: `Conflicts${of} by reason; each was left alone`,
          columns: ['Reason', 'Operations'],
          rows: conflicts.map(({ message, count }) => [message === '' ? 'not stated' : message, count]),
        }),
    markup`<h3>Tries${of} that were not done at once</h3>\n`,
    attempts.length === 0
      ? paragraphs('Every try that was made was done at once.')
      : table({
          caption: `Tries${of} by what they met; an operation may be done all the same`,
          columns: ['Step', 'Met', 'Class', 'Tries'],
          rows: attempts.map(attemptRow),
        }),
  ];
}

function attemptRow({ step, result, failureClass, status, count }: AttemptCount): (string | number)[] {
  const statusText = status === null ? '' : ` ${status}`;
  const met = failureClass === null ? '–' : `${classText(failureClass)}${statusText}`;
  return [STEP_TEXTS[step], RESULT_TEXTS[result], met, count];
}

function classText(failureClass: FailureClass | null): string {
  return failureClass === null ? 'not stated' : CLASS_TEXTS[failureClass];
}
