// An error as it crosses to another thread or process, which keeps no classes.

import { AlarmSyncError, asAlarmSyncError, type ErrorCode, type FailureClass } from './errors.ts';

export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly failureClass: FailureClass;
  readonly hint?: string | undefined;
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly stack?: string | undefined;
}

export function plainErrorOf(thrown: unknown): PlainError {
  const { code, message, hint, status, failureClass, retryAfterMs, stack, cause } = asAlarmSyncError(thrown);
  return {
    code,
    message,
    hint,
    status,
    failureClass,
    retryAfterMs,
    stack: cause instanceof Error ? cause.stack : stack,
  };
}

export function errorOf(plain: PlainError): AlarmSyncError {
  const { hint, status, failureClass, retryAfterMs, stack } = plain;
  const cause = new Error('in a thread or process of its own');
  if (stack !== undefined) cause.stack = stack;
  return new AlarmSyncError(plain.code, plain.message, {
    cause,
    failureClass,
    ...(hint === undefined ? {} : { hint }),
    ...(status === undefined ? {} : { status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
