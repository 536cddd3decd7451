// A service -> what it means for safety and speed, point by point, with the settings that follow.

import type { AlarmReader, AlarmService } from '../../services/alarm-service.ts';
import { AnswerObserver } from './answers.ts';
import type { Finding } from './finding.ts';
import { readChecks, type ReadSettings } from './read-checks.ts';
import { writeProbe } from './write-probe.ts';

export type { Finding } from './finding.ts';

export interface DoctorDeps {
  readonly reader: AlarmReader;
  /** The same service to be written to; undefined when it is only to be read. */
  readonly writer: AlarmService | undefined;
  readonly nowEpochMs: () => number;
}

/** Beyond it dates are of little use, and tokens with a time limit may be refused. */
const MAX_SKEW_MS = 5000;

/** What is left of a stated quota for others who use the service. */
const QUOTA_SHARE = 0.9;

/** @throws {AlarmSyncError} when the service cannot be listed, or its probe not be made or deleted. */
export async function* examine(
  { reader, writer, nowEpochMs }: DoctorDeps,
  settings: ReadSettings,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  using answers = new AnswerObserver(nowEpochMs);
  yield* readChecks(reader, settings, signal);
  if (writer !== undefined) yield* writeProbe(writer, signal);
  yield quotaFinding(answers);
  yield* clockFindings(answers);
}

function quotaFinding({ quota }: AnswerObserver): Finding {
  if (quota === undefined)
    return {
      check: 'quota',
      level: 'note',
      message: 'its answers state no quota: set --tpslimit somewhat under what its provider allows',
    };
  const { limitCount, periodSeconds } = quota;
  if (periodSeconds === undefined)
    return {
      check: 'quota',
      level: 'note',
      message: `its answers state a quota of ${limitCount}, and not for how long: set --tpslimit by what its provider says`,
    };
  const perSecond = Math.max(0.1, Math.floor((QUOTA_SHARE * limitCount * 10) / periodSeconds) / 10);
  return {
    check: 'quota',
    level: 'good',
    message: `its answers state a quota of ${limitCount} requests in ${periodSeconds} s`,
    setting: `--tpslimit ${perSecond}`,
  };
}

function* clockFindings({ skewMs }: AnswerObserver): Generator<Finding> {
  if (skewMs === undefined) return;
  const seconds = (Math.abs(skewMs) / 1000).toFixed(0);
  yield Math.abs(skewMs) <= MAX_SKEW_MS
    ? { check: 'clock', level: 'good', message: 'its clock and this one agree' }
    : {
        check: 'clock',
        level: 'note',
        message: `its clock is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} this one: waits are measured by its own, but tokens with a time limit may be refused`,
      };
}
