// One HTTP request -> its whole answer in memory, up to a limit.

import { isAscii } from 'node:buffer';
import { TextDecoder } from 'node:util';

import type { Dispatcher } from 'undici';

import type { Exchange } from './exchange.ts';
import { decodeUtf8, MAX_DISCARDED_BYTES } from './http-answer.ts';
import { tooLong } from './http-error.ts';
import type { HttpHeaders } from './retry-after.ts';

/** An answer whose body was read. */
export interface HttpText {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** '' when the status was one whose body nobody wants. */
  readonly text: string;
}

export interface WholeAnswerSettings {
  readonly limitBytes: number;
  /** The statuses whose body is read; any other answer is given as soon as its head is there. */
  readonly wantsBody: (status: number) => boolean;
}

/** Whoever waits for an answer. */
interface Waiter {
  readonly resolve: (answer: HttpText) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Gathers one answer. It stands at undici's lowest interface: with the stream that undici's `request` makes of each body, however
 * small, a request took 64 to 70 microseconds of processor time, and takes 53 to 56 without (60 000 creates, 3 runs each in turn).
 */
export class WholeAnswer implements Dispatcher.DispatchHandler {
  readonly #exchange: Exchange;
  readonly #settings: WholeAnswerSettings;
  #pieces: Uint8Array[] = [];
  /** Undefined once the answer ended. */
  #waiter: Waiter | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: HttpHeaders = {};
  #givenBytes = 0;
  #isCut = false;

  private constructor(exchange: Exchange, settings: WholeAnswerSettings, waiter: Waiter) {
    this.#exchange = exchange;
    this.#settings = settings;
    this.#waiter = waiter;
    exchange.onCut = () => {
      this.#isCut = true;
      this.#fail(exchange.errorOf(cutShort()));
    };
  }

  /**
   * Sends a request, and waits for the end of its answer.
   * @throws {ALARMSYNC_SERVICE_MALFORMED} when it is longer than the limit or not UTF-8, TIMEOUT, CONNECTION; the signal's own reason.
   */
  static async to(
    dispatcher: Dispatcher,
    request: Dispatcher.DispatchOptions,
    exchange: Exchange,
    settings: WholeAnswerSettings,
  ): Promise<HttpText> {
    return new Promise((resolve, reject) => {
      const answer = new WholeAnswer(exchange, settings, { resolve, reject });
      try {
        dispatcher.dispatch(request, answer);
      } catch (thrown) {
        answer.#fail(exchange.errorOf(thrown));
      }
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#exchange.lookAtClock();
    // Given up or out of time while it waited for a connection: nothing of it may leave.
    if (this.#isCut) controller.abort(cutShort());
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
    const isInformational = status < 200;
    if (!isInformational && !this.#settings.wantsBody(status))
      this.#waiter?.resolve({ status, headers, text: '' });
  }

  onResponseData(_controller: Dispatcher.DispatchController, piece: Uint8Array): void {
    const isWanted = this.#settings.wantsBody(this.#status);
    const limitBytes = isWanted ? this.#settings.limitBytes : MAX_DISCARDED_BYTES;
    this.#givenBytes += piece.byteLength;
    if (this.#givenBytes > limitBytes) this.#fail(tooLong(limitBytes, this.#exchange.where));
    else if (isWanted) this.#pieces.push(piece);
  }

  onResponseEnd(): void {
    try {
      this.#waiter?.resolve({ status: this.#status, headers: this.#headers, text: this.#text() });
    } catch (thrown) {
      this.#waiter?.reject(thrown);
    }
    this.#letGo();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(this.#exchange.errorOf(error));
  }

  #text(): string {
    const whole = Buffer.concat(this.#pieces);
    // Most answers are ASCII, which needs no decoder that looks for what is not UTF-8.
    if (isAscii(whole)) return whole.toString('latin1');
    return decodeUtf8(new TextDecoder('utf-8', { fatal: true }), whole, this.#exchange.where, false);
  }

  /** Whoever waits hears of it at once, if the answer was not given yet; the connection is closed. */
  #fail(reason: unknown): void {
    const controller = this.#controller;
    this.#waiter?.reject(reason);
    this.#letGo();
    controller?.abort(cutShort());
  }

  /**
   * What is over refers to nothing: requests and answers that refer to each other outlive small garbage collections together.
   * Measured on 60 000 creates: 2.5 s (2.4 to 2.6 s) when they did, 2.2 s (2.15 to 2.25 s) now.
   */
  #letGo(): void {
    this.#exchange[Symbol.dispose]();
    this.#waiter = undefined;
    this.#controller = undefined;
    this.#pieces = [];
    this.#headers = {};
  }
}

function cutShort(): Error {
  return new Error('the answer is not waited for any more');
}
