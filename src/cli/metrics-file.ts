// Metrics as text -> the file that --metrics-file names, where nothing else stands.

import { closeSync, openSync, readSync, statSync } from 'node:fs';

import { AlarmSyncError } from '../alarm/errors.ts';
import { writeWholeFile } from './whole-file.ts';

/** Whoever collects the metrics need not be who runs alarmsync. */
const READABLE_BY_ALL = 0o644;

/** How Prometheus's text begins: with what a metric is. */
const BEGINNING = '# HELP ';

/** @throws {ALARMSYNC_CLI_USAGE} when the file holds anything but metrics: it is replaced whole, and may be the input or a plan. */
export function requireMetricsFile(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile() || found.size === 0) return;
  if (beginningOf(file) === BEGINNING) return;
  throw new AlarmSyncError(
    'ALARMSYNC_CLI_USAGE',
    `--metrics-file: expected a new file or one of metrics, got ${file}, which holds something else`,
    { hint: 'name another file for the metrics' },
  );
}

/** @throws {AlarmSyncError} as requireMetricsFile and writeWholeFile. */
export function writeMetricsFile(file: string, text: string): void {
  requireMetricsFile(file);
  writeWholeFile(file, text, READABLE_BY_ALL);
}

function beginningOf(file: string): string {
  const bytes = Buffer.alloc(BEGINNING.length);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, bytes, 0, bytes.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return bytes.toString('latin1');
}
