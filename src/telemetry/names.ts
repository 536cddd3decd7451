// What the stages publish, by name: the one vocabulary that events, logs, metrics and traces subscribe to.

import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';

import type { FailureClass } from '../alarm/errors.ts';

export type PhaseName = 'source' | 'listing' | 'diff' | 'plan' | 'drain' | 'report';
export type PhaseState = 'started' | 'sealed' | 'done' | 'refused' | 'stopped';
export type Action = 'create' | 'update' | 'delete';
export type OperationOutcome = 'done' | 'retryable' | 'failed' | 'conflict' | 'held';

/** Of alarms: how many operations of each kind. */
export type ActionCounts = Readonly<Record<Action, number>>;

/** What the trace of a run tells of a request besides. */
export interface TracedRequest {
  /** 16 hexadecimal digits; the service heard them in `traceparent`, unless the request is told only since it failed. */
  readonly spanId: string;
  /** Of the run that it is sent for; the span is the run's own. */
  readonly trace: { readonly traceId: string; readonly spanId: string };
  readonly startedEpochMs: number;
  /** Where it went, without query. Shape: `https://alarms.example.com/alarms/cpu`. */
  readonly url: string;
  /** Why no answer came, or no whole one: the code or the name of an error. */
  readonly failure?: string;
}

/** Shapes of the messages, by channel. A time or duration that is not stated is added by the subscriber. */
export interface TelemetryMessages {
  /** A run is at work in this process: told before it plans, and again before it applies. */
  run: {
    readonly runId: string;
    readonly kind: 'sync' | 'rollback';
    /** Without credentials. */
    readonly serviceAddress: string;
    /** Requests a second; 0 for none. */
    readonly quotaPerSecond: number;
    /** When a run last left the service as its file says, in epoch milliseconds; absent when none did. */
    readonly lastSuccessEpochMs?: number;
  };
  phase: {
    readonly name: PhaseName;
    readonly state: PhaseState;
    /** When, where it is heard later than it happened: another thread's are. In epoch milliseconds. */
    readonly atEpochMs?: number;
  };
  /** `total` is absent while nobody knows it. Counts: rows, alarms, or operations. */
  progress: { readonly phase: PhaseName; readonly done: number; readonly total?: number };
  invalid_row: { readonly line: number; readonly column: string; readonly reason: string };
  /** Rows were written into a scratch database. */
  staged: {
    readonly database: 'desired' | 'existing';
    readonly path: string;
    readonly rowCount: number;
    readonly durationMs: number;
  };
  /** The plan stands; the counts are of alarms. */
  planned: {
    readonly operations: ActionCounts;
    readonly unchangedCount: number;
    /** Alarms in scope at the service. */
    readonly existingCount: number;
    readonly refusals: readonly { readonly code: string; readonly message: string; readonly hint: string }[];
  };
  operation: {
    readonly action: Action;
    readonly name: string;
    readonly outcome: OperationOutcome;
    readonly attempts: number;
    /** Absent for an alarm. */
    readonly subject?: 'downtime';
    readonly failureClass?: FailureClass;
  };
  /** A step with the service that failed and is done again. */
  retry: { readonly phase: 'listing' | 'drain'; readonly failureClass: FailureClass };
  /** The service answered, or did not. */
  request: {
    readonly method: string;
    /** Path with what identifies one alarm replaced, or the name of the call: few of them, whatever the number of alarms. Shape: `/alarms/{id}`. */
    readonly resource: string;
    /** Absent when there was no answer. */
    readonly status?: number;
    readonly durationMs: number;
    /** Others that were under way when this one ended. */
    readonly inFlightCount: number;
    /** Absent for one that is not told by itself in the trace of the run. */
    readonly traced?: TracedRequest;
  };
  /** The drain ended, for now; the counts are those of the summary line. */
  drained: {
    readonly done: ActionCounts;
    readonly failedCount: number;
    readonly conflictCount: number;
    readonly unfinishedCount: number;
  };
  diagnostic: { readonly code: string; readonly message: string; readonly hint?: string };
}

export type TelemetryName = keyof TelemetryMessages;

export const TELEMETRY_NAMES: readonly TelemetryName[] = [
  'run',
  'phase',
  'progress',
  'invalid_row',
  'staged',
  'planned',
  'operation',
  'retry',
  'request',
  'drained',
  'diagnostic',
];

/** The diagnostics channel of that name. Per thread: a worker's messages are forwarded by its entry file. */
export function channelName(name: TelemetryName): string {
  return `alarmsync:${name}`;
}

const channels = new Map(TELEMETRY_NAMES.map((name) => [name, channel(channelName(name))] as const));

/** Publishes one message; costs one look-up when nobody listens. */
export function publish<Name extends TelemetryName>(name: Name, message: TelemetryMessages[Name]): void {
  const target = channels.get(name);
  if (target?.hasSubscribers === true) target.publish(message);
}

/** True when it is worth measuring what a message of that name would say. */
export function isHeard(name: TelemetryName): boolean {
  return channels.get(name)?.hasSubscribers === true;
}

/** Which target of several is at work: what is published then is of it. */
const targetAtWork = new AsyncLocalStorage<string | undefined>();

/** Undefined where there is one alone, and for what is done for all of them. */
export function targetHere(): string | undefined {
  return targetAtWork.getStore();
}

/** Whatever is published while `work` lasts, and from whatever it starts, is of that target. */
export function inTarget<Result>(target: string | undefined, work: () => Result): Result {
  // A storage that was never run costs nothing; one that was makes every promise of the process dearer.
  return target === targetHere() ? work() : targetAtWork.run(target, work);
}

/** What a subscriber wants to hear, by name. */
export type TelemetryListeners = {
  readonly [Name in TelemetryName]?: (message: TelemetryMessages[Name]) => void;
};

/** Hears these names until it is disposed: of the target that was at work when it began to listen, or of none. */
export function listen(listeners: TelemetryListeners): Disposable {
  const target = targetHere();
  const listening = TELEMETRY_NAMES.flatMap((name) => {
    const listener = decodeListener(listeners[name]);
    if (listener === undefined) return [];
    const ofTarget = (message: unknown): void => {
      if (targetHere() === target) listener(message);
    };
    return [{ name: channelName(name), listener: ofTarget }];
  });
  for (const { name, listener } of listening) subscribe(name, listener);
  return {
    [Symbol.dispose]: () => {
      for (const { name, listener } of listening) unsubscribe(name, listener);
    },
  };
}

/** Channels carry whatever was published there, and only `publish` does that. */
function decodeListener(listener: unknown): ((message: unknown) => void) | undefined {
  return listener as ((message: unknown) => void) | undefined;
}
