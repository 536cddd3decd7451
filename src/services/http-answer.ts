// Turns one HTTP answer on the wire into text: whole up to a limit, or piece by piece.

import { isAscii } from 'node:buffer';
import { EventEmitter } from 'node:events';
import { TextDecoder } from 'node:util';

import type { Dispatcher } from 'undici';

import { onAbort } from './abort-listener.ts';
import { errorOfFailure, malformed, timedOut } from './http-error.ts';
import type { HttpHeaders } from './retry-after.ts';

/** What is read of a body nobody wants, so that its connection can serve the next request. */
const MAX_DISCARDED_BYTES = 64 * 1024;

/** White space looked through for the first character of a body. */
const MAX_BLANK_BYTES = 64 * 1024;

/** JSON white space, and the bytes of a byte-order mark. */
const BLANK_BYTES: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);

/** One request and its answer, with the two things that may cut them short: the caller's signal and the clock. */
export class Exchange implements Disposable {
  readonly where: string;
  /** What undici listens to. It takes an emitter as well as an AbortSignal, whose making was 4 % of a drain's time. */
  readonly signal: EventEmitter = new EventEmitter();
  readonly #caller: AbortSignal;
  readonly #timeoutMs: number;
  readonly #stopListening: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isTimedOut = false;

  constructor(where: string, caller: AbortSignal, timeoutMs: number) {
    this.where = where;
    this.#caller = caller;
    this.#timeoutMs = timeoutMs;
    this.#stopListening = onAbort(caller, () => this.signal.emit('abort'));
  }

  startClock(): void {
    this.stopClock();
    this.#timer = setTimeout(() => {
      this.#isTimedOut = true;
      this.signal.emit('abort');
    }, this.#timeoutMs);
  }

  stopClock(): void {
    clearTimeout(this.#timer);
  }

  /** What to throw for what was thrown: the caller's own reason untouched, else an AlarmSyncError. */
  errorOf(thrown: unknown): unknown {
    if (this.#caller.aborted) return this.#caller.reason;
    return this.#isTimedOut ? timedOut(this.#timeoutMs, this.where) : errorOfFailure(thrown, this.where);
  }

  [Symbol.dispose](): void {
    this.stopClock();
    this.#stopListening();
  }
}

/**
 * An answer whose body is still on the wire. Call `text`, `bytes`, `chunks` or `discard` once; `firstCharacter` may come before.
 * The request's clock runs until the body is read; under `chunks` it runs only while waiting for the next piece.
 */
export class HttpAnswer {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly #body: Dispatcher.ResponseData['body'];
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #exchange: Exchange;
  /** What `firstCharacter` read ahead. */
  readonly #head: Uint8Array[] = [];
  /** Of the body, to whoever asked for it within a limit. */
  #givenBytes = 0;

  constructor(data: Dispatcher.ResponseData, exchange: Exchange) {
    this.status = data.statusCode;
    this.headers = data.headers;
    this.#body = data.body;
    this.#exchange = exchange;
    // A body destroyed before its end emits an error that nobody waits for any more.
    this.#body.on('error', () => {});
    this.#pieces = this.#body[Symbol.asyncIterator]();
  }

  /** The first character of the body that is not white space; '' when there is none within 64 KiB. */
  async firstCharacter(): Promise<string> {
    for (let blankBytes = 0; blankBytes < MAX_BLANK_BYTES;) {
      const piece = await this.#next();
      if (piece === undefined) return '';
      this.#head.push(piece);
      const first = piece.find((byte) => !BLANK_BYTES.has(byte));
      if (first !== undefined) return String.fromCharCode(first);
      blankBytes += piece.byteLength;
    }
    return '';
  }

  /**
   * The whole body.
   * @throws {ALARMSYNC_SERVICE_MALFORMED} when it is longer than the limit or not UTF-8, and what `chunks` throws.
   */
  async text(limitBytes: number): Promise<string> {
    using _exchange = this.#exchange;
    const pieces: Uint8Array[] = [];
    for (;;) {
      const piece = await this.#nextWithin(limitBytes);
      if (piece === undefined) break;
      pieces.push(piece);
    }
    const whole = Buffer.concat(pieces);
    // Most answers are ASCII, which needs no decoder that looks for what is not UTF-8.
    if (isAscii(whole)) return whole.toString('latin1');
    return this.#decode(new TextDecoder('utf-8', { fatal: true }), whole, false);
  }

  /**
   * The bytes as they come.
   * @throws {ALARMSYNC_SERVICE_MALFORMED} when there are more than the limit, TIMEOUT, CONNECTION; the signal's own reason.
   */
  async *bytes(limitBytes: number): AsyncGenerator<Uint8Array, void, void> {
    using _exchange = this.#exchange;
    try {
      for (;;) {
        const piece = await this.#nextWithin(limitBytes);
        if (piece === undefined) return;
        yield piece;
      }
    } finally {
      this.#body.destroy();
    }
  }

  /**
   * The body as it comes, without a limit.
   * @throws {ALARMSYNC_SERVICE_TIMEOUT} when the next piece takes too long, CONNECTION, MALFORMED; the signal's own reason.
   */
  async *chunks(): AsyncGenerator<string, void, void> {
    using _exchange = this.#exchange;
    const decoder = new TextDecoder('utf-8', { fatal: true });
    try {
      for (;;) {
        this.#exchange.startClock();
        const piece = this.#head.shift() ?? (await this.#next());
        // While the consumer is busy, the service is not to blame.
        this.#exchange.stopClock();
        if (piece === undefined) break;
        yield this.#decode(decoder, piece, true);
      }
      yield this.#decode(decoder, new Uint8Array(), false);
    } finally {
      this.#body.destroy();
    }
  }

  /** Lets go of the body without waiting for it. */
  discard(): void {
    if (this.#head.length > 0) this.#body.destroy();
    void this.#body
      .dump({ limit: MAX_DISCARDED_BYTES })
      .catch(() => {})
      .finally(() => this.#exchange[Symbol.dispose]());
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const step = await this.#pieces.next();
      return step.done === true ? undefined : step.value;
    } catch (error) {
      this.#exchange[Symbol.dispose]();
      throw this.#exchange.errorOf(error);
    }
  }

  async #nextWithin(limitBytes: number): Promise<Uint8Array | undefined> {
    const piece = this.#head.shift() ?? (await this.#next());
    this.#givenBytes += piece?.byteLength ?? 0;
    if (this.#givenBytes <= limitBytes) return piece;
    this.#body.destroy();
    throw malformed(`expected an answer of at most ${limitBytes} bytes, got more`, this.#exchange.where, {
      hint: 'if it was a page of the listing, ask for smaller ones with --page-size',
    });
  }

  // Silent replacement characters would make one name out of another.
  #decode(decoder: TextDecoder, bytes: Uint8Array, isMore: boolean): string {
    try {
      return decoder.decode(bytes, { stream: isMore });
    } catch {
      throw malformed('expected UTF-8, got other bytes', this.#exchange.where);
    }
  }
}
