// Where results, messages and questions go: the only owner of the console.

import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { createColors } from 'picocolors';

import type { AlarmSyncError } from '../alarm/errors.ts';
import { safe } from '../pipeline/report/escape.ts';
import { StopRequest } from './stop.ts';

export interface TerminalSettings {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isVerbose: boolean;
  readonly hasColor: boolean;
}

export class Terminal {
  readonly settings: TerminalSettings;
  readonly #output: NodeJS.WriteStream;
  readonly #messages: NodeJS.WriteStream;
  readonly #input: NodeJS.ReadStream;

  constructor(streams: Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr'>, settings: TerminalSettings) {
    this.settings = settings;
    this.#output = streams.stdout;
    this.#messages = streams.stderr;
    this.#input = streams.stdin;
  }

  /** True when a person can be asked and can watch. */
  get isInteractive(): boolean {
    return this.#input.isTTY && this.#messages.isTTY;
  }

  get hasProgressBars(): boolean {
    return this.#messages.isTTY;
  }

  /** A result. With --json standard output is for events alone, so then it goes to standard error. */
  result(line: string): void {
    (this.settings.isJson ? this.#messages : this.#output).write(`${line}\n`);
  }

  /** One NDJSON event. */
  event(line: string): void {
    this.#output.write(`${line}\n`);
  }

  /** Results of any length, at the pace at which they are taken; where `result` puts them. */
  async stream(pieces: Iterable<string>): Promise<void> {
    try {
      await pipeline(Readable.from(pieces), this.settings.isJson ? this.#messages : this.#output, {
        end: false,
      });
    } catch (thrown) {
      if (!isBrokenPipe(thrown)) throw thrown;
    }
  }

  info(message: string): void {
    if (!this.settings.isQuiet) this.#messages.write(`${message}\n`);
  }

  detail(message: string): void {
    if (this.settings.isVerbose) this.info(message);
  }

  warn(message: string): void {
    this.#messages.write(`${this.#colors.yellow('Warning:')} ${safe(message)}\n`);
  }

  /** What was expected, what came, where; and what to do next. */
  fault(error: AlarmSyncError): void {
    const colors = this.#colors;
    this.#messages.write(`${colors.red('Error:')} ${safe(error.message)} ${colors.dim(`[${error.code}]`)}\n`);
    if (error.hint !== undefined) this.#hint(error.hint);
    if (error.code !== 'ALARMSYNC_UNEXPECTED' && !this.settings.isVerbose) return;
    for (const line of causesOf(error)) this.#messages.write(`  ${safe(line)}\n`);
  }

  /** What to do next, when all went well. */
  next(message: string): void {
    if (!this.settings.isQuiet) this.#hint(message);
  }

  #hint(message: string): void {
    this.#messages.write(`${this.#colors.cyan('Next:')} ${safe(message)}\n`);
  }

  /** Asks, and gives true only for a plain yes; the end of input is a no. @throws {StopRequest} on Ctrl-C or a signal. */
  async confirm(question: string, signal: AbortSignal): Promise<boolean> {
    const lines = createInterface({ input: this.#input, output: this.#messages });
    const ended = once(lines, 'close').then(() => '');
    try {
      const answer = await Promise.race([lines.question(`${question} [y/N] `, { signal }), ended]);
      return /^y(es)?$/iu.test(answer.trim());
    } catch {
      signal.throwIfAborted();
      throw new StopRequest(130, 'Ctrl-C');
    } finally {
      lines.close();
    }
  }

  get #colors(): ReturnType<typeof createColors> {
    return createColors(this.settings.hasColor && this.#messages.isTTY);
  }
}

function isBrokenPipe(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPIPE';
}

function causesOf(error: AlarmSyncError): readonly string[] {
  const lines: string[] = [];
  for (let cause = error.cause; cause instanceof Error && lines.length < 20; cause = cause.cause) {
    lines.push(...(cause.stack ?? cause.message).split('\n'));
  }
  return lines;
}
