// CloudWatch's metric alarms as an alarm service: those that bear our line in their description, and no others.
//
// The AWS SDK finds credentials, signs and sends; it repeats nothing by itself, since the drain knows what may be sent again. Reads and
// deletes of single alarms that come at the same time go in one request: AWS grants 3 writes and 9 reads a second, of up to 100 names each.

import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  type CloudWatchClientConfig,
  type MetricAlarm,
} from '@aws-sdk/client-cloudwatch';

import { fromIni } from '@aws-sdk/credential-provider-ini';

import type { AlarmDefinition } from '../../alarm/alarm.ts';
import { AlarmSyncError } from '../../alarm/errors.ts';
import type {
  AlarmPage,
  AlarmService,
  ListedAlarm,
  ListRequest,
  RequestGate,
  RequestKind,
  ServiceCapabilities,
  ServiceIdentity,
  WriteOptions,
} from '../alarm-service.ts';
import { ContactMap, type ContactHandles } from '../contacts.ts';
import { errorOfStatus, malformed } from '../http-error.ts';
import { KindPacer } from '../kind-pacer.ts';
import { throttle } from '../throttle.ts';
import { ARNS } from './arns.ts';
import { errorOfAws } from './aws-error.ts';
import { Batch } from './batch.ts';
import { definitionParams, putInput } from './definition.ts';
import { readDescription, type Kept } from './description.ts';
import { MAX_ALARM_NAME_LENGTH, MAX_NAMES_PER_REQUEST, type CloudWatchSettings } from './settings.ts';

/** Complete and plain, so that a worker thread can be given them. */
export interface CloudWatchServiceSettings {
  /** Such as `eu-central-1`. */
  readonly region: string;
  readonly cloudwatch: CloudWatchSettings;
  readonly contacts: ContactHandles;
  readonly concurrency: number;
  readonly requestTimeoutMs: number;
}

/**
 * The alarms of one account in one region.
 * @throws {ALARMSYNC_SERVICE_ADDRESS} for a text that is no region.
 * @throws {ALARMSYNC_CLI_USAGE} when no namespace is named.
 */
export function createCloudWatchService(
  settings: CloudWatchServiceSettings,
  gate: RequestGate,
): AlarmService {
  if (!/^[a-z]{2,}(?:-[a-z]+)+-\d+$/u.test(settings.region))
    throw new AlarmSyncError(
      'ALARMSYNC_SERVICE_ADDRESS',
      'expected a region such as cloudwatch:eu-central-1, got something else',
    );
  if (settings.cloudwatch.namespace === '')
    throw new AlarmSyncError('ALARMSYNC_CLI_USAGE', 'expected the namespace of the metrics, got none', {
      hint: 'name it in the file of --config: cloudwatch: { namespace: Shop/Checkout }',
    });
  return new CloudWatchService(settings, gate);
}

class CloudWatchService implements AlarmService {
  readonly identity: ServiceIdentity;
  readonly capabilities: ServiceCapabilities;
  readonly #client: CloudWatchClient;
  readonly #settings: CloudWatchSettings;
  readonly #contacts: ContactMap;
  readonly #gate: KindPacer;
  readonly #region: string;
  readonly #requestTimeoutMs: number;
  readonly #reads: Batch<MetricAlarm>;
  readonly #deletes: Batch<never>;

  constructor(settings: CloudWatchServiceSettings, gate: RequestGate) {
    const { region, cloudwatch, concurrency, requestTimeoutMs } = settings;
    this.#settings = cloudwatch;
    this.#region = region;
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#contacts = new ContactMap(settings.contacts, ARNS);
    this.identity = { address: `cloudwatch:${region}`, account: accountOf(cloudwatch) };
    this.capabilities = {
      maxPageSize: MAX_NAMES_PER_REQUEST,
      keptMembers: 'all',
      quotaPerSecond: {
        list: cloudwatch.readsPerSecond,
        read: cloudwatch.readsPerSecond,
        write: cloudwatch.writesPerSecond,
      },
      hasConditionalWrites: false,
      createIsUpsert: false,
      namesAreUnique: true,
      writesState: false,
      maxDeleteBatch: 1,
    };
    this.#gate = new KindPacer(gate, this.capabilities.quotaPerSecond, concurrency);
    this.#client = new CloudWatchClient({ region, maxAttempts: 1, ...ofProfile(cloudwatch.profile, region) });
    this.#reads = this.#batch('read', async (names) => this.#describe(names));
    this.#deletes = this.#batch('write', async (names) => this.#remove(names));
  }

