// Spans -> an OTLP receiver over HTTP, by OpenTelemetry's own SDK, which takes its settings from the environment as everywhere.
//
// Loaded only where traces are wanted, and by one thread alone.

import { diag, DiagLogLevel, type Tracer } from '@opentelemetry/api';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  RandomIdGenerator,
  type IdGenerator,
} from '@opentelemetry/sdk-trace-base';

/** Nobody waits longer for a receiver that neither takes what is left nor refuses it. */
const PATIENCE_MS = 5000;

export interface TraceExportSettings {
  /** Who sends the spans, where the environment does not say it. */
  readonly serviceName: string;
  readonly version: string;
  /** For one try at a batch and its repetitions; absent where the environment says it. */
  readonly timeoutMs?: number;
  /** Hears each time that something cannot be sent, or that a setting cannot be used. */
  readonly onFault: (message: string) => void;
}

/** Takes spans until it is closed. Nothing here throws: traces never fail what they tell of. */
export class TraceExport {
  readonly tracer: Tracer;
  /** As receivers show it. */
  readonly serviceName: string;
  readonly #provider: BasicTracerProvider;
  readonly #ids = new ChosenIds();
  readonly #onFault: (message: string) => void;

  constructor({ serviceName, version, timeoutMs, onFault }: TraceExportSettings) {
    this.#onFault = onFault;
    diag.setLogger(faultLogger(onFault), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
    setGlobalErrorHandler((error) => onFault(reasonOf(error)));
    const resource = defaultResource()
      .merge(resourceFromAttributes({ 'service.name': serviceName, 'service.version': version }))
      .merge(detectResources({ detectors: [envDetector] }));
    const exporter = new OTLPTraceExporter(timeoutMs === undefined ? {} : { timeoutMillis: timeoutMs });
    this.#provider = new BasicTracerProvider({
      resource,
      idGenerator: this.#ids,
      spanProcessors: [new BatchSpanProcessor(exporter)],
    });
    this.serviceName = String(resource.attributes['service.name']);
    this.tracer = this.#provider.getTracer('alarmsync', version);
  }

  /** The span that is started next has this id. */
  chooseSpanId(spanId: string): void {
    this.#ids.chosen = spanId;
  }

  /** Sends what is left. False when that was given up, and may still be under way. */
  async close(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), PATIENCE_MS);
    });
    const isClosed = await Promise.race([this.#shutDown(), patience]);
    clearTimeout(timer);
    if (!isClosed) this.#onFault(`no answer within ${PATIENCE_MS / 1000} s`);
    return isClosed;
  }

  async #shutDown(): Promise<boolean> {
    try {
      await this.#provider.shutdown();
    } catch (thrown) {
      this.#onFault(reasonOf(thrown));
    }
    return true;
  }
}

class ChosenIds implements IdGenerator {
  chosen: string | undefined;
  readonly #random = new RandomIdGenerator();

  generateTraceId(): string {
    return this.#random.generateTraceId();
  }

  generateSpanId(): string {
    const { chosen } = this;
    this.chosen = undefined;
    return chosen ?? this.#random.generateSpanId();
  }
}

function faultLogger(onFault: (message: string) => void): Parameters<typeof diag.setLogger>[0] {
  return { error: onFault, warn: onFault, info: ignore, debug: ignore, verbose: ignore };
}

function ignore(): void {}

/** What a receiver answered besides is not repeated. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const code = 'code' in thrown ? `${String(thrown.code)} ` : '';
  return `${code}${thrown.message}`.trim();
}
