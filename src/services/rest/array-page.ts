// Turns one JSON array of alarms, of any size and still on the wire, into pages.
//
// stream-json cuts the text into tokens and builds the elements one at a time. Its own streamArray would make floats of all numbers,
// so the assembler is driven here, without Node streams between: 300 000 alarms/s, where streamArray gives 54 000, and 130 000 with
// `streamValues: false`.

import { Assembler } from 'stream-json/core/assembler.js';
import { jsonParser } from 'stream-json/core/parser.js';
import type { Token } from 'stream-json/core/parser.js';

import type { AlarmSyncError } from '../../alarm/errors.ts';
import { parseNumber } from '../../alarm/json.ts';
import type { JsonValue } from '../../alarm/json.ts';
import type { AlarmPage, ListedAlarm } from '../alarm-service.ts';
import { malformed } from '../http-error.ts';
import { decodeListed, MAX_DEPTH } from './wire.ts';

/** Longest text of one element, give or take one piece of the answer. */
const MAX_ELEMENT_BYTES = 16 * 1024 * 1024;

/**
 * Pages of `pageSize` alarms. All but the last have the cursor '', which cannot be resumed from; the last has null, and comes only when the array was closed and nothing followed.
 * @param chunks the JSON text in pieces
 * @throws {ALARMSYNC_SERVICE_MALFORMED} when the array is cut, is followed by more, or holds anything but alarms of at most 16 MiB.
 */
export async function* pagesOfArray(
  chunks: AsyncIterable<string>,
  pageSize: number,
  where: string,
): AsyncGenerator<AlarmPage, void, void> {
  const splitter = new ArraySplitter(where);
  let alarms: ListedAlarm[] = [];
  for await (const chunk of chunks) {
    for (const element of splitter.push(chunk)) {
      // Held back until another follows: only then is this page known not to be the last.
      if (alarms.length === pageSize) {
        yield { alarms, nextCursor: '' };
        alarms = [];
      }
      alarms.push(decodeListed(element, where));
    }
  }
  splitter.requireClosed();
  yield { alarms, nextCursor: null };
}

/** Gives the elements of an array as soon as their text is there. */
class ArraySplitter {
  readonly #parse = jsonParser({ streamValues: false });
  readonly #assembler = new NumberKeepingAssembler();
  readonly #where: string;
  #pendingBytes = 0;

  constructor(where: string) {
    this.#where = where;
  }

  push(chunk: string): JsonValue[] {
    const elements: JsonValue[] = [];
    for (const token of this.#tokens(chunk)) {
      if (this.#assembler.done && token.name !== 'startArray') throw this.#fault('got something else');
      this.#assembler.consume(token);
      if (this.#assembler.depth > MAX_DEPTH + 1) throw this.#fault(`got one nested over ${MAX_DEPTH} deep`);
      elements.push(...this.#assembler.takeElements());
    }
    this.#pendingBytes = elements.length > 0 ? 0 : this.#pendingBytes + Buffer.byteLength(chunk);
    if (this.#pendingBytes > MAX_ELEMENT_BYTES)
      throw this.#fault(`got an element of over ${MAX_ELEMENT_BYTES} bytes`);
    return elements;
  }

  requireClosed(): void {
    if (!this.#assembler.isClosed) throw this.#fault('got one that was cut');
  }

  // The parser's own error is dropped: it may quote the text.
  #tokens(chunk: string): readonly Token[] {
    try {
      const tokens = this.#parse(chunk);
      return typeof tokens === 'symbol' ? [] : tokens.values;
    } catch {
      throw this.#fault('got other text');
    }
  }

  #fault(got: string): AlarmSyncError {
    return malformed(`expected one JSON array of alarms, ${got}`, this.#where);
  }
}

/** The assembler of stream-json, but for numbers, which keep their text where a float would change it. */
class NumberKeepingAssembler extends Assembler<JsonValue[]> {
  #isClosed = false;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  override numberValue(text: string): void {
    const container: unknown = this.current;
    const value = parseNumber(text);
    if (Array.isArray(container)) container.push(value);
    else if (typeof container === 'object' && container !== null && this.key !== null) {
      // Like JSON.parse: an own property even for `__proto__`.
      Object.defineProperty(container, this.key, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
      this.key = null;
    }
  }

  override endArray(): void {
    this.#isClosed = this.depth === 1;
    super.endArray();
  }

  /** Takes the finished elements out of the top array. */
  takeElements(): JsonValue[] {
    return this.depth === 1 && Array.isArray(this.current) ? this.current.splice(0) : [];
  }
}
