// Names that stand in several rows -> one row a name, a warning, or a refusal that names the lines.

import { AlarmSyncError } from '../../alarm/errors.ts';
import { meaningText, type CompareState } from '../../alarm/meaning.ts';
import { paramsOfText } from '../../alarm/params-text.ts';
import type { DesiredRow, DesiredStaging } from '../../store/desired-staging.ts';
import { publish } from '../../telemetry/names.ts';
import { shown } from './shown.ts';

/** How many names a message lists. */
const MAX_LISTED_COUNT = 5;

export interface DuplicateSettings {
  readonly path: string;
  readonly onDuplicate: 'fail' | 'first' | 'last';
  readonly compareState: CompareState;
  /** What rows are compared by. */
  readonly managedMembers: readonly string[];
}

/** Names of one kind: how many, and the first few with two of their lines. */
interface Finding {
  nameCount: number;
  readonly listed: string[];
}

/**
 * Leaves one row of each name in the staging, whose index stands.
 * @throws {ALARMSYNC_SOURCE_DUPLICATES} when rows of one name differ in meaning and none is to be preferred.
 */
export function settleDuplicates(
  staging: DesiredStaging,
  settings: DuplicateSettings,
  signal: AbortSignal,
): void {
  const { same, different } = findDuplicates(staging, settings, signal);
  if (different.nameCount > 0 && settings.onDuplicate === 'fail') {
    throw new AlarmSyncError(
      'ALARMSYNC_SOURCE_DUPLICATES',
      `${settings.path}: expected each name once, got ${countNames(different)} in rows that mean different things: ${listNames(different)}`,
      { hint: 'correct the file, or choose a row of each with --on-duplicate first or last' },
    );
  }
  if (same.nameCount + different.nameCount === 0) return;
  const keep = settings.onDuplicate === 'last' ? 'last' : 'first';
  const droppedCount = staging.dropRepeated(keep);
  warn(same, `${settings.path}: ${countNames(same)} in several rows that mean the same: ${listNames(same)}`, {
    hint: `the ${keep} row of each is used`,
  });
  warn(
    different,
    `${settings.path}: ${countNames(different)} in rows that mean different things: ${listNames(different)}`,
    { hint: `the ${keep} row of each is used, ${droppedCount} repeated rows in all are left out` },
  );
}

function findDuplicates(
  staging: DesiredStaging,
  settings: DuplicateSettings,
  signal: AbortSignal,
): { readonly same: Finding; readonly different: Finding } {
  const same: Finding = { nameCount: 0, listed: [] };
  const different: Finding = { nameCount: 0, listed: [] };
  const meaningOf = (row: DesiredRow): string =>
    meaningText(paramsOfText(row.body), settings.managedMembers, settings.compareState);
  let first: DesiredRow | undefined;
  let firstMeaning = '';
  let second: DesiredRow | undefined;
  let other: DesiredRow | undefined;
  const settle = (): void => {
    const witness = other ?? second;
    if (first === undefined || witness === undefined) return;
    const finding = other === undefined ? same : different;
    finding.nameCount += 1;
    if (finding.listed.length < MAX_LISTED_COUNT)
      finding.listed.push(`${shown(first.name)} on lines ${first.line} and ${witness.line}`);
  };
  for (const row of staging.repeatedRows()) {
    signal.throwIfAborted();
    if (first?.name !== row.name) {
      settle();
      first = row;
      firstMeaning = meaningOf(row);
      second = undefined;
      other = undefined;
      continue;
    }
    second ??= row;
    if (other === undefined && meaningOf(row) !== firstMeaning) other = row;
  }
  settle();
  return { same, different };
}

function warn(finding: Finding, message: string, { hint }: { readonly hint: string }): void {
  if (finding.nameCount > 0) publish('diagnostic', { code: 'ALARMSYNC_SOURCE_DUPLICATES', message, hint });
}

function countNames(finding: Finding): string {
  return finding.nameCount === 1 ? '1 name' : `${finding.nameCount} names`;
}

function listNames(finding: Finding): string {
  const restCount = finding.nameCount - finding.listed.length;
  return finding.listed.join(', ') + (restCount > 0 ? `, and ${restCount} more` : '');
}
