// A running reference service -> a client for tests, which holds every answer against the service's own OpenAPI document.

import { Ajv2020 } from 'ajv/dist/2020.js';
import { Pool } from 'undici';
import { onTestFinished } from 'vitest';

import { parseJson } from '../src/alarm/json.ts';
import type { RunningServer, ServerSettings } from '../src/server/server.ts';
import { DEFAULT_SERVER_SETTINGS, startServer } from '../src/server/server.ts';

export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body, parsed without loss. */
  readonly body: unknown;
}

export type Part<Settings> = {
  readonly [Key in keyof Settings]?: Settings[Key] extends object | null
    ? Partial<NonNullable<Settings[Key]>>
    : Settings[Key];
};

export interface TestService {
  readonly server: RunningServer;
  readonly pool: Pool;
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<TestAnswer>;
}

export const ALARM = {
  threshold: '3',
  metric_name: 'foo',
  comparison_method: 'gt',
  alarm_state: 'active',
  tracking_metric_id: '6f1c1d4e-0c7e-4d0a-9a57-3f4b8b6f2a11',
  contact: ['user@example.com', 'ldap:group'],
  metric_math: 'sum',
};

/** Starts a service that stops with the test. */
export async function startTestService(part: Part<ServerSettings> = {}): Promise<TestService> {
  const defaults = DEFAULT_SERVER_SETTINGS;
  const server = await startServer({
    listen: { ...defaults.listen, ...part.listen },
    store: { ...defaults.store, ...part.store },
    behaviour: { ...defaults.behaviour, ...part.behaviour },
    rateLimit: part.rateLimit === undefined ? null : { ...RATE_LIMIT, ...part.rateLimit },
    faults: { ...defaults.faults, ...part.faults },
    keepsRecords: part.keepsRecords ?? defaults.keepsRecords,
    tracing: defaults.tracing,
  });
  // A pool sends a path as it is; whatever takes a URL would fold "%2e%2e" away.
  const pool = new Pool(server.url, { connections: 8 });
  onTestFinished(async () => {
    await pool.destroy();
    await server[Symbol.asyncDispose]();
  });
  const validate = await answerValidator(pool);
  const call: TestService['call'] = async (method, path, body, headers = {}) => {
    const answer = await rawCall(pool, method, path, body, headers);
    validate(method, path, answer);
    return answer;
  };
  return { server, pool, call };
}

/** One call whose answer may be anything. */
export async function rawCall(
  pool: Pool,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<TestAnswer> {
  const text =
    body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const answer = await pool.request({
    method,
    path,
    headers: { ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(text === undefined ? {} : { body: text }),
  });
  const answerText = await answer.body.text();
  const isJson = String(answer.headers['content-type']).startsWith('application/json');
  return {
    status: answer.statusCode,
    headers: answer.headers,
    text: answerText,
    body: isJson ? parseJson(answerText) : undefined,
  };
}

/** The path of one alarm: a name as one segment, dots escaped too. */
export function pathOf(name: string): string {
  return `/alarms/${encodeURIComponent(name).replaceAll('.', '%2e')}`;
}

const RATE_LIMIT = { requestsPerSecond: 1, burstCount: 1, retryAfterForm: 'seconds' } as const;

async function answerValidator(
  pool: Pool,
): Promise<(method: string, path: string, answer: TestAnswer) => void> {
  const document = JSON.parse((await rawCall(pool, 'GET', '/openapi.json')).text);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema(document, 'api');
  return (method, path, answer) => {
    const template = path.startsWith('/alarms/') ? '/alarms/{name}' : path.replace(/\?.*$/, '');
    const pointer = [
      'paths',
      template.replaceAll('~', '~0').replaceAll('/', '~1'),
      method.toLowerCase(),
      'responses',
      String(answer.status),
      'content',
      'application~1json',
      'schema',
    ].join('/');
    const schema = ajv.getSchema(`api#/${encodeURI(pointer)}`);
    if (schema === undefined) throw new Error(`the document has no ${method} ${template} ${answer.status}`);
    if (schema(JSON.parse(answer.text)) !== true) {
      throw new Error(`${method} ${path} ${answer.status}: ${ajv.errorsText(schema.errors)}`);
    }
  };
}