  canAddress(name: string): boolean {
    const alarmName = this.#settings.namePrefix + name;
    return name !== '' && alarmName.length <= MAX_ALARM_NAME_LENGTH && !/\p{Cc}/u.test(name);
  }

  async *list(request: ListRequest, signal: AbortSignal): AsyncIterable<AlarmPage> {
    const { namePrefix } = this.#settings;
    const MaxRecords = Math.min(request.pageSize, MAX_NAMES_PER_REQUEST);
    let cursor = request.cursor;
    for (;;) {
      await this.#gate.pass('list', signal);
      const command = new DescribeAlarmsCommand({
        AlarmTypes: ['MetricAlarm'],
        MaxRecords,
        ...(namePrefix === '' ? {} : { AlarmNamePrefix: namePrefix }),
        ...(cursor === undefined ? {} : { NextToken: cursor }),
      });
      const answer = await this.#sent('DescribeAlarms', signal, async (options) =>
        this.#client.send(command, options),
      );
      const alarms = requireAlarms(answer.MetricAlarms, this.#where('DescribeAlarms'));
      cursor = answer.NextToken;
      yield {
        alarms: alarms.flatMap((alarm) => {
          const kept = keptOf(alarm);
          return kept === undefined ? [] : [this.#alarmOf(alarm, kept)];
        }),
        nextCursor: cursor ?? null,
      };
      if (cursor === undefined) return;
    }
  }

  /** One that is not ours is given too, so that nobody creates it: its definition is no file's. */
  async read(name: string, signal: AbortSignal): Promise<ListedAlarm | undefined> {
    const alarm = await this.#reads.load(this.#settings.namePrefix + name, signal);
    return alarm === undefined ? undefined : this.#alarmOf(alarm, keptOf(alarm));
  }

  /** CloudWatch would replace what has the name: it is looked for first, whatever the run checks. */
  async create(definition: AlarmDefinition, { signal }: WriteOptions): Promise<void> {
    const live = await this.#reads.load(this.#settings.namePrefix + definition.name, signal);
    if (live !== undefined) throw errorOfStatus(409, this.#where('PutMetricAlarm'));
    await this.#put(definition, undefined, signal);
  }

  async update(definition: AlarmDefinition, { signal }: WriteOptions): Promise<void> {
    await this.#put(definition, await this.#own(definition.name, 'PutMetricAlarm', signal), signal);
  }

  async delete(name: string, { signal }: WriteOptions): Promise<void> {
    await this.#own(name, 'DeleteAlarms', signal);
    await this.#deletes.load(this.#settings.namePrefix + name, signal);
    // An answer says nothing of each name.
    const left = await this.#reads.load(this.#settings.namePrefix + name, signal);
    if (left !== undefined)
      throw malformed('expected a deleted alarm to be gone', this.#where('DeleteAlarms'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
    this.#gate[Symbol.dispose]();
  }

  /** What a write goes to. @throws {ALARMSYNC_SERVICE_MISSING} also when it is no longer ours. */
  async #own(name: string, action: string, signal: AbortSignal): Promise<MetricAlarm> {
    const live = await this.#reads.load(this.#settings.namePrefix + name, signal);
    if (live === undefined || keptOf(live) === undefined) throw errorOfStatus(404, this.#where(action));
    return live;
  }

  async #put(definition: AlarmDefinition, live: MetricAlarm | undefined, signal: AbortSignal): Promise<void> {
    await this.#gate.pass('write', signal);
    const command = new PutMetricAlarmCommand(putInput(definition, this.#settings, this.#contacts, live));
    await this.#sent('PutMetricAlarm', signal, async (options) => this.#client.send(command, options));
  }

  #batch<Result>(
    kind: RequestKind,
    work: (names: readonly string[]) => Promise<ReadonlyMap<string, Result>>,
  ): Batch<Result> {
    return new Batch(work, async (signal) => this.#gate.pass(kind, signal), MAX_NAMES_PER_REQUEST);
  }

  async #describe(names: readonly string[]): Promise<ReadonlyMap<string, MetricAlarm>> {
    const command = new DescribeAlarmsCommand({
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
      AlarmNames: [...names],
      MaxRecords: MAX_NAMES_PER_REQUEST,
    });
    const where = this.#where('DescribeAlarms');
    const answer = await this.#sent('DescribeAlarms', undefined, async (options) =>
      this.#client.send(command, options),
    );
    const alarms = requireAlarms(answer.MetricAlarms, where);
    // A composite alarm has a name of the same kind, and is nobody's of ours.
    const others = (answer.CompositeAlarms ?? []).map(({ AlarmName }) => ({ AlarmName }));
    return new Map([...alarms, ...others].map((alarm) => [alarm.AlarmName ?? '', alarm]));
  }

  async #remove(names: readonly string[]): Promise<ReadonlyMap<string, never>> {
    const command = new DeleteAlarmsCommand({ AlarmNames: [...names] });
    try {
      await this.#sent('DeleteAlarms', undefined, async (options) => this.#client.send(command, options));
    } catch (thrown) {
      // One of the names was gone already; the others are deleted all the same, and each is looked for afterwards.
      if (!(thrown instanceof AlarmSyncError) || thrown.code !== 'ALARMSYNC_SERVICE_MISSING') throw thrown;
    }
    return new Map<string, never>();
  }

  /** @param signal undefined for a request of several callers, which none of them breaks off */
  async #sent<Answer>(
    action: string,
    signal: AbortSignal | undefined,
    send: (options: { readonly abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer> {
    const timeout = AbortSignal.timeout(this.#requestTimeoutMs);
    try {
      return await send({ abortSignal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) });
    } catch (thrown) {
      signal?.throwIfAborted();
      const error = errorOfAws(timeout.aborted ? timeout.reason : thrown, this.#where(action));
      throttle(this.#gate, error.status, error.retryAfterMs);
      throw error;
    }
  }

  #alarmOf(alarm: MetricAlarm, kept: Kept | undefined): ListedAlarm {
    const name = (alarm.AlarmName ?? '').slice(this.#settings.namePrefix.length);
    return { definition: { name, params: definitionParams(alarm, kept, this.#settings, this.#contacts) } };
  }

  #where(action: string): string {
    return `${action} in ${this.#region}`;
  }
}

/** What is told apart in a region. Names of another prefix are other alarms, as those of another account are. */
function accountOf({ profile, namePrefix }: CloudWatchSettings): string {
  return [profile, namePrefix === '' ? '' : `${namePrefix}*`].filter((part) => part !== '').join(' ');
}

/** The profile's credentials, also where the environment holds others. */
function ofProfile(profile: string, region: string): CloudWatchClientConfig {
  if (profile === '') return {};
  return { credentials: fromIni({ profile, clientConfig: { region } }) };
}

/** Undefined for an alarm that is not ours. */
function keptOf(alarm: MetricAlarm): Kept | undefined {
  return readDescription(alarm.AlarmDescription);
}

function requireAlarms(alarms: MetricAlarm[] | undefined, where: string): readonly MetricAlarm[] {
  if (alarms === undefined || alarms.some(({ AlarmName }) => AlarmName === undefined))
    throw malformed('expected a list of alarms with names', where);
  return alarms;
}
