// One HTTP answer whose body is still on the wire -> its pieces, as they come.

import { TextDecoder } from 'node:util';

import type { Dispatcher } from 'undici';

import type { Exchange } from './exchange.ts';
import { malformed, tooLong } from './http-error.ts';
import type { HttpHeaders } from './retry-after.ts';

/** What is read of a body nobody wants, so that its connection can serve the next request. */
export const MAX_DISCARDED_BYTES: number = 64 * 1024;

/** White space looked through for the first character of a body. */
const MAX_BLANK_BYTES = 64 * 1024;

/** JSON white space, and the bytes of a byte-order mark. */
const BLANK_BYTES: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);

/**
 * An answer whose body is still on the wire. Call `bytes`, `chunks` or `discard` once; `firstCharacter` may come before.
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

  private constructor(data: Dispatcher.ResponseData, exchange: Exchange) {
    this.status = data.statusCode;
    this.headers = data.headers;
    this.#body = data.body;
    this.#exchange = exchange;
    // A body destroyed before its end emits an error that nobody waits for any more.
    this.#body.on('error', () => {});
    this.#pieces = this.#body[Symbol.asyncIterator]();
  }

  /** Sends a request, and waits for the head of its answer. @throws {ALARMSYNC_SERVICE_TIMEOUT}, CONNECTION; the signal's own reason. */
  static async to(
    dispatcher: Dispatcher,
    request: Dispatcher.DispatchOptions,
    exchange: Exchange,
  ): Promise<HttpAnswer> {
    const cut = new AbortController();
    exchange.onCut = () => cut.abort();
    try {
      return new HttpAnswer(await dispatcher.request({ ...request, signal: cut.signal }), exchange);
    } catch (thrown) {
      exchange[Symbol.dispose]();
      throw exchange.errorOf(thrown);
    }
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
        yield decodeUtf8(decoder, piece, this.#exchange.where, true);
      }
      yield decodeUtf8(decoder, new Uint8Array(), this.#exchange.where, false);
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
    throw tooLong(limitBytes, this.#exchange.where);
  }
}

/** @throws {ALARMSYNC_SERVICE_MALFORMED} for what is not UTF-8: silent replacement characters would make one name out of another. */
export function decodeUtf8(decoder: TextDecoder, bytes: Uint8Array, where: string, isMore: boolean): string {
  try {
    return decoder.decode(bytes, { stream: isMore });
  } catch {
    throw malformed('expected UTF-8, got other bytes', where);
  }
}
