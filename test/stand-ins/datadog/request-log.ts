// Requests as they came -> what tests count and read afterwards.

import type { IncomingHttpHeaders } from 'node:http';

import type { Request } from './answer.ts';

export interface LoggedRequest extends Request {
  /** 1 for the first request ever. */
  readonly count: number;
  /** As it stood on the request line, query included. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Status that the service came to, also where a fault kept the answer back; undefined when it did not act. */
  actedStatus: number | undefined;
  /** Status sent; undefined when none was. */
  sentStatus: number | undefined;
}

export function logged(
  count: number,
  method: string,
  url: string,
  headers: IncomingHttpHeaders,
  body: string,
): LoggedRequest {
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
  return {
    count,
    method,
    url,
    path: pathname,
    query: searchParams,
    headers,
    body,
    actedStatus: undefined,
    sentStatus: undefined,
  };
}
