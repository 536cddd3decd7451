// The input file of a round -> the rows of each target in a file of its own, read once.

import { rmSync } from 'node:fs';
import path from 'node:path';

import type { DealtPart } from '../../pipeline/part-source.ts';
import { dealRows } from '../../pipeline/source/source.ts';
import { requireFreeSpace } from '../../store/free-space.ts';
import type { RunSettings, TargetShare } from '../../store/run-settings.ts';
import type { StateDirectory } from '../../store/state-directory.ts';
import { publish } from '../../telemetry/names.ts';
import type { CommandContext } from '../command.ts';
import { partPathOf, sourcePathOf } from '../planning.ts';
import { dealingOf } from './choice.ts';

/** A target whose rows are wanted. */
export interface Wanted {
  readonly name: string;
  readonly runId: string;
}

/** What is read of the file is the same for all targets. */
export type ReadSettings = Pick<RunSettings, 'file' | 'ignoreColumns' | 'expectRowCount' | 'expectSha256'>;

/**
 * Reads the file once and gives each target its part.
 * @throws {AlarmSyncError} ALARMSYNC_SOURCE_TARGETS, or another ALARMSYNC_SOURCE_ code.
 */
export async function dealRound(
  context: CommandContext,
  state: StateDirectory,
  roundId: string,
  wanted: readonly Wanted[],
  share: Omit<TargetShare, 'name'>,
  { file, ignoreColumns, expectRowCount, expectSha256 }: ReadSettings,
): Promise<ReadonlyMap<string, DealtPart>> {
  const { stop } = context.stop;
  const sourcePath = await sourcePathOf(context, file ?? '-', roundDirectory(state, roundId));
  requireFreeSpace(state.directory, sourcePath);
  const parts = wanted.map(({ name, runId }) => ({
    target: name,
    file: partPathOf(state.runDirectory(runId)),
  }));
  const settings = {
    path: sourcePath,
    ignoreColumns: ignoreColumns.filter((column) => column !== share.column),
    expect: {
      ...(expectRowCount === null ? {} : { rowCount: expectRowCount }),
      ...(expectSha256 === null ? {} : { sha256: expectSha256 }),
    },
  };
  publish('phase', { name: 'source', state: 'started' });
  const whole = await dealRows(parts, dealingOf(share), settings, stop);
  publish('phase', { name: 'source', state: 'sealed' });
  return new Map(parts.map(({ target, file: partPath }) => [target, { sourcePath, partPath, whole }]));
}

/** Once the plans stand, nothing reads the input again. */
export function dropRoundFiles(state: StateDirectory, roundId: string): void {
  rmSync(roundDirectory(state, roundId), { recursive: true, force: true });
}

/** Where standard input is kept, until the plans stand. */
function roundDirectory(state: StateDirectory, roundId: string): string {
  return path.join(state.directory, roundId);
}
