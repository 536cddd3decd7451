// A stand-in of Amazon CloudWatch's alarm API: AWS JSON 1.0 over HTTP on loopback.
//
//   POST /   x-amz-target: GraniteServiceVersion20100801.PutMetricAlarm
//   200 {…}  or 4xx, 5xx {"__type": "com.amazonaws.cloudwatch#NAME", "message": "…"}
//
// Source: the wire of the AWS SDK for JavaScript 3.1162, measured; AWS API reference. Signatures are not checked.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { bodyOf, listen } from '../../http.loopback.ts';
import { Alarms, type Definition, type HeldAlarm, type StateValue } from './alarms.ts';
import { putFault } from './rules.ts';

const TARGET = 'GraniteServiceVersion20100801.';

export type Body = Readonly<Record<string, unknown>>;

/** What comes instead of the service's own answer; where it acts, the service has done its work all the same. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly name: string; readonly acts: boolean }
  | { readonly kind: 'drop'; readonly acts: boolean };

interface Answer {
  readonly status: number;
  /** Of a refusal. */
  readonly name?: string;
  readonly body: object;
}

interface Bucket {
  readonly perSecond: number;
  readonly burst: number;
  tokens: number;
  filledAtMs: number;
}

const SEED = {
  MetricName: 'cpu',
  Namespace: 'Elsewhere',
  Statistic: 'Average',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanThreshold',
};

export class CloudWatchStandIn {
  url = '';
  readonly accessKeyId = 'AKIASTANDIN';
  readonly secretAccessKey = 'stand-in-secret';
  readonly requests: { readonly operation: string; readonly body: Body }[] = [];
  fault: ((operation: string, body: Body) => Fault | undefined) | undefined;
  readonly #nowEpochMs: () => number;
  readonly #alarms: Alarms;
  readonly #buckets = new Map<string, Bucket>();

  constructor(nowEpochMs: () => number) {
    this.#nowEpochMs = nowEpochMs;
    this.#alarms = new Alarms(nowEpochMs);
  }

  /** By name. */
  get alarms(): readonly HeldAlarm[] {
    return structuredClone(this.#alarms.all());
  }

  get alarmCount(): number {
    return this.#alarms.count;
  }

  /** Past every rule. */
  seedAlarm(definition: Definition): void {
    this.#alarms.put({ ...SEED, ...definition });
  }

  /** What a person does in the console, past every rule. */
  changeAlarm(name: string, parts: Partial<HeldAlarm>): void {
    if (!this.#alarms.change(name, parts)) throw new Error(`no alarm ${name}`);
  }

  dropAlarm(name: string): void {
    if (!this.#alarms.remove(name)) throw new Error(`no alarm ${name}`);
  }

  setState(name: string, state: StateValue): void {
    this.changeAlarm(name, { StateValue: state });
  }

  /** A token bucket, full at first; what goes over it is throttled. */
  limit(operation: string, perSecond: number, burst: number): void {
    this.#buckets.set(operation, { perSecond, burst, tokens: burst, filledAtMs: this.#nowEpochMs() });
  }

  async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = decodeBody(await bodyOf(request));
    const operation = String(request.headers['x-amz-target'] ?? '').slice(TARGET.length);
    this.requests.push({ operation, body });
    const fault = this.fault?.(operation, body);
    if (fault?.acts === true) this.#answer(operation, body);
    if (fault?.kind === 'drop') {
      response.destroy();
      return;
    }
    const own = (): Answer => this.#refusalBefore(operation, request) ?? this.#answer(operation, body);
    send(response, fault === undefined ? own() : refuse(fault.status, fault.name, 'a fault'));
  }

  #refusalBefore(operation: string, request: IncomingMessage): Answer | undefined {
    const { authorization = '' } = request.headers;
    if (!authorization.startsWith('AWS4-HMAC-SHA256 Credential='))
      return refuse(403, 'MissingAuthenticationToken', 'Request is missing Authentication Token');
    if (!authorization.startsWith(`AWS4-HMAC-SHA256 Credential=${this.accessKeyId}/`))
      return refuse(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.');
    return this.#takes(operation) ? undefined : refuse(400, 'Throttling', 'Rate exceeded');
  }

  #takes(operation: string): boolean {
    const bucket = this.#buckets.get(operation);
    if (bucket === undefined) return true;
    const nowMs = this.#nowEpochMs();
    const earned = ((nowMs - bucket.filledAtMs) * bucket.perSecond) / 1000;
    bucket.tokens = Math.min(bucket.burst, bucket.tokens + earned);
    bucket.filledAtMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  #answer(operation: string, body: Body): Answer {
    switch (operation) {
      case 'PutMetricAlarm':
        return this.#put(decodeDefinition(body));
      case 'DescribeAlarms':
        return this.#describe(decodeDescribe(body));
      case 'DeleteAlarms':
        return this.#delete(decodeNames(body['AlarmNames']));
      default:
        return refuse(400, 'UnknownOperationException', operation);
    }
  }

  #put(definition: Definition): Answer {
    const fault = putFault(definition);
    if (fault !== undefined) return refuse(400, 'ValidationError', fault);
    this.#alarms.put(definition);
    return { status: 200, body: {} };
  }

