// What is said on standard error, for a person: colours, and a word in front of what matters.

import { createColors } from 'picocolors';

import type { AlarmSyncError } from '../alarm/errors.ts';
import { safe } from '../pipeline/report/escape.ts';

/** How much is said: `warn` with --quiet, `debug` with -v, `trace` with -vv. */
export type LogLevel = 'warn' | 'info' | 'debug' | 'trace';

/** Members of a log record, beside its message. Nothing of an answer's body, and no secret. */
export type LogFields = Readonly<Record<string, string | number | undefined>>;

/** Takes messages for standard error. */
export interface MessageLog extends Disposable {
  readonly level: LogLevel;
  /** A result that standard output has no room for. */
  result(line: string): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  trace(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  /** What was expected, what came, where; and what to do next. */
  fault(error: AlarmSyncError): void;
  /** What to do next, when all went well. */
  next(message: string): void;
  /** The same for one of several targets: each line says which. */
  ofTarget(target: string): MessageLog;
}

const LEVELS: readonly LogLevel[] = ['warn', 'info', 'debug', 'trace'];

/** Is written one line at a time. */
type LineOutput = Pick<NodeJS.WriteStream, 'isTTY'> & { readonly write: (line: string) => unknown };

export class HumanLog implements MessageLog {
  readonly #output: LineOutput;
  readonly level: LogLevel;
  readonly #hasColor: boolean;
  readonly #colors: ReturnType<typeof createColors>;

  constructor(output: LineOutput, level: LogLevel, hasColor: boolean) {
    this.#output = output;
    this.level = level;
    this.#hasColor = hasColor;
    this.#colors = createColors(hasColor && output.isTTY);
  }

  result(line: string): void {
    this.#output.write(`${line}\n`);
  }

  info(message: string): void {
    this.#say('info', message);
  }

  debug(message: string): void {
    this.#say('debug', message);
  }

  trace(message: string): void {
    this.#say('trace', message);
  }

  warn(message: string): void {
    this.#output.write(`${this.#colors.yellow('Warning:')} ${safe(message)}\n`);
  }

  fault(error: AlarmSyncError): void {
    const { red, dim } = this.#colors;
    this.#output.write(`${red('Error:')} ${safe(error.message)} ${dim(`[${error.code}]`)}\n`);
    if (error.hint !== undefined) this.#hint(error.hint);
    if (error.code !== 'ALARMSYNC_UNEXPECTED' && !this.#isHeard('debug')) return;
    for (const line of causesOf(error)) this.#output.write(`  ${safe(line)}\n`);
  }

  next(message: string): void {
    if (this.#isHeard('info')) this.#hint(message);
  }

  ofTarget(target: string): MessageLog {
    const { isTTY } = this.#output;
    const write = (line: string): unknown => this.#output.write(`[${target}] ${line}`);
    return new HumanLog({ isTTY, write }, this.level, this.#hasColor);
  }

  [Symbol.dispose](): void {}

  #say(level: LogLevel, message: string): void {
    if (this.#isHeard(level)) this.#output.write(`${message}\n`);
  }

  #hint(message: string): void {
    this.#output.write(`${this.#colors.cyan('Next:')} ${safe(message)}\n`);
  }

  #isHeard(level: LogLevel): boolean {
    return LEVELS.indexOf(level) <= LEVELS.indexOf(this.level);
  }
}

/** The stacks of the error's causes, a line each. */
export function causesOf(error: AlarmSyncError): readonly string[] {
  const lines: string[] = [];
  for (let cause = error.cause; cause instanceof Error && lines.length < 20; cause = cause.cause) {
    lines.push(...(cause.stack ?? cause.message).split('\n'));
  }
  return lines;
}
