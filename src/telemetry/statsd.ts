// Metrics -> datagrams to a DogStatsD agent, over UDP or a Unix socket.
//
// Counts are added up and gauges kept until the interval ends, so that a run of millions costs the agent a few datagrams.
// Source of the format: Datadog's documentation, DogStatsD datagram format.

import { StatsD } from 'hot-shots';

import { AlarmSyncError } from '../alarm/errors.ts';
import type { InstrumentName } from './instruments.ts';
import type { Labels, MetricSink } from './metric-sink.ts';

/** Of each series of single values an even sample of so many goes out an interval: more would be lost on the way. */
const MAX_SAMPLE_COUNT = 500;

/** The longest that a timer takes. */
const NEVER_MS = 2 ** 31 - 1;

/** Fits a datagram of 1500 bytes with its headers. */
const MAX_DATAGRAM_BYTES = 1432;

export interface StatsdSettings {
  /** `HOST:PORT`, or `unix:PATH`. */
  readonly agent: string;
  /** `key:value`, as the user gave them. */
  readonly tags: readonly string[];
  /** Hears each time that something cannot be sent. */
  readonly onFault: (message: string) => void;
}

interface Series {
  readonly name: InstrumentName;
  readonly labels: Labels;
}

interface Sample {
  readonly values: number[];
  seenCount: number;
}

export class StatsdSink implements MetricSink {
  readonly #client: StatsD;
  readonly #gauges = new Map<string, Series & { value: number }>();
  readonly #samples = new Map<string, Series & Sample>();

  /** @throws {ALARMSYNC_CLI_USAGE} for a text that names no agent. */
  constructor({ agent, tags, onFault }: StatsdSettings) {
    this.#client = new StatsD({
      ...addressOf(agent),
      globalTags: [...tags],
      maxBufferSize: MAX_DATAGRAM_BYTES,
      // Flushed here at the end of an interval; in between only what fills a datagram leaves.
      bufferFlushInterval: NEVER_MS,
      aggregation: { flushInterval: NEVER_MS },
      // Metrics of the client itself, which it would send where the environment names a Datadog agent.
      includeDatadogTelemetry: false,
      errorHandler: (error) => onFault(`no metrics are sent to ${agent}: ${error.message}`),
    });
  }

  count(name: InstrumentName, increment: number, labels: Labels): void {
    if (increment > 0) this.#client.increment(name, increment, { ...labels });
  }

  gauge(name: InstrumentName, value: number, labels: Labels): void {
    entryOf(this.#gauges, name, labels, () => ({ name, labels, value })).value = value;
  }

  /** Reservoir sampling: each value of an interval has the same chance to go out. */
  observe(name: InstrumentName, value: number, labels: Labels): void {
    const sample = entryOf(this.#samples, name, labels, () => ({ name, labels, values: [], seenCount: 0 }));
    sample.seenCount += 1;
    if (sample.values.length < MAX_SAMPLE_COUNT) {
      sample.values.push(value);
      return;
    }
    const place = Math.floor(Math.random() * sample.seenCount);
    if (place < MAX_SAMPLE_COUNT) sample.values[place] = value;
  }

  async flush(): Promise<void> {
    // Sent again each time, changed or not: an agent that hears nothing for a while takes it for no data.
    for (const { name, labels, value } of this.#gauges.values())
      this.#client.gauge(name, value, { ...labels });
    for (const { name, labels, values } of this.#samples.values())
      for (const value of values) this.#client.distribution(name, value, { ...labels });
    this.#samples.clear();
    await new Promise<void>((resolve) => {
      this.#client.flush(() => resolve());
    });
  }

  async close(): Promise<void> {
    await this.flush();
    await new Promise<void>((resolve) => {
      this.#client.close(() => resolve());
    });
  }
}

function entryOf<Entry>(entries: Map<string, Entry>, name: string, labels: Labels, make: () => Entry): Entry {
  const key = `${name} ${Object.values(labels).join(' ')}`;
  const found = entries.get(key);
  if (found !== undefined) return found;
  const entry = make();
  entries.set(key, entry);
  return entry;
}

function addressOf(agent: string): { protocol: 'uds'; path: string } | { host: string; port: number } {
  const socket = /^unix:(?:\/\/)?(\/.+)$/u.exec(agent)?.[1];
  if (socket !== undefined) return { protocol: 'uds', path: socket };
  const [, host, port = ''] = /^(.+):(\d{1,5})$/u.exec(agent) ?? [];
  if (host !== undefined && Number(port) >= 1 && Number(port) <= 65_535)
    return { host: host.replace(/^\[(.*)\]$/u, '$1'), port: Number(port) };
  throw new AlarmSyncError(
    'ALARMSYNC_CLI_USAGE',
    `--statsd: expected HOST:PORT or unix:PATH, got "${agent}"`,
    {
      hint: 'the agent of Datadog listens on localhost:8125',
    },
  );
}
