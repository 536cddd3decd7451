// What is said on standard error, for a program: one JSON object a line, with the run that it is about.

import { pino, type Logger } from 'pino';

import type { AlarmSyncError } from '../alarm/errors.ts';
import { listen } from '../telemetry/names.ts';
import { causesOf, type LogFields, type LogLevel, type MessageLog } from './message-log.ts';

const STANDARD_ERROR = 2;

/**
 * Shape of a line: `{"level":"info","time":"2026-11-26T20:15:00.000Z","run_id":"20261126T201459Z-3f9a1c","msg":"…"}`; an error has `code` and
 * `hint` too. Written at once: the last words of a process that dies are there.
 */
export class JsonLog implements MessageLog {
  readonly level: LogLevel;
  readonly #logger: Logger;
  /** Told even with --quiet. */
  readonly #results: Logger;
  readonly #listening: Disposable;
  #runId: string | undefined;

  /** @param target the one of several that every line is about */
  constructor(level: LogLevel, target?: string) {
    this.level = level;
    this.#logger = pino(
      {
        level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        mixin: () => ({
          ...(this.#runId === undefined ? {} : { run_id: this.#runId }),
          ...(target === undefined ? {} : { target }),
        }),
      },
      pino.destination({ dest: STANDARD_ERROR, sync: true }),
    );
    this.#results = this.#logger.child({}, { level: 'info' });
    this.#listening = listen({
      run: ({ runId }) => {
        this.#runId = runId;
      },
    });
  }

  result(line: string): void {
    this.#results.info(line);
  }

  info(message: string, fields: LogFields = {}): void {
    this.#logger.info(fields, message);
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#logger.debug(fields, message);
  }

  trace(message: string, fields: LogFields = {}): void {
    this.#logger.trace(fields, message);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#logger.warn(fields, message);
  }

  fault(error: AlarmSyncError): void {
    const { code, hint, status, message } = error;
    const isTold = code === 'ALARMSYNC_UNEXPECTED' || this.#logger.isLevelEnabled('debug');
    this.#logger.error({ code, hint, status, ...(isTold ? { causes: causesOf(error) } : {}) }, message);
  }

  next(message: string): void {
    this.#logger.info(`Next: ${message}`);
  }

  ofTarget(target: string): MessageLog {
    return new JsonLog(this.level, target);
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }
}
