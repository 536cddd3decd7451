// Requests that bear the trace of their sender -> a span of this service each, as the child of the sender's.

import {
  defaultTextMapGetter,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export interface RequestTracing {
  readonly tracer: Tracer;
  /** As receivers show this service. */
  readonly serviceName: string;
}

/** Every attribute of a span; some are there only where there is something to say. */
export const SERVER_SPAN_ATTRIBUTES = [
  'service',
  'resource',
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'url.path',
  'url.scheme',
  'server.address',
  'server.port',
  'error.type',
] as const;

/** Traces the routes that are added to the scope. A request that bears no trace, or one that is not sampled, gets no span. */
export function addTraces(app: FastifyInstance, { tracer, serviceName }: RequestTracing): void {
  const propagator = new W3CTraceContextPropagator();
  app.addHook('onRequest', (request, reply, done) => {
    const context = propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter);
    if (isSampled(context)) {
      const span = tracer.startSpan(
        nameOf(request),
        { kind: SpanKind.SERVER, attributes: attributesOf(request, serviceName) },
        context,
      );
      // A connection that is cut has no end of an answer.
      reply.raw.once('close', () => end(span, reply));
    }
    done();
  });
}

function isSampled(context: Context): boolean {
  const { traceFlags = TraceFlags.NONE } = trace.getSpanContext(context) ?? {};
  return (traceFlags & TraceFlags.SAMPLED) !== 0;
}

function nameOf({ method, routeOptions }: FastifyRequest): string {
  return routeOptions.url === undefined ? method : `${method} ${routeOptions.url}`;
}

/** Source: OpenTelemetry's semantic conventions, HTTP server span: stable since 1.23. */
function attributesOf(request: FastifyRequest, serviceName: string): Attributes {
  const { method, protocol, hostname, port, url, routeOptions } = request;
  return {
    service: serviceName,
    resource: nameOf(request),
    'http.request.method': method,
    'url.path': url.replace(/\?.*$/su, ''),
    'url.scheme': protocol,
    'server.address': hostname,
    ...(typeof port === 'number' ? { 'server.port': port } : {}),
    ...(routeOptions.url === undefined ? {} : { 'http.route': routeOptions.url }),
  };
}

function end(span: Span, { raw }: FastifyReply): void {
  if (raw.headersSent) span.setAttribute('http.response.status_code', raw.statusCode);
  const isCut = !raw.writableFinished;
  if (isCut || raw.statusCode >= 500) {
    span.setAttribute('error.type', isCut ? 'connection_closed' : String(raw.statusCode));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