  /** A page goes on after the last name of the one before, whatever came or went. */
  #describe(request: Describe): Answer {
    const fault = describeFault(request);
    if (fault !== undefined) return fault;
    const { AlarmNames, AlarmNamePrefix = '', MaxRecords = 50, NextToken = AFTER } = request;
    const after = NextToken.slice(AFTER.length);
    const rest = this.#alarms
      .all()
      .filter(({ AlarmName }) => AlarmNames?.includes(AlarmName) ?? AlarmName.startsWith(AlarmNamePrefix))
      .filter(({ AlarmName }) => AlarmName > after);
    const page = rest.slice(0, MaxRecords);
    const next = rest.length > page.length ? { NextToken: AFTER + (page.at(-1)?.AlarmName ?? '') } : {};
    return { status: 200, body: { MetricAlarms: page, CompositeAlarms: [], ...next } };
  }

  /** Names that are known are deleted, whatever the others are. */
  #delete(names: readonly string[]): Answer {
    if (names.length === 0 || names.length > 100) return refuse(400, 'ValidationError', '1 to 100 names');
    const isEachKnown = names.map((name) => this.#alarms.remove(name)).every(Boolean);
    return isEachKnown ? { status: 200, body: {} } : refuse(404, 'ResourceNotFound', '');
  }
}

/** Stops with the test. */
export async function startCloudWatchStandIn(
  nowEpochMs: () => number = Date.now,
): Promise<CloudWatchStandIn> {
  const standIn = new CloudWatchStandIn(nowEpochMs);
  const server = createServer((request, response) => void standIn.respond(request, response));
  standIn.url = await listen(server);
  return standIn;
}

interface Describe {
  readonly AlarmNames?: readonly string[];
  readonly AlarmNamePrefix?: string;
  readonly MaxRecords?: number;
  readonly NextToken?: string;
}

/** How a token begins; the last name follows. */
const AFTER = 'after ';

function describeFault({
  AlarmNames = [],
  AlarmNamePrefix,
  MaxRecords = 50,
  NextToken,
}: Describe): Answer | undefined {
  if (AlarmNames.length > 0 && AlarmNamePrefix !== undefined)
    return refuse(400, 'ValidationError', 'AlarmNames and AlarmNamePrefix cannot both be given');
  if (AlarmNames.length > 100 || MaxRecords < 1 || MaxRecords > 100)
    return refuse(400, 'ValidationError', '1 to 100');
  return NextToken === undefined || NextToken.startsWith(AFTER)
    ? undefined
    : refuse(400, 'InvalidNextToken', 'InvalidNextToken');
}

function refuse(status: number, name: string, message: string): Answer {
  return { status, name, body: { __type: `com.amazonaws.cloudwatch#${name}`, message } };
}

function send(response: ServerResponse, { status, name, body }: Answer): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    ...(name === undefined ? {} : { 'x-amzn-query-error': `${name};Sender` }),
  });
  response.end(JSON.stringify(body));
}

function decodeBody(text: string): Body {
  return (text === '' ? {} : JSON.parse(text)) as Body;
}

function decodeDefinition(body: Body): Definition {
  return body as unknown as Definition;
}

function decodeDescribe(body: Body): Describe {
  return body;
}

function decodeNames(value: unknown): readonly string[] {
  return Array.isArray(value) ? (value as string[]) : [];
}
