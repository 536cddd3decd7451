// A receiver of OTLP traces over HTTP, which decodes what comes by the published schema and lets nothing pass that the protocol does not allow.
// Sources: opentelemetry-proto; OpenTelemetry's OTLP specification, "OTLP/HTTP".

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import path from 'node:path';

import protobuf from 'protobufjs';

import { listen } from '../http.loopback.ts';

export interface ReceivedSpan {
  /** Hexadecimal digits; `parentSpanId` is empty for a root. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: { readonly code: string; readonly message: string };
  /** Attributes of who sent it. */
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface ReceiverSettings {
  /** Answers in the place of a 200. */
  readonly answer?: (response: ServerResponse) => void;
}

export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** What came and is not allowed. */
  readonly breaches: string[] = [];
  /** Of each request. */
  readonly headers: IncomingHttpHeaders[] = [];
  /** The bodies as they came. */
  readonly bodies: Buffer[] = [];
  /** Shape: `http://127.0.0.1:40123`. */
  url = '';

  /** As the environment of who sends has it. */
  get env(): Readonly<Record<string, string>> {
    return { OTEL_EXPORTER_OTLP_ENDPOINT: this.url };
  }

  take(method: string, url: string, headers: IncomingHttpHeaders, body: Buffer): void {
    this.headers.push(headers);
    this.bodies.push(body);
    if (method !== 'POST' || url !== '/v1/traces') this.breaches.push(`${method} ${url}`);
    const type = headers['content-type'] ?? 'no content type';
    if (type !== 'application/x-protobuf') this.breaches.push(type);
    for (const span of spansOf(body)) {
      this.spans.push(span);
      if (!/^[0-9a-f]{32}$/u.test(span.traceId)) this.breaches.push(`trace id ${span.traceId}`);
      if (!/^[0-9a-f]{16}$/u.test(span.spanId)) this.breaches.push(`span id ${span.spanId}`);
      if (!/^(?:[0-9a-f]{16})?$/u.test(span.parentSpanId)) this.breaches.push(`parent ${span.parentSpanId}`);
      if (span.endMs < span.startMs) this.breaches.push(`${span.name} ends before it starts`);
    }
  }

  /** Those of a service, as they are told by whoever sent them. */
  of(serviceName: string): readonly ReceivedSpan[] {
    return this.spans.filter(({ resource }) => resource['service.name'] === serviceName);
  }

  named(name: string): readonly ReceivedSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  /** The only one of that name. */
  only(name: string): ReceivedSpan {
    const [span, ...others] = this.named(name);
    if (span === undefined || others.length > 0)
      throw new Error(`expected one span ${name}, got ${this.named(name).length}`);
    return span;
  }
}

/** Starts one that stops with the test. */
export async function startOtlpReceiver({ answer }: ReceiverSettings = {}): Promise<OtlpReceiver> {
  const receiver = new OtlpReceiver();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      receiver.take(request.method ?? '', request.url ?? '', request.headers, Buffer.concat(chunks));
      // An ExportTraceServiceResponse in which nothing was left out is empty.
      if (answer === undefined) response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      else answer(response);
    });
  });
  receiver.url = await listen(server);
  return receiver;
}

const SCHEMA = path.join(import.meta.dirname, '../fixtures/opentelemetry-proto');

function loadRequestType(): protobuf.Type {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => path.join(SCHEMA, target);
  root.loadSync('opentelemetry/proto/collector/trace/v1/trace_service.proto');
  return root.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');
}

const REQUEST = loadRequestType();

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values: readonly AnyValue[] };
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: Buffer;
        readonly spanId: Buffer;
        readonly parentSpanId: Buffer;
        readonly name: string;
        readonly kind: string;
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
        readonly attributes: readonly KeyValue[];
        readonly status: { readonly code: string; readonly message: string } | null;
      }[];
    }[];
  }[];
}

function spansOf(body: Buffer): readonly ReceivedSpan[] {
  const { resourceSpans } = decodeRequest(
    REQUEST.toObject(REQUEST.decode(body), { longs: String, enums: String, bytes: Buffer, defaults: true }),
  );
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentSpanId: hex(span.parentSpanId),
        name: span.name,
        kind: span.kind.replace('SPAN_KIND_', ''),
        startMs: msOf(span.startTimeUnixNano),
        endMs: msOf(span.endTimeUnixNano),
        attributes: recordOf(span.attributes),
        status: {
          code: (span.status?.code ?? 'STATUS_CODE_UNSET').replace('STATUS_CODE_', ''),
          message: span.status?.message ?? '',
        },
        resource: recordOf(resource.attributes),
      })),
    ),
  );
}

function recordOf(attributes: readonly KeyValue[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf({ stringValue, boolValue, intValue, doubleValue, arrayValue }: AnyValue): unknown {
  if (arrayValue !== undefined) return arrayValue.values.map(valueOf);
  return stringValue ?? boolValue ?? doubleValue ?? (intValue === undefined ? undefined : Number(intValue));
}

/** Epoch nanoseconds do not fit a double to the last digit: to the microsecond. */
function msOf(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1000n) / 1000;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function decodeRequest(message: unknown): ExportRequest {
  return message as ExportRequest;
}
