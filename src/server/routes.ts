// The paths of the alarm service API -> calls on the store.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';

import { AlarmSyncError } from '../alarm/errors.ts';
import type { Answer, Call, RouteContext } from './answer.ts';
import { answerCall } from './answer.ts';
import { openApiText } from './openapi.ts';
import {
  acknowledgementText,
  arrayText,
  decodeCursor,
  decodeDefinition,
  decodeLimit,
  definitionText,
  pageText,
} from './wire.ts';

interface NamedRoute {
  Params: { readonly name: string };
}
interface ListRoute {
  Querystring: Readonly<Record<string, unknown>>;
}

/** Adds the routes that need no token and meet no fault. */
export function addOpenRoutes(app: FastifyInstance): void {
  const document = openApiText();
  app.get('/openapi.json', (_request, reply) => reply.type('application/json').send(document));
  app.get('/healthz', (_request, reply) => reply.type('application/json').send('{"status":"ok"}'));
}

/** Adds the five calls of the alarm service API. Bodies arrive as buffers. */
export function addAlarmRoutes(app: FastifyInstance, context: RouteContext): void {
  const { store, behaviour } = context;
  const serve = (request: FastifyRequest, reply: FastifyReply, decode: () => Call): void =>
    answerCall(context, request, reply, decode);
  const ifMatchOf = (request: FastifyRequest): string | undefined =>
    behaviour.hasEtags ? request.headers['if-match'] : undefined;

  app.get<ListRoute>('/alarms', (request, reply) => {
    serve(request, reply, () => listCall(context, request.query));
  });

  app.post('/alarms', (request, reply) => {
    serve(request, reply, () => {
      const definition = decodeDefinition(request.body);
      return writeCall(definition.name, () => store.create(definition));
    });
  });

  app.get<NamedRoute>('/alarms/:name', (request, reply) => {
    serve(request, reply, () => readCall(context, request.params.name));
  });

  app.put<NamedRoute>('/alarms/:name', (request, reply) => {
    serve(request, reply, () => {
      const definition = decodeDefinition(request.body);
      if (definition.name !== request.params.name) {
        throw new AlarmSyncError(
          'ALARMSYNC_SERVICE_REFUSED',
          'expected the name of the path as "name", got another',
        );
      }
      return writeCall(definition.name, () => store.update(definition, ifMatchOf(request)));
    });
  });

  app.delete<NamedRoute>('/alarms/:name', (request, reply) => {
    const { name } = request.params;
    serve(request, reply, () => writeCall(name, () => store.delete(name, ifMatchOf(request))));
  });
}

function writeCall(name: string, write: () => void): Call {
  return {
    kind: 'write',
    name,
    act: () => {
      write();
      return { status: 200, body: acknowledgementText(name, 200) };
    },
  };
}

function readCall({ store, behaviour }: RouteContext, name: string): Call {
  return {
    kind: 'read',
    name,
    act: () => {
      const alarm = store.read(name);
      if (alarm === undefined) return { status: 404, body: acknowledgementText(name, 404) };
      const body = definitionText(alarm, false);
      return behaviour.hasEtags
        ? { status: 200, body, headers: { etag: alarm.etag } }
        : { status: 200, body };
    },
  };
}

function listCall({ store, behaviour }: RouteContext, query: Readonly<Record<string, unknown>>): Call {
  const { paging, hasEtags, hasTotals } = behaviour;
  if (paging === 'none') {
    const act = (): Answer => ({ status: 200, body: Readable.from(arrayText(store, hasEtags)) });
    return { kind: 'list', name: '', act };
  }
  const limit = decodeLimit(query['limit'], behaviour.defaultPageSize, behaviour.maxPageSize);
  const cursor = decodeCursor(query['cursor']);
  const act = (): Answer => {
    const repeatsLast = paging === 'overlap';
    const page = store.listPage({ limit, repeatsLast, ...(cursor === undefined ? {} : { cursor }) });
    return { status: 200, body: pageText(page, hasEtags, hasTotals ? store.total() : undefined) };
  };
  return { kind: 'list', name: '', act };
}
