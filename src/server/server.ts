// Settings -> a running alarm service over HTTP, to develop, test and measure against.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fastify } from 'fastify';
import { createHash, timingSafeEqual } from 'node:crypto';

import { AlarmSyncError } from '../alarm/errors.ts';
import type { AlarmStoreSettings } from './alarm-store.ts';
import { AlarmStore } from './alarm-store.ts';
import type { BehaviourSettings, RouteContext } from './answer.ts';
import { sendRefusal } from './answer.ts';
import type { FaultSettings } from './faults.ts';
import { FaultPicker } from './faults.ts';
import { addMetricsRoute } from './metrics.ts';
import type { RateLimitSettings } from './rate-limit.ts';
import { retryAfterText, TokenBucket } from './rate-limit.ts';
import { RequestLog } from './request-log.ts';
import { addAlarmRoutes, addOpenRoutes } from './routes.ts';
import type { RequestTracing } from './traces.ts';

export interface ServerSettings {
  readonly listen: {
    readonly host: string;
    /** 0 for one that is free. */
    readonly port: number;
    /** What every request for alarms must bear; null for none. */
    readonly token: string | null;
  };
  readonly store: AlarmStoreSettings;
  readonly behaviour: BehaviourSettings;
  /** null for none. */
  readonly rateLimit: RateLimitSettings | null;
  readonly faults: FaultSettings;
  /** True to keep a record of every request, for as long as the service runs. */
  readonly keepsRecords: boolean;
  /** Takes a span of each request that bears a trace; null for none. */
  readonly tracing: RequestTracing | null;
}

/** A service in memory, on a free port of this machine, that never fails. */
export const DEFAULT_SERVER_SETTINGS: ServerSettings = {
  listen: { host: '127.0.0.1', port: 0, token: null },
  store: { file: ':memory:', namesAreUnique: true, durable: true },
  behaviour: {
    paging: 'cursor',
    defaultPageSize: 1000,
    maxPageSize: 10_000,
    hasEtags: true,
    hasTotals: true,
    latencyMs: 0,
  },
  rateLimit: null,
  faults: { rules: {}, seed: 1, slowMs: 1000, downMs: 1000, retryAfterMs: 1000 },
  keepsRecords: false,
  tracing: null,
};

export interface RunningServer extends AsyncDisposable {
  /** Shape: `http://127.0.0.1:40123`. */
  readonly url: string;
  /** The alarms, past HTTP: to seed, to look, to set the weather. */
  readonly store: AlarmStore;
  /** The requests for alarms so far. */
  readonly counts: RequestLog;
  /** Finishes what is in flight, takes nothing new, closes connections and store. */
  [Symbol.asyncDispose](): Promise<void>;
}

const BODY_LIMIT_BYTES = 1_048_576;

/** As long as Node lets a request's head be: whether a name exists is for the store to say. */
const MAX_SEGMENT_CHARACTERS = 16_384;

/** A stop waits that long for clients that neither take their answer nor leave. */
const STOP_GRACE_MS = 10_000;

/**
 * Starts the service; it stops when it is disposed of or the signal aborts, whichever is first.
 * @throws {ALARMSYNC_SERVICE_ADDRESS} when the address cannot be listened on or the store cannot be opened.
 */
export async function startServer(settings: ServerSettings, signal?: AbortSignal): Promise<RunningServer> {
  const store = new AlarmStore(settings.store);
  let isStopping = false;
  const context: RouteContext = {
    store,
    behaviour: settings.behaviour,
    faults: new FaultPicker(settings.faults),
    slowMs: settings.faults.slowMs,
    retryAfterForm: settings.rateLimit?.retryAfterForm ?? 'seconds',
    log: new RequestLog(settings.keepsRecords),
    hanging: new Set(),
    isStopping: () => isStopping,
  };
  const app = createApp(context);
  await traceRequests(app, settings.tracing);
  addRoutes(app, settings, context);
  try {
    await app.listen({ host: settings.listen.host, port: settings.listen.port });
  } catch (thrown) {
    await app.close();
    store[Symbol.dispose]();
    throw listenError(settings, thrown);
  }

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    isStopping = true;
    signal?.removeEventListener('abort', onAbort);
    stopped ??= stopApp(app, context).finally(() => store[Symbol.dispose]());
    return stopped;
  };
  const onAbort = (): void => void stop();
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted === true) {
    await stop();
    signal.throwIfAborted();
  }
  return { url: app.listeningOrigin, store, counts: context.log, [Symbol.asyncDispose]: stop };
}

