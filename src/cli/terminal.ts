// Where results, messages and questions go: the only owner of the console.

import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { MessageLog } from './message-log.ts';
import { StopRequest } from './stop.ts';

export interface TerminalSettings {
  /** Standard output is for events alone. */
  readonly isJson: boolean;
  /** Progress is shown as bars, where standard error is a terminal. */
  readonly wantsBars: boolean;
  /** The target of several that everything is about. */
  readonly target?: string;
}

export class Terminal {
  readonly settings: TerminalSettings;
  /** What is said on standard error. */
  readonly log: MessageLog;
  readonly #streams: Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr'>;
  readonly #output: NodeJS.WriteStream;
  readonly #messages: NodeJS.WriteStream;
  readonly #input: NodeJS.ReadStream;
  /** In front of each line of a result. */
  readonly #prefix: string;

  constructor(
    streams: Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr'>,
    settings: TerminalSettings,
    log: MessageLog,
  ) {
    this.settings = settings;
    this.log = log;
    this.#streams = streams;
    this.#prefix = prefixOf(settings.target);
    this.#output = streams.stdout;
    this.#messages = streams.stderr;
    this.#input = streams.stdin;
  }

  /** The same for one of several targets: each line says which. Bars of several would draw over each other. */
  ofTarget(target: string): Terminal {
    return new Terminal(
      this.#streams,
      { ...this.settings, wantsBars: false, target },
      this.log.ofTarget(target),
    );
  }

  /** True when a person can be asked and can watch. */
  get isInteractive(): boolean {
    return this.#input.isTTY && this.#messages.isTTY;
  }

  get hasProgressBars(): boolean {
    return this.settings.wantsBars && this.#messages.isTTY;
  }

  /** A result. With --json standard output is for events alone, so then it goes to standard error. */
  result(line: string): void {
    if (this.settings.isJson) this.log.result(line);
    else this.#output.write(`${this.#prefix}${line}\n`);
  }

  /** One NDJSON event. */
  event(line: string): void {
    this.#output.write(`${line}\n`);
  }

  /** Results of any length, at the pace at which they are taken; where `result` puts them. */
  async stream(pieces: Iterable<string>): Promise<void> {
    try {
      await pipeline(Readable.from(prefixed(pieces, this.#prefix)), this.#sink());
    } catch (thrown) {
      if (!isBrokenPipe(thrown)) throw thrown;
    }
  }

  /** Ends with what is written to it: what stays open would keep a listener for each time that it was written to. */
  #sink(): Writable {
    const output = this.settings.isJson ? this.#messages : this.#output;
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        output.write(chunk, done);
      },
    });
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
}

/** Shape: `[eu] `; empty where there is one target alone. */
function prefixOf(target: string | undefined): string {
  return target === undefined ? '' : `[${target}] `;
}

/** Pieces end where lines do. */
function* prefixed(pieces: Iterable<string>, prefix: string): Generator<string> {
  for (const piece of pieces) yield prefix === '' ? piece : piece.replaceAll(/^(?!$)/gmu, prefix);
}

function isBrokenPipe(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPIPE';
}
