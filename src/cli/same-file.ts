// Two paths -> whether they are one file.

import { statSync } from 'node:fs';

/** By device and inode: a link to a file is that file. False when either is missing. */
export function isSameFile(left: string, right: string): boolean {
  const [one, other] = [left, right].map((file) => statSync(file, { bigint: true, throwIfNoEntry: false }));
  return one !== undefined && other !== undefined && one.dev === other.dev && one.ino === other.ino;
}