function createApp(context: RouteContext): FastifyInstance {
  const refuse = (request: FastifyRequest, reply: FastifyReply, status: number, message?: string): void =>
    sendRefusal(context, request, reply, status, message);
  const app: FastifyInstance = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: MAX_SEGMENT_CHARACTERS },
    frameworkErrors: (_error, request, reply) => refuse(request, reply, 400, 'expected a well-formed path'),
  });
  // Bodies are parsed with the routes: fastify's parser refuses a member `__proto__` and rounds large numbers.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setNotFoundHandler((request, reply) => refuse(request, reply, 404));
  app.setErrorHandler((error, request, reply) => refuse(request, reply, statusOf(error)));
  return app;
}

/** Before there are routes: a hook holds for those that come after it. Loaded only where it is wanted. */
async function traceRequests(app: FastifyInstance, tracing: RequestTracing | null): Promise<void> {
  if (tracing === null) return;
  const { addTraces } = await import('./traces.ts');
  addTraces(app, tracing);
}

function addRoutes(app: FastifyInstance, settings: ServerSettings, context: RouteContext): void {
  addOpenRoutes(app);
  addMetricsRoute(app, context.store, context.log);
  app.register((scope, _options, done) => {
    if (settings.listen.token !== null) addTokenCheck(scope, context, settings.listen.token);
    if (settings.rateLimit !== null) addRateLimit(scope, context, settings.rateLimit);
    addAlarmRoutes(scope, context);
    done();
  });
}

function addTokenCheck(app: FastifyInstance, context: RouteContext, token: string): void {
  // Digests are of one length, as the comparison wants, and tell nothing about the token's.
  const wanted = sha256(token);
  app.addHook('onRequest', (request, reply, done) => {
    const bearer = /^Bearer +(.*)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (timingSafeEqual(sha256(bearer), wanted)) {
      done();
      return;
    }
    reply.header('www-authenticate', 'Bearer');
    sendRefusal(context, request, reply, 401);
  });
}

function addRateLimit(app: FastifyInstance, context: RouteContext, settings: RateLimitSettings): void {
  const bucket = new TokenBucket(settings, performance.now());
  app.addHook('onRequest', (request, reply, done) => {
    const { isAllowed, remainingCount, waitMs, resetMs } = bucket.take(performance.now());
    reply.header('ratelimit-limit', String(settings.burstCount));
    reply.header('ratelimit-remaining', String(remainingCount));
    reply.header('ratelimit-reset', String(Math.ceil(resetMs / 1000)));
    if (isAllowed) {
      done();
      return;
    }
    reply.header('retry-after', retryAfterText(waitMs, settings.retryAfterForm, Date.now()));
    sendRefusal(context, request, reply, 429);
  });
}

async function stopApp(app: FastifyInstance, context: RouteContext): Promise<void> {
  for (const reply of context.hanging) reply.raw.destroy();
  const timer = setTimeout(() => app.server.closeAllConnections(), STOP_GRACE_MS);
  await app.close();
  clearTimeout(timer);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function statusOf(error: unknown): number {
  const hasStatus = typeof error === 'object' && error !== null && 'statusCode' in error;
  return hasStatus && typeof error.statusCode === 'number' ? error.statusCode : 500;
}

function listenError(settings: ServerSettings, thrown: unknown): AlarmSyncError {
  const { host, port } = settings.listen;
  const reason = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
  return new AlarmSyncError(
    'ALARMSYNC_SERVICE_ADDRESS',
    `expected an address to listen on that is free, got ${reason}: ${host}:${port}`,
    { cause: thrown, hint: 'choose another port, or 0 for one that is free' },
  );
}
