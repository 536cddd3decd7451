// A plan and its service -> the ledgers to drain, each with where its operations go, in their order.

import type { AlarmReader, AlarmService, AlarmWriter } from '../../services/alarm-service.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { PlanFile } from '../../store/plan-file.ts';
import { countAll } from './counts.ts';
import type { DrainSignals } from './drain-watch.ts';
import { Sender, type OperationSender, type SendSettings } from './send.ts';
import type { TaskSettings } from './task.ts';

export interface DrainDeps {
  readonly plan: PlanFile;
  readonly service: AlarmService;
  readonly nowEpochMs: () => number;
  /** Makes what sends the operations of one ledger elsewhere; absent: they are sent from here. */
  readonly openSender?: OpenSender | undefined;
}

/** @param signals of the drain: its own judgement as well as the caller's */
export type OpenSender = (
  subject: Ledger['subject'],
  settings: SendSettings,
  signals: DrainSignals,
) => OperationSender;

/** One ledger, and where its operations go. */
export interface Course {
  readonly ledger: Ledger;
  readonly openSender: (signals: DrainSignals) => OperationSender;
  readonly settings: DrainSettings;
  readonly nowEpochMs: () => number;
}

/** The pace of a drain; may differ from one resumption to the next. */
export interface DrainSettings {
  readonly send: SendSettings;
  readonly task: TaskSettings;
  /** Requests in flight at most. */
  readonly concurrency: number;
  /** Operations taken up at most; null for all. */
  readonly limitCount: number | null;
  /** The run ends early, resumably, when more operations than this fail; null for no limit. */
  readonly maxErrorCount: number | null;
  /** Deletes go ahead even when something before them was not done. */
  readonly ignoreErrors: boolean;
}

/** Downtimes first, so that no alarm is made that should have been mute. They are few, and no limit counts them. */
export function coursesOf(
  { plan, service, nowEpochMs, openSender }: DrainDeps,
  settings: DrainSettings,
): readonly Course[] {
  const senderOf =
    (
      subject: Ledger['subject'],
      target: AlarmReader & AlarmWriter,
      send: SendSettings,
    ): Course['openSender'] =>
    (signals) =>
      openSender?.(subject, send, signals) ?? new Sender(target, send);
  const alarms = {
    ledger: plan.alarms,
    openSender: senderOf('alarm', service, settings.send),
    settings,
    nowEpochMs,
  };
  const { downtimes } = service;
  if (downtimes === undefined || countAll(plan.downtimes.operations.counts()) === 0) return [alarms];
  const send = { ...settings.send, managed: 'all' } as const;
  return [
    {
      ...alarms,
      ledger: plan.downtimes,
      openSender: senderOf('downtime', downtimes, send),
      settings: { ...settings, send, limitCount: null },
    },
    alarms,
  ];
}
