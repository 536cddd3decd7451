// The alarm service API, version 1 -> its OpenAPI 3.1 document.

const ref = (name: string): { readonly $ref: string } => ({ $ref: `#/components/schemas/${name}` });

const json = (schema: object): object => ({ 'application/json': { schema } });

const answer = (description: string, schema: object, headers: object = {}): object => ({
  description,
  headers,
  content: json(schema),
});

const header = (description: string): object => ({ description, schema: { type: 'string' } });

const REFUSALS: Readonly<Record<string, object>> = {
  400: answer('Malformed request', ref('Refusal')),
  401: answer('No token, or another than the service wants', ref('Refusal'), {
    'WWW-Authenticate': header('Bearer'),
  }),
  404: answer('No such alarm', ref('Refusal')),
  409: answer('The name exists', ref('Refusal')),
  412: answer('The alarm no longer has the etag of If-Match', ref('Refusal')),
  413: answer('The body is over 1 MiB', ref('Refusal')),
  429: answer('Too many requests', ref('Refusal'), {
    'Retry-After': header('Seconds, or an HTTP date'),
    'RateLimit-Limit': header('Requests at once after a pause'),
    'RateLimit-Remaining': header('Requests that could follow at once'),
    'RateLimit-Reset': header('Seconds until all of them could again'),
  }),
  500: answer('Failed; whether the service acted is unknown', ref('Refusal')),
  503: answer('Down', ref('Refusal'), { 'Retry-After': header('Seconds, or an HTTP date') }),
  504: answer('Failed; whether the service acted is unknown', ref('Refusal')),
};

const refusals = (...statuses: readonly number[]): object =>
  Object.fromEntries([...statuses, 401, 429, 500, 503, 504].map((code) => [String(code), REFUSALS[code]]));

const acknowledged = { 200: answer('Done', ref('Acknowledgement')) };

const body = { required: true, content: json(ref('Definition')) };

const ifMatch = { name: 'If-Match', in: 'header', required: false, schema: { type: 'string' } };

const DEFINITION_PROPERTIES = {
  name: {
    type: 'string',
    description: 'The key, case-sensitive. In a path: percent-encoded as one segment.',
  },
  params: {
    type: 'object',
    description: 'Kept whole, members unknown to the service too.',
    additionalProperties: true,
  },
};

const SCHEMAS = {
  Definition: { type: 'object', required: ['name', 'params'], properties: DEFINITION_PROPERTIES },
  ListedDefinition: {
    type: 'object',
    required: ['name', 'params'],
    additionalProperties: false,
    properties: {
      ...DEFINITION_PROPERTIES,
      etag: { type: 'string', description: 'For If-Match; the same as the ETag of a read.' },
    },
  },
  Page: {
    type: 'object',
    required: ['alarms', 'next_cursor'],
    additionalProperties: false,
    properties: {
      alarms: { type: 'array', items: ref('ListedDefinition') },
      next_cursor: { type: ['string', 'null'], description: 'Opaque; null on the last page.' },
      total: { type: 'integer', minimum: 0 },
    },
  },
  Unpaged: {
    type: 'array',
    items: ref('ListedDefinition'),
    description: 'Everything, from a service without paging.',
  },
  Acknowledgement: {
    type: 'object',
    required: ['name', 'status'],
    additionalProperties: false,
    properties: { name: { type: 'string' }, status: { type: 'string', pattern: '^[1-5][0-9]{2}$' } },
  },
  Refusal: {
    type: 'object',
    required: ['name', 'status'],
    additionalProperties: false,
    properties: {
      name: { type: 'string', description: 'Empty where no name is concerned.' },
      status: { type: 'string', pattern: '^[45][0-9]{2}$' },
      message: { type: 'string', description: 'What was wrong with the request.' },
    },
  },
};

const ALARMS = {
  get: {
    operationId: 'listAlarms',
    parameters: [
      { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1 } },
      { name: 'cursor', in: 'query', schema: { type: 'string' } },
    ],
    responses: {
      200: answer('A page, in an order that does not change', { oneOf: [ref('Page'), ref('Unpaged')] }),
      ...refusals(400),
    },
  },
  post: {
    operationId: 'createAlarm',
    requestBody: body,
    responses: { ...acknowledged, ...refusals(400, 409, 413) },
  },
};

const ALARM = {
  parameters: [{ name: 'name', in: 'path', required: true, schema: { type: 'string' } }],
  get: {
    operationId: 'readAlarm',
    responses: {
      200: answer('The alarm', ref('Definition'), { ETag: header('Its version, for If-Match') }),
      ...refusals(400, 404),
    },
  },
  put: {
    operationId: 'updateAlarm',
    description: 'Replaces `params` whole.',
    parameters: [ifMatch],
    requestBody: body,
    responses: { ...acknowledged, ...refusals(400, 404, 412, 413) },
  },
  delete: {
    operationId: 'deleteAlarm',
    parameters: [ifMatch],
    responses: { ...acknowledged, ...refusals(400, 404, 412) },
  },
};

/** JSON text of the document that `GET /openapi.json` gives. */
export function openApiText(): string {
  return JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Alarm service', version: '1', description: 'Alarm definitions, one by one or in pages.' },
    security: [{ bearer: [] }, {}],
    paths: {
      '/alarms': ALARMS,
      '/alarms/{name}': ALARM,
      '/healthz': {
        get: {
          operationId: 'health',
          security: [],
          responses: { 200: answer('The service answers', ref('Health')) },
        },
      },
      '/metrics': {
        get: {
          operationId: 'metrics',
          security: [],
          responses: {
            200: {
              description: "Metrics in Prometheus's text format",
              content: { 'text/plain': { schema: { type: 'string' } } },
            },
          },
        },
      },
    },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: {
        ...SCHEMAS,
        Health: {
          type: 'object',
          required: ['status'],
          additionalProperties: false,
          properties: { status: { const: 'ok' } },
        },
      },
    },
  });
}
