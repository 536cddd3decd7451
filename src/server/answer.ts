// A decoded call -> its answer on the wire, or the fault that was asked for in its place.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';

import type { ErrorCode } from '../alarm/errors.ts';
import { AlarmSyncError } from '../alarm/errors.ts';
import type { AlarmStore } from './alarm-store.ts';
import type { CallKind, FaultName, FaultPicker } from './faults.ts';
import { FAULTS } from './faults.ts';
import type { RateLimitSettings } from './rate-limit.ts';
import { retryAfterText } from './rate-limit.ts';
import type { RequestLog } from './request-log.ts';
import { acknowledgementText } from './wire.ts';

/** How the service behaves where services differ. */
export interface BehaviourSettings {
  /**
   * `cursor`: pages. `overlap`: pages that begin with the last alarm of the one before.
   * `none`: the query is ignored, and one JSON array of everything is streamed.
   */
  readonly paging: 'cursor' | 'overlap' | 'none';
  /** Alarms on a page when the request states no limit, and at most. */
  readonly defaultPageSize: number;
  readonly maxPageSize: number;
  /** Whether reads and listings give etags, and writes obey If-Match. */
  readonly hasEtags: boolean;
  /** Whether pages state how many alarms there are. */
  readonly hasTotals: boolean;
  /** How long each request for alarms takes at least. */
  readonly latencyMs: number;
}

/** What every route works with. */
export interface RouteContext {
  readonly store: AlarmStore;
  readonly behaviour: BehaviourSettings;
  readonly faults: FaultPicker;
  readonly slowMs: number;
  readonly retryAfterForm: RateLimitSettings['retryAfterForm'];
  readonly log: RequestLog;
  /** Requests that are never answered; the stop ends their connections. */
  readonly hanging: Set<FastifyReply>;
  /** True once the service ends: each answer then closes its connection. */
  isStopping(): boolean;
}

/** What goes back for one call. */
export interface Answer {
  readonly status: number;
  readonly body: string | Readable;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request for alarms, decoded and not yet carried out. */
export interface Call {
  readonly kind: CallKind;
  /** Empty for a listing. */
  readonly name: string;
  /** @throws {AlarmSyncError} the ALARMSYNC_SERVICE_ codes of the store. */
  act(): Answer;
}

const STATUS_BY_CODE: Readonly<Partial<Record<ErrorCode, number>>> = {
  ALARMSYNC_SERVICE_REFUSED: 400,
  ALARMSYNC_SERVICE_MISSING: 404,
  ALARMSYNC_SERVICE_EXISTS: 409,
  ALARMSYNC_SERVICE_CHANGED: 412,
};

/** Answers a request that no route takes, or that is refused before one does. */
export function sendRefusal(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  message?: string,
): void {
  const name = nameOf(request);
  const body = acknowledgementText(name, status, message);
  send(context, request, reply, { status, body }, { name, isApplied: false });
}

/** Carries a call out and answers it, unless a fault strikes; a body that cannot be decoded is answered 400. */
export function answerCall(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  decode: () => Call,
): void {
  let call: Call;
  try {
    call = decode();
  } catch (thrown) {
    const answer = errorAnswer(nameOf(request), thrown);
    send(context, request, reply, answer, { name: nameOf(request), isApplied: false });
    return;
  }
  const { kind, name } = call;
  const fault = context.faults.pick({ kind, method: request.method, name }, performance.now());
  const finish = (): void =>
    fault === undefined
      ? answerTruly(context, request, reply, call)
      : answerFaultily(context, request, reply, call, fault);
  const delayMs = context.behaviour.latencyMs + (fault === 'slow' ? context.slowMs : 0);
  if (delayMs > 0) setTimeout(finish, delayMs);
  else finish();
}

function answerTruly(context: RouteContext, request: FastifyRequest, reply: FastifyReply, call: Call): void {
  const answer = attempt(call);
  send(context, request, reply, answer, { name: call.name, isApplied: hasApplied(call, answer) });
}

function answerFaultily(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  call: Call,
  fault: FaultName,
): void {
  const { name } = call;
  const { isApplied: isActing, after } = FAULTS[fault];
  if (after === 'answer') {
    answerTruly(context, request, reply, call);
    return;
  }
  const truth = isActing ? attempt(call) : undefined;
  const record = { name, isApplied: truth !== undefined && hasApplied(call, truth) };
  if (typeof after === 'number') {
    const answer = { status: after, body: acknowledgementText(name, after) };
    send(context, request, reply, { ...answer, headers: retryHeaders(context, fault) }, record);
    return;
  }
  switch (after) {
    case 'not-json':
      return send(
        context,
        request,
        reply,
        { status: 200, body: '<html>OK</html>', contentType: 'text/html' },
        record,
      );
    case 'status-500':
      return send(context, request, reply, { status: 200, body: acknowledgementText(name, 500) }, record);
    case 'cut':
    case 'destroy':
    case 'nothing':
      addRecord(context, request, 0, record);
      reply.hijack();
      if (after === 'nothing') hang(context, reply);
      else if (after === 'cut') cut(reply, truth);
      else reply.raw.destroy();
  }
}

function retryHeaders(context: RouteContext, fault: FaultName): Record<string, string> {
  const waitMs = context.faults.retryAfterMs(fault, performance.now());
  if (waitMs === undefined) return {};
  return { 'retry-after': retryAfterText(waitMs, context.retryAfterForm, Date.now()) };
}

function hang(context: RouteContext, reply: FastifyReply): void {
  context.hanging.add(reply);
  reply.raw.once('close', () => context.hanging.delete(reply));
}

function cut(reply: FastifyReply, truth: Answer | undefined): void {
  const body = Buffer.from(typeof truth?.body === 'string' ? truth.body : '');
  reply.raw.writeHead(truth?.status ?? 200, {
    'content-type': 'application/json',
    'content-length': body.length,
  });
  reply.raw.write(body.subarray(0, Math.floor(body.length / 2)), () => reply.raw.destroy());
}

function attempt(call: Call): Answer {
  try {
    return call.act();
  } catch (thrown) {
    return errorAnswer(call.name, thrown);
  }
}

function errorAnswer(name: string, thrown: unknown): Answer {
  const status = statusOf(thrown);
  const message = status === 400 && thrown instanceof Error ? thrown.message : undefined;
  return { status, body: acknowledgementText(name, status, message) };
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof AlarmSyncError) return STATUS_BY_CODE[thrown.code] ?? 500;
  // Params nested deeper than the stack can be written as text.
  return thrown instanceof RangeError ? 400 : 500;
}

function hasApplied(call: Call, answer: Answer): boolean {
  return call.kind === 'write' && answer.status === 200;
}

function nameOf(request: FastifyRequest): string {
  const { params } = request;
  const hasName = typeof params === 'object' && params !== null && 'name' in params;
  return hasName && typeof params.name === 'string' ? params.name : '';
}

function send(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Answer,
  record: { readonly name: string; readonly isApplied: boolean },
): void {
  addRecord(context, request, answer.status, record);
  reply.code(answer.status).header('content-type', answer.contentType ?? 'application/json; charset=utf-8');
  if (answer.headers !== undefined) reply.headers(answer.headers);
  if (context.isStopping()) reply.header('connection', 'close');
  reply.send(answer.body);
}

function addRecord(
  context: RouteContext,
  request: FastifyRequest,
  status: number,
  record: { readonly name: string; readonly isApplied: boolean },
): void {
  context.log.add({ method: request.method, status, ...record, atEpochMs: Date.now() });
}
