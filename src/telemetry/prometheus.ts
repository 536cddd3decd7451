// Metrics -> a text file in Prometheus's format, for the textfile collector of its node_exporter.

import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import { asAlarmSyncError } from '../alarm/errors.ts';
import { INSTRUMENTS, type Instrument, type InstrumentName } from './instruments.ts';
import type { Labels, MetricSink } from './metric-sink.ts';

/** In seconds: from a local write to a request that times out. */
const BUCKETS_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export interface PrometheusSettings {
  /** Puts a text in the place of the last one, whole: its reader never sees a half. */
  readonly write: (text: string) => void;
  /** The user's own, on every sample. */
  readonly labels: Labels;
  /** Hears each time that it cannot be written. */
  readonly onFault: (message: string) => void;
}

export class PrometheusSink implements MetricSink {
  readonly #settings: PrometheusSettings;
  readonly #registry = new Registry();
  readonly #counters = new Map<InstrumentName, Counter>();
  readonly #gauges = new Map<InstrumentName, Gauge>();
  readonly #histograms = new Map<InstrumentName, Histogram>();

  constructor(settings: PrometheusSettings) {
    this.#settings = settings;
    this.#registry.setDefaultLabels({ ...settings.labels });
    for (const [name, instrument] of Object.entries(INSTRUMENTS))
      this.#register(decodeName(name), instrument);
  }

  count(name: InstrumentName, increment: number, labels: Labels): void {
    this.#counters.get(name)?.inc({ ...labels }, increment);
  }

  gauge(name: InstrumentName, value: number, labels: Labels): void {
    this.#gauges.get(name)?.set({ ...labels }, value);
  }

  observe(name: InstrumentName, value: number, labels: Labels): void {
    this.#histograms.get(name)?.observe({ ...labels }, value);
  }

  async flush(): Promise<void> {
    const { write, onFault } = this.#settings;
    try {
      write(await this.#registry.metrics());
    } catch (thrown) {
      onFault(asAlarmSyncError(thrown).message);
    }
  }

  async close(): Promise<void> {
    await this.flush();
  }

  #register(name: InstrumentName, { kind, labels, meaning }: Instrument): void {
    const settings = {
      name: prometheusName(name, kind),
      help: meaning,
      labelNames: [...labels],
      registers: [this.#registry],
    };
    if (kind === 'count') this.#counters.set(name, new Counter(settings));
    else if (kind === 'gauge') this.#gauges.set(name, new Gauge(settings));
    else this.#histograms.set(name, new Histogram({ ...settings, buckets: BUCKETS_SECONDS }));
  }
}

/** Prometheus's names have no dots, and those of counters end in `_total`. Source: its documentation, "Metric and label naming". */
function prometheusName(name: InstrumentName, kind: Instrument['kind']): string {
  return name.replaceAll('.', '_') + (kind === 'count' ? '_total' : '');
}

function decodeName(name: string): InstrumentName {
  return name as InstrumentName;
}
