// What ended a command -> told, and the exit code it means.

import { asAlarmSyncError } from '../alarm/errors.ts';
import type { EventWriter } from './events.ts';
import { StopRequest } from './stop.ts';
import type { Terminal } from './terminal.ts';

export function tellThrown(thrown: unknown, terminal: Terminal, events: EventWriter | undefined): number {
  if (thrown instanceof StopRequest) {
    terminal.log.info(`Stopped by ${thrown.reason}; nothing was written to the service.`);
    return thrown.exitCode;
  }
  const error = asAlarmSyncError(thrown);
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  events?.diagnostic({ code: error.code, message: error.message, ...hint });
  terminal.log.fault(error);
  return error.exitCode;
}
