// A request that is told by itself in a trace -> its span.

import { SpanKind, SpanStatusCode, type Attributes, type Context } from '@opentelemetry/api';

import type { TelemetryMessages, TracedRequest } from './names.ts';
import type { TraceExport } from './trace-export.ts';

export function tellRequest(
  exported: TraceExport,
  request: TelemetryMessages['request'],
  traced: TracedRequest,
  parent: Context,
): void {
  const { method, resource, durationMs } = request;
  const attributes = {
    service: exported.serviceName,
    resource: `${method} ${resource}`,
    ...httpAttributes(request, traced),
  };
  exported.chooseSpanId(traced.spanId);
  const span = exported.tracer.startSpan(
    `${method} ${resource}`,
    { kind: SpanKind.CLIENT, startTime: traced.startedEpochMs, attributes },
    parent,
  );
  if ('error.type' in attributes) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(traced.startedEpochMs + durationMs);
}

/** Source: OpenTelemetry's semantic conventions, HTTP client span: stable since 1.23, but for `url.template`. */
function httpAttributes(
  { method, resource, status }: TelemetryMessages['request'],
  { url, failure }: TracedRequest,
): Attributes {
  const { protocol, hostname, port } = new URL(url);
  const errorType = failure ?? (status !== undefined && status >= 400 ? String(status) : undefined);
  return {
    'http.request.method': method,
    'url.full': url,
    'server.address': hostname,
    'server.port': Number(port === '' ? DEFAULT_PORTS[protocol] : port),
    // The name of an AWS call is no path.
    ...(resource.startsWith('/') ? { 'url.template': resource } : {}),
    ...(status === undefined ? {} : { 'http.response.status_code': status }),
    ...(errorType === undefined ? {} : { 'error.type': errorType }),
  };
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };
