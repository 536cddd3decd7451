// A directory and the size of the work -> a refusal before it begins, when the disk will not hold it.

import { statfsSync, statSync } from 'node:fs';

import { AlarmSyncError } from '../alarm/errors.ts';

/** Staging of both sides and the plan, as a multiple of the file: up to 5 was measured, a million alarms on each side. */
const SPACE_RATIO = 5;

/** How much larger text gets when it is decompressed. */
const GZIP_RATIO = 8;

/** For the small files of a run, whatever the input. */
const LEAST_BYTES = 8 * 1024 * 1024;

/**
 * A rough look ahead: a full disk in the middle ends a run resumably as well.
 * @throws {ALARMSYNC_STORE_FULL} when there is less free space than the run is likely to need.
 */
export function requireFreeSpace(directory: string, sourceFile: string): void {
  const source = statSync(sourceFile, { throwIfNoEntry: false });
  if (source === undefined) return; // reading it will say so
  const textBytes = source.size * (sourceFile.endsWith('.gz') ? GZIP_RATIO : 1);
  const neededBytes = LEAST_BYTES + textBytes * SPACE_RATIO;
  const { bavail, bsize } = statfsSync(directory);
  const freeBytes = bavail * bsize;
  if (freeBytes >= neededBytes) return;
  throw new AlarmSyncError(
    'ALARMSYNC_STORE_FULL',
    `expected about ${megabytes(neededBytes)} MB of free space in ${directory}, got ${megabytes(freeBytes)}`,
    { hint: 'free some space, or name another place with --state-dir; then run again' },
  );
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}
