// A text -> a file that is whole whenever somebody looks at it, and its owner's alone unless said otherwise.

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { AlarmSyncError, asAlarmSyncError } from '../alarm/errors.ts';

/**
 * Writes the file beside its place and puts it there at once; what stood there is there until then. A link is
 * followed, and what is no file, such as a pipe, is written as it is.
 * @throws {ALARMSYNC_STORE_UNWRITABLE, ALARMSYNC_STORE_FULL} with the name of the file.
 */
export function writeWholeFile(file: string, text: string, mode = 0o600): void {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found !== undefined && !found.isFile()) writeFileSync(file, text);
    else replaceFile(found === undefined ? file : realpathSync(file), text, mode);
  } catch (thrown) {
    throw named(file, asAlarmSyncError(thrown));
  }
}

function replaceFile(file: string, text: string, mode: number): void {
  const partial = path.join(path.dirname(file), `.${randomBytes(8).toString('hex')}.part`);
  try {
    const descriptor = openSync(partial, 'wx', mode);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(partial, file);
  } catch (thrown) {
    rmSync(partial, { force: true });
    throw thrown;
  }
}

/** What a system call says names the partial file, which nobody asked for. */
function named(file: string, error: AlarmSyncError): AlarmSyncError {
  const reason =
    error.cause instanceof Error && 'code' in error.cause ? String(error.cause.code) : error.message;
  return new AlarmSyncError(error.code, `expected to write ${file}, got ${reason}`, {
    cause: error,
    hint:
      error.code === 'ALARMSYNC_STORE_FULL'
        ? 'free some space, and try again'
        : 'check that the directory exists and may be written, or name another file',
  });
}
