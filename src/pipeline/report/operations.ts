// Operations of a plan -> text, NDJSON, CSV or Markdown, a line at a time.

import { KNOWN_MEMBERS } from '../../alarm/alarm.ts';
import { isStringArray } from '../../alarm/contact.ts';
import { isJsonObject, parseJson, stringifyJson, type JsonObject, type JsonValue } from '../../alarm/json.ts';
import { differingMembers, memberOf, type CompareState } from '../../alarm/meaning.ts';
import type { Action, Operation } from '../../store/operation.ts';
import { csvLine } from './csv.ts';
import { shown } from './escape.ts';

export const OPERATION_FORMATS = ['text', 'ndjson', 'csv', 'markdown'] as const;
export type OperationFormat = (typeof OPERATION_FORMATS)[number];

const SIGNS: Readonly<Record<Action, string>> = { create: '+', update: '~', delete: '-' };

/** One member of an alarm before and after; undefined where it is absent. */
export interface MemberChange {
  readonly member: string;
  readonly before: JsonValue | undefined;
  readonly after: JsonValue | undefined;
}

/** Renders operations one by one; each piece ends with a line end. */
export function* renderOperations(
  operations: Iterable<Operation>,
  format: OperationFormat,
  compareState: CompareState,
): Generator<string> {
  if (format === 'csv')
    yield csvLine(['action', 'name', 'state', 'line', 'attempts', 'failure_class', 'failure']);
  if (format === 'markdown') yield '| action | name | state | changes |\n|---|---|---|---|\n';
  for (const operation of operations) yield renderOperation(operation, format, compareState);
}

/** The same of downtimes, to follow those; nothing in CSV, whose rows are alarms. */
export function* renderDowntimes(
  operations: Iterable<Operation>,
  format: OperationFormat,
): Generator<string> {
  for (const operation of operations) {
    if (format === 'ndjson') yield renderNdjson(operation, { subject: 'downtime' });
    if (format === 'text' || format === 'markdown')
      yield renderChange(operation, format, changesText(operation, 'exact'), ' downtime');
  }
}

function renderOperation(operation: Operation, format: OperationFormat, compareState: CompareState): string {
  switch (format) {
    case 'text':
    case 'markdown':
      return renderChange(operation, format, changesText(operation, compareState));
    case 'ndjson':
      return renderNdjson(operation);
    case 'csv':
      return csvLine([
        operation.action,
        shown(operation.name),
        operation.state,
        String(operation.fileLine ?? ''),
        String(operation.attemptCount),
        shown(operation.failureClass ?? ''),
        shown(operation.failureMessage ?? ''),
      ]);
  }
}

/** @param subject what it is that changes, after a blank; '' for an alarm */
function renderChange(
  operation: Operation,
  format: 'text' | 'markdown',
  changes: string,
  subject = '',
): string {
  const { action, name, state } = operation;
  return format === 'text'
    ? `${SIGNS[action]} ${action}${subject}  ${shown(name)}${fateText(operation)}${changes === '' ? '' : `  ${changes}`}\n`
    : `| ${action}${subject} | ${markdown(name)} | ${state} | ${markdown(changes)} |\n`;
}

/** Nothing for one that is still to be sent. */
function fateText({ state, failureMessage }: Operation): string {
  if (state === 'pending') return '';
  return `  [${state}${failureMessage === null ? '' : `: ${shown(failureMessage)}`}]`;
}

function renderNdjson(operation: Operation, more: JsonObject = {}): string {
  const { beforeParams, afterParams, action, name, state, fileLine, attemptCount } = operation;
  return `${stringifyJson({
    action,
    name,
    state,
    line: fileLine,
    attempts: attemptCount,
    failure_class: operation.failureClass,
    failure_status: operation.failureStatus,
    failure: operation.failureMessage,
    before: beforeParams === null ? null : parseJson(beforeParams),
    after: afterParams === null ? null : parseJson(afterParams),
    ...more,
  })}\n`;
}

/** The members whose meaning an operation changes, known ones first. */
export function memberChanges(operation: Operation, compareState: CompareState): readonly MemberChange[] {
  const before = decodeImage(operation.beforeParams);
  const after = decodeImage(operation.afterParams);
  const members = new Set([...KNOWN_MEMBERS, ...Object.keys(before), ...Object.keys(after)]);
  return differingMembers(before, after, [...members], compareState).map((member) => ({
    member,
    before: memberOf(before, member),
    after: memberOf(after, member),
  }));
}

/** One member as text: a list by semicolons, absence as nothing. */
export function memberText(value: JsonValue | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  return isStringArray(value) ? value.join(';') : stringifyJson(value);
}

function changesText(operation: Operation, compareState: CompareState): string {
  if (operation.action !== 'update') return '';
  return memberChanges(operation, compareState)
    .map(({ member, before, after }) => `${shown(member)}: ${shownMember(before)} -> ${shownMember(after)}`)
    .join(', ');
}

function shownMember(value: JsonValue | undefined): string {
  return value === undefined ? '(absent)' : shown(memberText(value));
}

function markdown(text: string): string {
  return shown(text).replace(/[\\`*_{}[\]<>|&]/gu, (character) => `\\${character}`);
}

function decodeImage(text: string | null): JsonObject {
  const value = parseJson(text ?? '{}');
  return isJsonObject(value) ? value : {};
}
