// Preloaded into a worker: its clock goes wrong, or its event loop hangs once it was told that something is done.
//
// CLOCK_AHEAD_MS: how far its Date is ahead; CLOCK_SET_MS: how far from SIGUSR2 on, as when somebody sets the clock.
// HANG_AT_ANSWER: the answer of the service at which nothing in the process goes on any more, until the file HANG_UNTIL is there.

import { subscribe } from 'node:diagnostics_channel';
import { existsSync, writeSync } from 'node:fs';
import process from 'node:process';

const { CLOCK_AHEAD_MS, CLOCK_SET_MS, HANG_AT_ANSWER, HANG_UNTIL } = process.env;

const TrueDate = Date;
let aheadMs = Number(CLOCK_AHEAD_MS ?? 0);
globalThis.Date = class extends TrueDate {
  constructor(...args) {
    super(...(args.length === 0 ? [TrueDate.now() + aheadMs] : args));
  }

  static now() {
    return TrueDate.now() + aheadMs;
  }
};

if (CLOCK_SET_MS !== undefined) {
  process.on('SIGUSR2', () => {
    aheadMs = Number(CLOCK_SET_MS);
    writeSync(1, 'the clock is set\n');
  });
}

if (HANG_AT_ANSWER !== undefined) {
  let count = 0;
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  subscribe('undici:request:headers', () => {
    count += 1;
    if (count !== Number(HANG_AT_ANSWER)) return;
    writeSync(1, 'hangs\n');
    while (!existsSync(HANG_UNTIL)) Atomics.wait(nobody, 0, 0, 20);
  });
}
