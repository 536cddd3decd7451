// The machine -> which of its starts this is, to tell a process that died from a machine that did.

import { readFileSync } from 'node:fs';

/** A new one at each start of Linux, the same in all its containers (random(4) of the Linux manual pages). */
const LINUX_BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** Opaque; undefined where the system does not tell. */
export function readBootId(): string | undefined {
  try {
    return readFileSync(LINUX_BOOT_ID, 'utf8').trim();
  } catch {
    return undefined;
  }
}
