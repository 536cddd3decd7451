// An answer's status -> everyone waits, where the service asks for it.

import type { RequestGate } from './alarm-service.ts';
import { MAX_THROTTLE_MS } from './retry.ts';

/** How long everyone waits after a 429 that does not say how long. */
const UNSTATED_PAUSE_MS = 1000;

/**
 * Pauses the gate for a 429, and for whatever states a wait.
 * @param waitMs undefined where none is stated
 */
export function throttle(gate: RequestGate, status: number | undefined, waitMs: number | undefined): void {
  const pauseMs = waitMs ?? (status === 429 ? UNSTATED_PAUSE_MS : undefined);
  // A longer wait ends the run, and nobody should wait for it until then.
  if (pauseMs !== undefined && pauseMs <= MAX_THROTTLE_MS) gate.pause(pauseMs);
}
