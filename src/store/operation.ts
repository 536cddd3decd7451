// One operation of a plan as the ledger knows it, and what may become of it.

import type { FailureClass } from '../alarm/errors.ts';

export const ACTIONS = ['create', 'update', 'delete'] as const;
export type Action = (typeof ACTIONS)[number];
export const OPERATION_STATES = [
  'pending',
  'sent',
  'done',
  'retryable',
  'failed',
  'conflict',
  'held',
] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

/** What it takes to send an operation; texts are JSON of `params`. */
export interface ClaimedOperation {
  readonly id: number;
  readonly action: Action;
  readonly name: string;
  readonly attemptCount: number;
  readonly wasAmbiguous: boolean;
  readonly beforeParams: string | null;
  readonly afterParams: string | null;
  readonly handle: string | null;
  readonly etag: string | null;
}

/** What an operation changes, and nothing that differs between two plans of the same facts. */
export type OperationImages = Pick<ClaimedOperation, 'name' | 'beforeParams' | 'afterParams'>;

/** The same with its state, and how it came to it. */
export interface Operation extends ClaimedOperation {
  readonly state: OperationState;
  readonly fileLine: number | null;
  readonly sentAtMs: number | null;
  readonly settledAtMs: number | null;
  readonly failureClass: FailureClass | null;
  readonly failureStatus: number | null;
  readonly failureMessage: string | null;
  /** What the write really replaced and sent, where that is not `beforeParams` and `afterParams`. */
  readonly replacedParams: string | null;
  readonly sentParams: string | null;
}

/** How one operation ended, or that it goes back to be taken again (`pending`). */
export interface Settlement {
  readonly id: number;
  readonly state: Exclude<OperationState, 'sent' | 'held'>;
  readonly attemptCount: number;
  readonly wasAmbiguous: boolean;
  readonly atMs: number;
  readonly failureClass?: FailureClass;
  readonly failureStatus?: number;
  readonly failureMessage?: string;
  readonly replacedParams?: string;
  readonly sentParams?: string;
}

/** Which operations to show. `failed` means parked, retryable, in conflict, held or of unknown outcome. */
export interface OperationFilter {
  readonly action?: Action;
  readonly failed?: boolean;
  /** SQLite GLOB over the whole name, case-sensitive. */
  readonly nameGlob?: string;
  readonly limitCount?: number;
}

export type OperationCounts = Readonly<Record<Action, Readonly<Record<OperationState, number>>>>;
