// A rest for everyone -> a word to whoever waits in front of a bar that stands still.

import { publish } from './names.ts';

/** @param durationMs how long nothing is sent, from now */
export function tellRest(durationMs: number): void {
  publish('diagnostic', {
    code: 'ALARMSYNC_SERVICE_THROTTLED',
    message: `nothing is sent for ${Math.ceil(durationMs / 1000)} s: the service asked for it, or is overloaded`,
  });
}
