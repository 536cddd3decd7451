// The source stage over a target's part of the file -> a snapshot that says of the part what was proved of the whole.

import type { DealtFile } from './source/source.ts';
import type { Stages } from './sync.ts';

/** The rows of one target, put into a file of their own. */
export interface DealtPart {
  /** The whole file, as messages and the plan name it. */
  readonly sourcePath: string;
  readonly partPath: string;
  readonly whole: DealtFile;
}

/**
 * Reads the part in the place of the file. What could be any target's is every target's: a record without a usable
 * name, and an end that may have been cut.
 */
export function sourceOfPart(source: Stages['source'], { partPath, whole }: DealtPart): Stages['source'] {
  return async (file, settings, signal) => {
    const own = await source(file, { ...settings, part: partPath, expect: {} }, signal);
    return {
      ...own,
      digest: whole.digest,
      byteCount: whole.byteCount,
      badRowCount: own.badRowCount + whole.unusableNameCount,
      unusableNameCount: own.unusableNameCount + whole.unusableNameCount,
      endsWithoutLineEnd: whole.endsWithoutLineEnd,
    };
  };
}
