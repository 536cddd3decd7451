// Datadog's monitors and dashboards APIs v1 and downtimes API v2 on 127.0.0.1, with memory, written from what the vendor documents and records.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { listen } from '../../http.loopback.ts';
import { type Answer, refuse } from './answer.ts';
import { answerDashboardCall } from './dashboard-api.ts';
import { Dashboards, type HeldDashboard } from './dashboards.ts';
import { answerDowntimeCall } from './downtime-api.ts';
import { Downtimes } from './downtimes.ts';
import { answerEventCall, EVENT_PATH, type PostedEvent } from './event-api.ts';
import { actsBefore, type FaultOf, sendFault, type WireAnswer } from './fault.ts';
import { type JsonObject, wireText } from './json.ts';
import { answerMonitorCall } from './monitor-api.ts';
import type { Definition } from './monitor-rules.ts';
import { type HeldMonitor, Monitors, type OverallState } from './monitors.ts';
import { type RateLimit, RateLimits } from './rate-limit.ts';
import { logged, type LoggedRequest } from './request-log.ts';

export type { Fault } from './fault.ts';

export interface StandInSettings {
  readonly apiKey: string;
  readonly applicationKey: string;
  readonly nowEpochMs: () => number;
}

const DEFAULT_SETTINGS: StandInSettings = {
  apiKey: 'stand-in-api-key',
  applicationKey: 'stand-in-application-key',
  nowEpochMs: Date.now,
};

const NO_ANSWER: WireAnswer = { status: 0, headers: {}, text: '' };

/** A seeded monitor where a test says nothing else. */
const SEED: Definition = {
  type: 'query alert',
  name: '',
  query: 'avg(last_5m):avg:system.load.1{*} > 1',
  message: '',
  tags: [],
  options: {
    silenced: {},
    new_host_delay: 300,
    notify_audit: false,
    include_tags: true,
    notify_no_data: false,
  },
  priority: null,
  restricted_roles: null,
  draft_status: 'published',
};

export class DatadogStandIn {
  readonly requests: LoggedRequest[] = [];
  readonly events: PostedEvent[] = [];
  fault: FaultOf | undefined;
  url = '';
  readonly #settings: StandInSettings;
  readonly #monitors: Monitors;
  readonly #downtimes: Downtimes;
  readonly #dashboards: Dashboards;
  readonly #rateLimits = new RateLimits();

  constructor(settings: StandInSettings) {
    this.#settings = settings;
    this.#monitors = new Monitors(settings.nowEpochMs);
    this.#downtimes = new Downtimes(settings.nowEpochMs);
    this.#dashboards = new Dashboards(settings.nowEpochMs);
  }

  /** Headers that a client must bear: TS:v1 `security`. */
  get credentials(): Readonly<Record<string, string>> {
    return {
      'dd-api-key': this.#settings.apiKey,
      'dd-application-key': this.#settings.applicationKey,
    };
  }

  get monitorCount(): number {
    return this.#monitors.size;
  }

