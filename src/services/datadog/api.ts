// Datadog's HTTP API: requests that bear the keys, and refusals that say why.

import { AlarmSyncError } from '../../alarm/errors.ts';
import type { RequestGate, ServiceIdentity } from '../alarm-service.ts';
import { parseServiceAddress, requireConfidential } from '../http-address.ts';
import { errorOfStatus } from '../http-error.ts';
import { HttpTransport, type ConnectionSettings, type HttpRequest } from '../http.ts';
import { EdgeOverload } from './edge-overload.ts';
import { refusalText } from './wire.ts';

/** What is shown of the reason that a refusal gives. */
const MAX_REASON_CHARACTER_COUNT = 300;

/** A refusal that is an answer, by its status and reason. */
type IsExpected = (status: number, reason: string) => boolean;

/** 400 says what is wrong with the request, 404 that there is no such thing. */
const REFUSALS: ReadonlySet<number> = new Set([400, 404]);

export interface DatadogApiSettings extends ConnectionSettings {
  /** `http(s)://api.SITE`. */
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly applicationKey: string | undefined;
}

/**
 * The API at that address; nothing is sent yet.
 * @throws {ALARMSYNC_SERVICE_ADDRESS} or {ALARMSYNC_SERVICE_CREDENTIALS} when the settings cannot be used.
 */
export function openDatadogApi(
  settings: DatadogApiSettings,
  gate: RequestGate,
): { readonly api: DatadogApi; readonly identity: ServiceIdentity } {
  const address = parseServiceAddress(settings.url);
  if (!settings.allowInsecure) requireConfidential(address);
  const transport = new HttpTransport({ ...settings, address }, gate);
  const { apiKey, applicationKey } = settings;
  const keys = {
    'dd-api-key': keyOf(apiKey, 'DD_API_KEY'),
    'dd-application-key': keyOf(applicationKey, 'DD_APP_KEY'),
  };
  const identity = { address: address.origin + address.prefix, account: '' };
  return { api: new DatadogApi(transport, keys, gate), identity };
}

export class DatadogApi {
  readonly #transport: HttpTransport;
  /** Sent with every request. */
  readonly #keys: Readonly<Record<string, string>>;
  readonly #gate: RequestGate;
  readonly #overload = new EdgeOverload();

  /** @param gate the transport's own: it is paused while the edge is overloaded */
  constructor(transport: HttpTransport, keys: Readonly<Record<string, string>>, gate: RequestGate) {
    this.#transport = transport;
    this.#keys = keys;
    this.#gate = gate;
  }

  /**
   * The text of a good answer.
   * @throws {AlarmSyncError} the ALARMSYNC_SERVICE_ code of the status, with Datadog's own reason; the signal's own reason.
   */
  async text(request: HttpRequest): Promise<string> {
    const answer = await this.#send(request);
    if (!REFUSALS.has(answer.status)) return answer.text;
    throw this.#refusal(request, answer.status, refusalText(answer.text));
  }

  /** The text of a good answer, or undefined when it is the refusal that is expected. @throws as `text`. */
  async textUnless(request: HttpRequest, isExpected: IsExpected): Promise<string | undefined> {
    const answer = await this.#send(request);
    if (!REFUSALS.has(answer.status)) return answer.text;
    const reason = refusalText(answer.text);
    if (isExpected(answer.status, reason ?? '')) return undefined;
    throw this.#refusal(request, answer.status, reason);
  }

  /** The request as errors show it. */
  where(request: Pick<HttpRequest, 'method' | 'path'>): string {
    return this.#transport.where(request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }

  async #send(request: HttpRequest): Promise<{ readonly status: number; readonly text: string }> {
    const sentAtMs = performance.now();
    try {
      const answer = await this.#transport.request({ ...request, headers: this.#keys, acceptsStatus });
      this.#overload.noteGood();
      return answer;
    } catch (thrown) {
      if (thrown instanceof AlarmSyncError) this.#rest(thrown, sentAtMs);
      throw thrown;
    }
  }

  #rest({ status, retryAfterMs }: AlarmSyncError, sentAtMs: number): void {
    const restMs = this.#overload.restMsAfter(status, sentAtMs, performance.now());
    // Where the service said how long, the transport has seen to it.
    if (restMs > 0 && retryAfterMs === undefined) this.#gate.pause(restMs);
  }

  #refusal(request: HttpRequest, status: number, reason: string | undefined): Error {
    const where = this.where(request);
    const said = reason?.slice(0, MAX_REASON_CHARACTER_COUNT);
    return errorOfStatus(status, said === undefined ? where : `${where}: ${said}`);
  }
}

function acceptsStatus(status: number): boolean {
  return (status >= 200 && status < 300) || REFUSALS.has(status);
}

/** Nothing of the key stands in the error. */
function keyOf(key: string | undefined, variable: string): string {
  if (key !== undefined && /^[!-~]+$/u.test(key)) return key;
  throw new AlarmSyncError(
    'ALARMSYNC_SERVICE_CREDENTIALS',
    `expected a key of Datadog in ${variable}, got ${key === undefined ? 'none' : 'other characters'}`,
  );
}
