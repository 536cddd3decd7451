// Where the stages of one planning write, and how that is let go of.

import path from 'node:path';

import { removeDatabase } from '../store/sqlite.ts';
import type { SealedFiles } from './diff/diff.ts';

/** As many as source and listing have threads. */
const SHARE_COUNT = 2;

interface StagingFiles extends SealedFiles {
  /** One a share. */
  readonly sievedFiles: readonly string[];
}

/** Where the stages write. */
export function stagingFilesOf(directory: string): StagingFiles {
  return {
    desiredFile: path.join(directory, 'desired.db'),
    existingFile: path.join(directory, 'existing.db'),
    sievedFiles: Array.from({ length: SHARE_COUNT }, (_, number) =>
      path.join(directory, `sieved-${number}.db`),
    ),
  };
}

/** Removes the staging files of a planning: once its plan stands, or when it will not be taken up again. */
export function dropStaging(directory: string): void {
  const { desiredFile, existingFile, sievedFiles } = stagingFilesOf(directory);
  for (const file of [desiredFile, existingFile, ...sievedFiles]) removeDatabase(file);
}
