// A request -> the fault it meets, if any: what fails, before or after the service has acted.

/** Kinds of request, as faults tell them apart. */
export type CallKind = 'list' | 'read' | 'write';

export interface Fault {
  /** Requests that can meet it. */
  readonly on: 'any' | 'read' | 'write';
  /** Whether the service acts; a fault can hide that it did. */
  readonly isApplied: boolean;
  /**
   * What the client gets instead of the answer. `answer`: the true one, late. A number: that HTTP status.
   * `cut`: the first half of the true answer, then the end of the connection. `status-500`: HTTP 200 that says "500" inside.
   */
  readonly after: 'answer' | 'destroy' | 'cut' | 'not-json' | 'status-500' | 'nothing' | number;
}

export type FaultName =
  | 'down'
  | 'throttle'
  | 'drop-before'
  | 'drop-after'
  | 'error-before'
  | 'error-after'
  | 'ack-cut'
  | 'ack-not-json'
  | 'ack-status-500'
  | 'read-failure'
  | 'hang'
  | 'slow';

/** The fault table. Where several could strike, the first does. */
export const FAULTS: Readonly<Record<FaultName, Fault>> = {
  down: { on: 'any', isApplied: false, after: 503 },
  throttle: { on: 'any', isApplied: false, after: 429 },
  'drop-before': { on: 'any', isApplied: false, after: 'destroy' },
  'drop-after': { on: 'write', isApplied: true, after: 'destroy' },
  'error-before': { on: 'write', isApplied: false, after: 500 },
  'error-after': { on: 'write', isApplied: true, after: 504 },
  'ack-cut': { on: 'write', isApplied: true, after: 'cut' },
  'ack-not-json': { on: 'write', isApplied: true, after: 'not-json' },
  'ack-status-500': { on: 'write', isApplied: false, after: 'status-500' },
  'read-failure': { on: 'read', isApplied: false, after: 500 },
  hang: { on: 'any', isApplied: false, after: 'nothing' },
  slow: { on: 'any', isApplied: true, after: 'answer' },
};

/** What a rule may look at. */
export interface FaultRequest {
  readonly kind: CallKind;
  readonly method: string;
  /** Empty for a listing. */
  readonly name: string;
}

export interface FaultSettings {
  /** For each fault the share of requests that meet it, 0-1, or a rule that says which do. */
  readonly rules: Readonly<Partial<Record<FaultName, number | ((request: FaultRequest) => boolean)>>>;
  /** The same seed strikes the same requests, as long as they come in the same order. */
  readonly seed: number;
  readonly slowMs: number;
  /** How long the service stays down once it is. */
  readonly downMs: number;
  /** What `throttle` says in Retry-After, in whole seconds rounded up. */
  readonly retryAfterMs: number;
}

export class FaultPicker {
  readonly #settings: FaultSettings;
  readonly #names: readonly FaultName[];
  readonly #random: () => number;
  #downUntilMs = 0;

  constructor(settings: FaultSettings) {
    this.#settings = settings;
    this.#names = faultNames().filter((name) => settings.rules[name] !== undefined);
    this.#random = seededRandom(settings.seed);
  }

  /** The fault that this request meets. @param nowMs the time on a clock that never goes back. */
  pick(request: FaultRequest, nowMs: number): FaultName | undefined {
    if (nowMs < this.#downUntilMs) return 'down';
    const name = this.#names.find((candidate) => this.#strikes(candidate, request));
    if (name === 'down') this.#downUntilMs = nowMs + this.#settings.downMs;
    return name;
  }

  /** How long a client is asked to wait after that fault; undefined where none is asked to. */
  retryAfterMs(name: FaultName, nowMs: number): number | undefined {
    if (name === 'throttle') return this.#settings.retryAfterMs;
    return name === 'down' ? this.#downUntilMs - nowMs : undefined;
  }

  #strikes(name: FaultName, request: FaultRequest): boolean {
    const { on } = FAULTS[name];
    if (on !== 'any' && (on === 'write') !== (request.kind === 'write')) return false;
    const rule = this.#settings.rules[name] ?? 0;
    return typeof rule === 'number' ? this.#random() < rule : rule(request);
  }
}

/** Every fault there is, in the order of the table. */
export function faultNames(): readonly FaultName[] {
  return Object.keys(FAULTS).filter(isFaultName);
}

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

/** Source: mulberry32 by Tommy Ettinger, public domain. */
function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