  /** Copies, by ascending id. */
  get monitors(): readonly HeldMonitor[] {
    return structuredClone(this.#monitors.all());
  }

  /** Copies of what a read shows, in the order they were made. */
  get downtimes(): readonly { readonly id: string; readonly attributes: JsonObject }[] {
    return this.#downtimes
      .all()
      .map((held) => ({ id: held.id, attributes: structuredClone(this.#downtimes.shown(held)) }));
  }

  /** Copies, in the order they were made. */
  get dashboards(): readonly HeldDashboard[] {
    return structuredClone(this.#dashboards.all());
  }

  monitor(id: number): HeldMonitor | undefined {
    return structuredClone(this.#monitors.find(id));
  }

  /** Puts a monitor there, past HTTP and past every rule; gives its id. */
  seedMonitor(parts: Partial<HeldMonitor> = {}): number {
    return this.#monitors.add(structuredClone(SEED), structuredClone(parts)).id;
  }

  /** Puts a downtime there as if it had been created with these attributes, past every rule; gives its id. */
  seedDowntime(attributes: JsonObject): string {
    return this.#downtimes.add(structuredClone(attributes)).id;
  }

  /** The same of a dashboard. */
  seedDashboard(parts: JsonObject): string {
    return this.#dashboards.add(structuredClone(parts)).id;
  }

  /** What a person does in the web interface: parts are replaced, past every rule. */
  changeMonitor(id: number, parts: Partial<HeldMonitor>): void {
    if (this.#monitors.change(id, structuredClone(parts)) === undefined) throw new Error(`no monitor ${id}`);
  }

  /** The same of a downtime. */
  changeDowntime(id: string, parts: JsonObject): void {
    const held = this.#downtimes.find(id);
    if (held === undefined) throw new Error(`no downtime ${id}`);
    this.#downtimes.change(held, structuredClone(parts));
  }

  changeDashboard(id: string, parts: JsonObject): void {
    const held = this.#dashboards.find(id);
    if (held === undefined) throw new Error(`no dashboard ${id}`);
    this.#dashboards.replace(id, { ...held, ...structuredClone(parts) });
  }

  dropMonitor(id: number): void {
    if (!this.#monitors.remove(id)) throw new Error(`no monitor ${id}`);
  }

  /** What the service itself does when a monitor starts or stops to alert. */
  setState(id: number, state: OverallState): void {
    if (!this.#monitors.setState(id, state)) throw new Error(`no monitor ${id}`);
  }

  /** From now on, counted anew; none for no limit and no headers. */
  limit(...limits: readonly RateLimit[]): void {
    this.#rateLimits.set(limits);
  }

  /** The requests of a method whose path begins so. */
  requestsOf(method: string, path = ''): readonly LoggedRequest[] {
    return this.requests.filter((request) => request.method === method && request.path.startsWith(path));
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const body = Buffer.concat(chunks).toString();
      const entry = logged(this.requests.length + 1, method, url, headers, body);
      this.requests.push(entry);
      this.#answer(entry, response);
    });
  }

  #answer(entry: LoggedRequest, response: ServerResponse): void {
    const fault = this.fault?.(entry, entry.count);
    if (fault === undefined) {
      const { status, headers, text } = this.#act(entry);
      entry.sentStatus = status;
      response.writeHead(status, headers).end(text);
      return;
    }
    const trueAnswer = actsBefore(fault) ? this.#act(entry) : NO_ANSWER;
    if (fault.kind !== 'drop') entry.sentStatus = fault.kind === 'status' ? fault.status : trueAnswer.status;
    sendFault(response, fault, trueAnswer);
  }

  #act(entry: LoggedRequest): WireAnswer {
    const taken = this.#rateLimits.take(entry.method, entry.path, this.#settings.nowEpochMs());
    const { status, body } = taken?.isOver === true ? refuse(429, 'Too many requests') : this.#obey(entry);
    entry.actedStatus = status;
    return {
      status,
      headers: { 'content-type': 'application/json', ...taken?.headers },
      text: body === undefined ? '' : wireText(body),
    };
  }

  #obey(entry: LoggedRequest): Answer {
    // TS:v1 `security`: an event needs the API key alone.
    const needed = Object.entries(this.credentials).slice(0, entry.path === EVENT_PATH ? 1 : undefined);
    const isKnown = needed.every(([name, key]) => entry.headers[name] === key);
    // TS:v1: 403 for a key that is wrong or missing.
    if (!isKnown) return refuse(403, 'Forbidden');
    return (
      answerEventCall(this.events, entry) ??
      answerMonitorCall(this.#monitors, entry) ??
      answerDowntimeCall(this.#downtimes, entry) ??
      answerDashboardCall(this.#dashboards, entry) ??
      refuse(404, 'Not found')
    );
  }
}

/** Starts one that stops with the test. */
export async function startDatadogStandIn(settings: Partial<StandInSettings> = {}): Promise<DatadogStandIn> {
  const standIn = new DatadogStandIn({ ...DEFAULT_SETTINGS, ...settings });
  standIn.url = await listen(createServer((request, response) => standIn.handle(request, response)));
  return standIn;
}
