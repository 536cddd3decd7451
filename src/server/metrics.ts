// What the service did and holds -> a text that Prometheus takes.

import type { FastifyInstance } from 'fastify';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import type { AlarmStore } from './alarm-store.ts';
import type { RequestLog } from './request-log.ts';

/** In seconds: from an answer out of memory to a client's usual patience. */
const BUCKETS_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Adds `/metrics`, and measures the routes that are added to the scope. */
export function addMetricsRoute(app: FastifyInstance, store: AlarmStore, log: RequestLog): void {
  const registry = new Registry();
  registry.registerMetric(
    new Counter({
      name: 'alarm_service_requests_total',
      help: 'Requests for alarms; status 0 is a connection that was closed, or kept waiting, instead of an answer',
      labelNames: ['method', 'status'],
      registers: [],
      collect() {
        this.reset();
        for (const { method, status, count } of log.counts())
          this.inc({ method, status: String(status) }, count);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'alarm_service_alarms',
      help: 'Alarms that the service holds',
      registers: [],
      collect() {
        this.set(store.total());
      },
    }),
  );
  const durations = new Histogram({
    name: 'alarm_service_request_duration_seconds',
    help: 'From a request to its whole answer',
    labelNames: ['method', 'route'],
    buckets: BUCKETS_SECONDS,
    registers: [registry],
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    durations.observe({ method: request.method, route }, reply.elapsedTime / 1000);
    done();
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}
