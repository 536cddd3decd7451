// Two stages at the same time, which fail together.

import { publish, type PhaseName } from '../telemetry/names.ts';

/** Runs both; when one fails the other is aborted, and what failed first is thrown once both have ended. */
export async function together<Left, Right>(
  signal: AbortSignal,
  left: (signal: AbortSignal) => Promise<Left>,
  right: (signal: AbortSignal) => Promise<Right>,
): Promise<[Left, Right]> {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const guarded = async <Result>(
    name: PhaseName,
    stage: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> => {
    try {
      return await stage(either);
    } catch (error) {
      publish('phase', { name, state: signal.aborted ? 'stopped' : 'refused' });
      failure.abort(error);
      throw error;
    }
  };
  const results = await Promise.allSettled([guarded('source', left), guarded('listing', right)]);
  signal.throwIfAborted();
  if (failure.signal.aborted) throw failure.signal.reason;
  const [leftResult, rightResult] = results;
  if (leftResult.status === 'rejected') throw leftResult.reason;
  if (rightResult.status === 'rejected') throw rightResult.reason;
  return [leftResult.value, rightResult.value];
}
