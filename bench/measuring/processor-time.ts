// A process -> how long it has used processors, all its threads together.

import { readFileSync } from 'node:fs';

/** What Linux counts in, whatever the machine. */
const TICK_MS = 10;

/** Milliseconds. Undefined where there is no /proc. */
export function processorTimeMs(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in brackets may hold anything, spaces and brackets too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
