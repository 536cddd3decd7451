// Flags -> an open service with its pacer, and the state directory with its lock.

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { pid } from 'node:process';

import {
  readOnly,
  type AlarmReader,
  type AlarmService,
  type ServiceIdentity,
} from '../services/alarm-service.ts';
import type { Observation, ObserveWish } from '../services/datadog/observe/observe.ts';
import { Pacer, type PacerSettings } from '../services/pacer.ts';
import { openObservation, openService, type ServiceSettings } from '../services/registry.ts';
import type { Stages } from '../pipeline/sync.ts';
import { publish } from '../telemetry/names.ts';
import { tellRest } from '../telemetry/rests.ts';
import { threadedStages } from '../threads/run-stage.ts';
import type { RunSettings } from '../store/run-settings.ts';
import type { Run } from '../store/run-table.ts';
import { ServiceLock } from '../store/service-lock.ts';
import { serviceKeyOf, StateDirectory } from '../store/state-directory.ts';
import type { CommandContext } from './command.ts';
import { credentialsOf } from './secrets.ts';
import { required } from './values.ts';

const QUOTA_WINDOW_MS = 1000;

/** A day: timers take 24 at most, and no service answers after one. */
const MAX_REQUEST_TIMEOUT_MS = 24 * 3_600_000;

/** The pace of a run; may differ from one resumption to the next. */
export interface Pace {
  readonly concurrency: number;
  readonly quotaPerSecond: number;
  readonly retryCount: number;
  readonly settleTimeMs: number;
  /** Alarms asked for on a page. 1-10 000. */
  readonly pageSize: number;
}

export function paceOf({ values }: CommandContext): Pace {
  return {
    concurrency: required(values.count('concurrency', 1)),
    quotaPerSecond: required(values.number('tpslimit')),
    retryCount: required(values.count('retries')),
    settleTimeMs: required(values.durationMs('settle-time')),
    pageSize: Math.min(10_000, required(values.count('page-size', 1))),
  };
}

/** An open service; disposing it closes connections and timers. */
export interface ServiceConnection extends AsyncDisposable {
  readonly service: AlarmService;
  /** As the service says it, with the account that the configuration names. */
  readonly identity: ServiceIdentity;
  readonly serviceKey: string;
  /** The same service, for the stages that plan: each in a thread of its own. */
  readonly stages: Stages;
  /** The service's downtimes, only to be read, once the stages have ended; undefined where it has none. */
  readonly openDowntimes: (() => AlarmReader) | undefined;
  /** Keeps the quota over a change of threads: nothing leaves here within a second of what left there. */
  restAfterStages(): void;
}

export interface ObservationConnection extends AsyncDisposable {
  readonly observation: Observation;
}

/**
 * Opens the service that a run is of.
 * @throws {ALARMSYNC_SERVICE_ADDRESS} for a text that names no service.
 */
export async function connect(
  context: CommandContext,
  { service, adopts }: Pick<RunSettings, 'service' | 'adopts'>,
): Promise<ServiceConnection> {
  const { settings, quota } = serviceSettingsOf(context, service, adopts);
  const pacer = new Pacer(quota, tellRest);
  const opened = await openService(settings, pacer);
  const identity = identityOf(opened.identity, context.sections.account);
  const restAfterStages = (): void => {
    if (quota.perSecond > 0) pacer.pause(QUOTA_WINDOW_MS);
  };
  return {
    service: opened,
    identity,
    serviceKey: serviceKeyOf(identity),
    stages: threadedStages(settings, quota, context.trace),
    openDowntimes: openerOf(opened.downtimes, restAfterStages),
    restAfterStages,
    [Symbol.asyncDispose]: async () => {
      await opened[Symbol.asyncDispose]();
      pacer[Symbol.dispose]();
    },
  };
}

/** With the account that the configuration names, and what else the service is told apart by. */
function identityOf({ address, account }: ServiceIdentity, named: string | null): ServiceIdentity {
  return { address, account: [named ?? '', account].filter((part) => part !== '').join(' ') };
}

/**
 * Opens what observes alarmsync itself at that service.
 * @throws {ALARMSYNC_CLI_USAGE} where there is none.
 */
export async function connectObservation(
  context: CommandContext,
  service: string,
  wish: ObserveWish,
): Promise<ObservationConnection> {
  const { settings, quota } = serviceSettingsOf(context, service, false);
  const pacer = new Pacer(quota, tellRest);
  const observation = await openObservation(settings, wish, pacer);
  return {
    observation,
    [Symbol.asyncDispose]: async () => {
      await observation[Symbol.asyncDispose]();
      pacer[Symbol.dispose]();
    },
  };
}

export function serviceSettingsOf(
  context: CommandContext,
  service: string,
  adopts: boolean,
): { readonly settings: ServiceSettings; readonly quota: PacerSettings } {
  const { values } = context;
  const { concurrency, quotaPerSecond } = paceOf(context);
  const burst = values.count('tpslimit-burst', 1) ?? Math.max(1, Math.floor(quotaPerSecond / 50));
  const settings = {
    service,
    adopts,
    ...credentialsOf(context),
    contacts: context.sections.contacts,
    cloudwatch: context.sections.cloudwatch,
    openStackProjectId: context.host.openStackProjectId,
    allowInsecure: values.isOn('insecure'),
    concurrency,
    requestTimeoutMs: requestTimeoutMsOf(context),
    proxy: context.host.proxy,
  };
  return { settings, quota: { perSecond: quotaPerSecond, burst, concurrency } };
}

/** Of one request. */
export function requestTimeoutMsOf({ values }: Pick<CommandContext, 'values'>): number {
  return Math.min(MAX_REQUEST_TIMEOUT_MS, required(values.durationMs('request-timeout', 1)));
}

function openerOf(
  downtimes: AlarmReader | undefined,
  restAfterStages: () => void,
): (() => AlarmReader) | undefined {
  if (downtimes === undefined) return undefined;
  return () => {
    restAfterStages();
    return readOnly(downtimes);
  };
}

export function openState({ values }: CommandContext): StateDirectory {
  return new StateDirectory(required(values.text('state-dir')));
}

/** @throws {ALARMSYNC_STORE_LOCKED} when another live run is at work on the service. */
export async function lockService(
  context: CommandContext,
  state: StateDirectory,
  serviceKey: string,
  runId: string,
): Promise<ServiceLock> {
  const holder = { runId, processId: pid, hostName: hostname(), sinceEpochMs: context.nowEpochMs() };
  const timeoutMs = required(context.values.durationMs('lock-timeout'));
  return ServiceLock.acquire(state.directory, serviceKey, holder, timeoutMs, context.stop.stop);
}

/** Tells whoever watches which run is at work here. */
export function tellRun(
  context: CommandContext,
  { identity, serviceKey }: ServiceConnection,
  state: StateDirectory,
  { runId, kind }: Pick<Run, 'runId' | 'kind'>,
): void {
  const lastSuccessEpochMs = state.lastSuccessMs(serviceKey);
  publish('run', {
    runId,
    kind,
    serviceAddress: identity.address,
    quotaPerSecond: paceOf(context).quotaPerSecond,
    ...(lastSuccessEpochMs === undefined ? {} : { lastSuccessEpochMs }),
  });
}

/** Shape: `20261121T224500Z-3f9a`: sorts by time, and no two are the same. */
export function newRunId(nowEpochMs: number): string {
  const time = new Date(nowEpochMs).toISOString().replaceAll(/[-:]|\.\d+/gu, '');
  return `${time}-${randomBytes(3).toString('hex')}`;
}
