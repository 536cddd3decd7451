// What a call came to -> status, headers and body in AWS JSON 1.0, with errors that say their names of the query protocol.

import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

export interface Answer {
  readonly status: number;
  /** Of a refusal. */
  readonly name?: string;
  readonly body: object;
}

/** Errors whose type has another name. Source: AWS API reference, PutMetricAlarm. */
const TYPES: ReadonlyMap<string, string> = new Map([['LimitExceeded', 'LimitExceededFault']]);

export function accept(body: object = {}): Answer {
  return { status: 200, body };
}

export function refuse(status: number, name: string, message: string): Answer {
  return { status, name, body: { __type: `com.amazonaws.cloudwatch#${TYPES.get(name) ?? name}`, message } };
}

export function invalid(message: string): Answer {
  return refuse(400, 'ValidationError', message);
}

/** recorded: an empty message. */
export function notFound(): Answer {
  return refuse(404, 'ResourceNotFound', '');
}

export function send(response: ServerResponse, { status, name, body }: Answer): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'x-amzn-requestid': randomUUID(),
    ...(name === undefined ? {} : { 'x-amzn-query-error': `${name};Sender` }),
  });
  response.end(JSON.stringify(body));
}
