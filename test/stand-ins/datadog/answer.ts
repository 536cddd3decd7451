// What a call came to -> status and body, in the vendor's envelopes.

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  /** Undefined for no body. */
  readonly body: unknown;
}

/** TS:v1 paths: a create is answered 200 too, not 201. */
export function accept(body: unknown): Answer {
  return { status: 200, body };
}

/** TS:v1 APIErrorResponse. */
export function refuse(status: number, reason: string): Answer {
  return { status, body: { errors: [reason] } };
}

/** The vendor's wording for one value (recorded for `query`: PY tests/v1 test_create_a_monitor_returns_bad_request_response). */
export function invalidParameter(name: string): string {
  return `The value provided for parameter '${name}' is invalid`;
}
