// The bad rows of a staged file -> the CSV named by --rejects.

import { createWriteStream, existsSync, openSync, type WriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { AlarmSyncError } from '../alarm/errors.ts';
import { rejectsCsv } from '../pipeline/report/rows.ts';
import { stagingFilesOf } from '../pipeline/staging-files.ts';
import { DesiredSnapshot } from '../store/desired-staging.ts';
import type { CommandContext } from './command.ts';
import { isSameFile } from './same-file.ts';

/**
 * Opens the file before the work, so that a place that cannot be written is known at once; undefined without --rejects.
 * @throws {ALARMSYNC_CLI_USAGE} when it is the input file.
 */
export function openRejects({ values }: CommandContext, inputFile: string | null): WriteStream | undefined {
  const rejects = values.text('rejects');
  if (rejects === undefined) return undefined;
  if (inputFile !== null && isSameFile(rejects, inputFile)) {
    throw new AlarmSyncError('ALARMSYNC_CLI_USAGE', 'expected --rejects to name another file than the input');
  }
  return createWriteStream(rejects, { fd: openSync(rejects, 'w', 0o600) });
}

/** Writes every bad row that was staged, whether the run goes on without them or not. */
export async function writeRejects(rejects: WriteStream, stagingDirectory: string): Promise<void> {
  const { desiredFile } = stagingFilesOf(stagingDirectory);
  if (!existsSync(desiredFile)) {
    rejects.destroy();
    return;
  }
  using snapshot = new DesiredSnapshot(desiredFile);
  const columns = snapshot.readSeal()?.columns ?? [];
  await pipeline(Readable.from(rejectsCsv(columns, snapshot.badRows())), rejects);
}
