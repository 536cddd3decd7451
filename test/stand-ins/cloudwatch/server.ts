// Amazon CloudWatch's alarm API on 127.0.0.1, with memory: AWS JSON 1.0, whose signatures are not checked.
//
//   POST /   x-amz-target: GraniteServiceVersion20100801.PutMetricAlarm
//   200 {…}  or 4xx, 5xx {"__type": "com.amazonaws.cloudwatch#NAME", "message": "…"}
//
// Source: the wire of the AWS SDK for JavaScript 3.1162, measured; AWS API reference.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { bodyOf, listen } from '../../http.loopback.ts';
import { answerCall } from './alarm-api.ts';
import { Alarms, type Definition, type HeldAlarm, type StateValue } from './alarms.ts';
import { type Answer, refuse, send } from './answer.ts';
import { isMembers, type Members } from './members.ts';
import { RateLimits } from './rate-limit.ts';

const TARGET = 'GraniteServiceVersion20100801.';
const CREDENTIAL = 'AWS4-HMAC-SHA256 Credential=';
const CONTENT_TYPE = 'application/x-amz-json-1.0';

/** What comes instead of the service's own answer; where it acts, the service has done its work all the same. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly name: string; readonly acts: boolean }
  | { readonly kind: 'drop'; readonly acts: boolean };

export interface StandInSettings {
  readonly nowEpochMs: () => number;
  /** Which account it is. */
  readonly accessKeyId: string;
}

const DEFAULT_SETTINGS: StandInSettings = { nowEpochMs: Date.now, accessKeyId: 'AKIASTANDIN' };

type Parts = Partial<HeldAlarm>;

const SEED = { EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold' };

/** What a seeded alarm measures where it is none of metric math. */
const SEED_MEASURE = { MetricName: 'cpu', Namespace: 'Elsewhere', Period: 60 };

export class CloudWatchStandIn {
  url = '';
  readonly accessKeyId: string;
  readonly secretAccessKey = 'stand-in-secret';
  readonly requests: { readonly operation: string; readonly body: Members }[] = [];
  fault: ((operation: string, body: Members) => Fault | undefined) | undefined;
  readonly #alarms: Alarms;
  readonly #rateLimits: RateLimits;

  constructor({ nowEpochMs, accessKeyId }: StandInSettings) {
    this.accessKeyId = accessKeyId;
    this.#alarms = new Alarms(nowEpochMs);
    this.#rateLimits = new RateLimits(nowEpochMs);
  }

  /** Copies, by name. */
  get alarms(): readonly HeldAlarm[] {
    return structuredClone(this.#alarms.all());
  }

  get alarmCount(): number {
    return this.#alarms.count;
  }

  /** Puts an alarm there, past HTTP and past every rule; one of the name that is there is replaced whole. */
  seedAlarm(parts: Parts & Pick<Definition, 'AlarmName'>): void {
    const statistic = parts.ExtendedStatistic === undefined ? { Statistic: 'Average' } : {};
    const measure = parts.Metrics === undefined ? { ...SEED_MEASURE, ...statistic } : {};
    this.#alarms.remove(parts.AlarmName);
    this.#alarms.put({ ...SEED, ...measure, ...parts });
    this.#alarms.change(parts.AlarmName, parts);
  }

  /** What a person does in the console: parts are replaced, past every rule. */
  changeAlarm(name: string, parts: Parts): void {
    if (!this.#alarms.change(name, parts)) throw new Error(`no alarm ${name}`);
  }

  dropAlarm(name: string): void {
    if (!this.#alarms.remove(name)) throw new Error(`no alarm ${name}`);
  }

  /** What the service itself does when a metric crosses the threshold, or comes back. */
  setState(name: string, state: StateValue): void {
    const isSet = this.#alarms.setState(name, { StateValue: state, StateReason: 'Threshold Crossed' });
    if (!isSet) throw new Error(`no alarm ${name}`);
  }

  /** A token bucket, full from now on; what goes over it is throttled. */
  limit(operation: string, perSecond: number, burst: number): void {
    this.#rateLimits.set(operation, perSecond, burst);
  }

  async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parsed = parseBody(await bodyOf(request));
    const body = parsed ?? {};
    const operation = operationOf(request);
    this.requests.push({ operation, body: structuredClone(body) });
    const own = (): Answer => this.#refusalBefore(operation, request, parsed) ?? this.#act(operation, body);
    const fault = this.fault?.(operation, body);
    if (fault?.acts === true) own();
    if (fault?.kind === 'drop') response.destroy();
    else send(response, fault === undefined ? own() : refuse(fault.status, fault.name, 'fault'));
  }

  #act(operation: string, body: Members): Answer {
    return answerCall(this.#alarms, operation, body);
  }

  #refusalBefore(
    operation: string,
    { method, url, headers }: IncomingMessage,
    body: Members | undefined,
  ): Answer | undefined {
    const { authorization = '', 'content-type': contentType = '' } = headers;
    if (method !== 'POST' || url !== '/' || contentType.split(';')[0]?.trim() !== CONTENT_TYPE)
      return refuse(400, 'UnknownOperationException', '');
    if (!authorization.startsWith(CREDENTIAL))
      return refuse(403, 'MissingAuthenticationToken', 'Request is missing Authentication Token');
    if (!authorization.startsWith(`${CREDENTIAL}${this.accessKeyId}/`))
      return refuse(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.');
    if (!this.#rateLimits.take(operation)) return refuse(400, 'Throttling', 'Rate exceeded');
    return body === undefined ? refuse(400, 'SerializationException', '') : undefined;
  }
}

/** Starts one that stops with the test. */
export async function startCloudWatchStandIn(
  settings: Partial<StandInSettings> = {},
): Promise<CloudWatchStandIn> {
  const standIn = new CloudWatchStandIn({ ...DEFAULT_SETTINGS, ...settings });
  const server = createServer((request, response) => void standIn.respond(request, response));
  standIn.url = await listen(server);
  return standIn;
}

/** Empty for a target that is none of this service. */
function operationOf({ headers }: IncomingMessage): string {
  const target = String(headers['x-amz-target'] ?? '');
  return target.startsWith(TARGET) ? target.slice(TARGET.length) : '';
}

/** Undefined for anything but one JSON object. */
function parseBody(text: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isMembers(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
