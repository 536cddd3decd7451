// One operation and its attempts -> the lines that tell a person all about it.

import type { CompareState } from '../../alarm/meaning.ts';
import type { Attempt } from '../../store/attempt-table.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { Operation } from '../../store/operation.ts';
import { shown } from './escape.ts';
import { memberChanges, memberText } from './operations.ts';

/** Shape: a heading, a line a member that changes, a line an attempt. */
export function explainLines(
  operation: Operation,
  attempts: readonly Attempt[],
  compareState: CompareState,
  subject: Ledger['subject'] = 'alarm',
): readonly string[] {
  const { action, name, state, fileLine, attemptCount, sentAtMs, settledAtMs } = operation;
  return [
    `${action} ${subject === 'alarm' ? '' : `${subject} `}${shown(name)}: ${state}`,
    ...(subject === 'alarm' ? [fileLine === null ? 'not in the file' : `line ${fileLine} of the file`] : []),
    ...memberChanges(operation, compareState).map(
      ({ member, before, after }) => `  ${shown(member)}: ${value(before)} -> ${value(after)}`,
    ),
    `sent ${attemptCount} times${sentAtMs === null ? '' : `, claimed ${time(sentAtMs)}`}${settledAtMs === null ? '' : `, settled ${time(settledAtMs)}`}`,
    ...(operation.wasAmbiguous ? ['its outcome was unknown and had to be looked up'] : []),
    ...attempts.map(attemptLine),
    ...(operation.failureMessage === null ? [] : [`last failure: ${shown(operation.failureMessage)}`]),
  ];
}

function attemptLine({ atMs, step, result, status, failureClass, message }: Attempt): string {
  const details = [status, failureClass, message].filter((part) => part !== null).join(', ');
  return `  ${time(atMs)}  ${step}: ${result}${details === '' ? '' : ` (${shown(details)})`}`;
}

function value(member: Parameters<typeof memberText>[0]): string {
  return member === undefined ? '(absent)' : shown(memberText(member));
}

function time(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
