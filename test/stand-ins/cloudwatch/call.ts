// One call of the stand-in, as a client with its credentials makes it -> the answer, decoded.

import type { CloudWatchStandIn } from './server.ts';

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  /** Of a refusal, as the query protocol says it. */
  readonly name: string | undefined;
  readonly body: {
    readonly MetricAlarms?: readonly Readonly<Record<string, unknown>>[];
    readonly NextToken?: string;
  };
}

/** @param headers instead of those of a good request; one that is empty is left out */
export async function call(
  { url, accessKeyId }: CloudWatchStandIn,
  operation: string,
  body: object | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const all = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `GraniteServiceVersion20100801.${operation}`,
    authorization: authorization(accessKeyId),
    ...headers,
  };
  const answer = await fetch(url, {
    method: 'POST',
    headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')),
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const name = answer.headers.get('x-amzn-query-error')?.replace(/;Sender$/u, '');
  return { status: answer.status, headers: answer.headers, name, body: decodeBody(await answer.json()) };
}

export function authorization(accessKeyId: string): string {
  return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261126/eu-central-1/monitoring/aws4_request`;
}

function decodeBody(value: unknown): Answered['body'] {
  return value as Answered['body'];
}
