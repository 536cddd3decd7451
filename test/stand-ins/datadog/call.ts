// One call of the stand-in, as a client with its credentials makes it -> the answer, decoded.

import { isObject, type Json, type JsonObject } from './json.ts';
import type { DatadogStandIn } from './server.ts';

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Null where there is none. */
  readonly body: Json;
}

export async function call(
  { url, credentials }: DatadogStandIn,
  method: string,
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { ...credentials, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: text === '' ? null : JSON.parse(text),
  };
}

/** The body of an answer, or a member of one, that must be an object. */
export function objectOf(value: Json | undefined): JsonObject {
  if (isObject(value)) return value;
  throw new Error(`expected an object, got ${JSON.stringify(value)}`);
}

export function rowsOf(value: Json | undefined): readonly JsonObject[] {
  if (Array.isArray(value)) return value.map(objectOf);
  throw new Error(`expected an array, got ${JSON.stringify(value)}`);
}

/** A downtime's attributes in the envelope that the API takes. */
export function downtimeBody(attributes: object, id?: string): object {
  return { data: { type: 'downtime', ...(id === undefined ? {} : { id }), attributes } };
}
