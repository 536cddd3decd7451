// Signals and time limits -> an orderly stop of the run, and the exit code it means.

/** Why a run was asked to stop. */
export class StopRequest extends Error {
  readonly exitCode: number;
  readonly reason: string;

  constructor(exitCode: number, reason: string) {
    super(`stopped by ${reason}`);
    this.exitCode = exitCode;
    this.reason = reason;
  }
}

/** What is in flight when the run stops may take this long to end. */
const GRACE_MS = 10_000;

/** What nobody waits for any more may keep the process that long. */
const LEAVE_MS = 500;

/** Longest delay a timer takes; a run stopped after 24 days can be resumed like any other. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * `stop` aborts at the first signal or when the time is up; `kill` a grace time later.
 * A second signal ends the process at once, which is as safe as SIGKILL.
 */
export class StopControl implements Disposable {
  readonly #stop = new AbortController();
  readonly #kill = new AbortController();
  readonly #process: NodeJS.Process;
  readonly #listeners: readonly (readonly [NodeJS.Signals, () => void])[];
  #graceTimer: NodeJS.Timeout | undefined;
  #durationTimer: NodeJS.Timeout | undefined;

  constructor(host: NodeJS.Process, announce: (message: string) => void) {
    this.#process = host;
    this.#listeners = (['SIGINT', 'SIGTERM'] as const).map((name) => [
      name,
      () => {
        if (this.#stop.signal.aborted) host.exit(SIGNALS[name]);
        announce(`${name}: finishing what is in flight; once more ends at once`);
        this.#request(new StopRequest(SIGNALS[name], name));
      },
    ]);
    for (const [name, listener] of this.#listeners) host.on(name, listener);
  }

  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  get kill(): AbortSignal {
    return this.#kill.signal;
  }

  /** Why the run was asked to stop; undefined when it was not. */
  get request(): StopRequest | undefined {
    const reason: unknown = this.#stop.signal.reason;
    return reason instanceof StopRequest ? reason : undefined;
  }

  /** Stops the run after that long. */
  limitDuration(durationMs: number): void {
    this.#durationTimer = setTimeout(
      () => {
        this.#request(new StopRequest(10, '--max-duration'));
      },
      Math.min(durationMs, MAX_TIMER_MS),
    );
    this.#durationTimer.unref();
  }

  /** Ends the process shortly after its last work, though a connection that was given up may still be open. */
  leaveSoon(): void {
    setTimeout(() => this.#process.exit(), LEAVE_MS).unref();
  }

  [Symbol.dispose](): void {
    for (const [name, listener] of this.#listeners) this.#process.off(name, listener);
    clearTimeout(this.#graceTimer);
    clearTimeout(this.#durationTimer);
  }

  #request(request: StopRequest): void {
    this.#stop.abort(request);
    this.#graceTimer ??= setTimeout(() => this.#kill.abort(request), GRACE_MS);
    this.#graceTimer.unref();
  }
}
