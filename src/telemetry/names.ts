// What the stages publish, by name: the one vocabulary that events, logs, metrics and traces subscribe to.

import { channel } from 'node:diagnostics_channel';

import type { FailureClass } from '../alarm/errors.ts';

export type PhaseName = 'source' | 'listing' | 'diff' | 'plan' | 'drain' | 'report';
export type PhaseState = 'started' | 'sealed' | 'done' | 'refused' | 'stopped';
export type OperationOutcome = 'done' | 'retryable' | 'failed' | 'conflict' | 'held';

/** Shapes of the messages, by channel. Times and durations are added by the subscriber. */
export interface TelemetryMessages {
  phase: { readonly name: PhaseName; readonly state: PhaseState };
  /** `total` is absent while nobody knows it. Counts: rows, alarms, or operations. */
  progress: { readonly phase: PhaseName; readonly done: number; readonly total?: number };
  invalid_row: { readonly line: number; readonly column: string; readonly reason: string };
  operation: {
    readonly action: 'create' | 'update' | 'delete';
    readonly name: string;
    readonly outcome: OperationOutcome;
    readonly attempts: number;
    /** Absent for an alarm. */
    readonly subject?: 'downtime';
    readonly failureClass?: FailureClass;
  };
  diagnostic: { readonly code: string; readonly message: string; readonly hint?: string };
}

export type TelemetryName = keyof TelemetryMessages;

export const TELEMETRY_NAMES = ['phase', 'progress', 'invalid_row', 'operation', 'diagnostic'] as const;

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
