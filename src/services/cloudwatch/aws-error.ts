// What the AWS SDK throws -> the error of our own code table.

import { AlarmSyncError } from '../../alarm/errors.ts';
import { errorOfStatus } from '../http-error.ts';

/** Names of throttling, all of which come with status 400. Source: measured on the SDK 3.1162, and AWS API reference, common errors. */
const THROTTLED = /^(?:Throttl(?:ing|ed)(?:Exception)?|TooManyRequestsException|RequestLimitExceeded)$/u;

const CREDENTIALS =
  /^(?:CredentialsProviderError|InvalidClientTokenId|UnrecognizedClientException|MissingAuthenticationToken|ExpiredToken(?:Exception)?|SignatureDoesNotMatch|IncompleteSignature)$/u;

const FORBIDDEN = /^AccessDenied(?:Exception)?$/u;

/** @param where the call, as `PutMetricAlarm in eu-central-1` */
export function errorOfAws(thrown: unknown, where: string): AlarmSyncError {
  if (thrown instanceof AlarmSyncError) return thrown;
  const name = thrown instanceof Error ? thrown.name : '';
  return errorOfName(name, where) ?? errorOfHttp(thrown, name, where);
}

function errorOfName(name: string, where: string): AlarmSyncError | undefined {
  if (THROTTLED.test(name)) return errorOfStatus(429, where);
  if (FORBIDDEN.test(name)) return errorOfStatus(403, where);
  if (name.startsWith('ResourceNotFound')) return errorOfStatus(404, where);
  if (CREDENTIALS.test(name)) {
    const message = `expected credentials that AWS accepts, got ${name}: ${where}`;
    return new AlarmSyncError('ALARMSYNC_SERVICE_CREDENTIALS', message, {
      failureClass: 'http_4xx_other',
      hint: 'they are looked for as the AWS command line does: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, a role',
    });
  }
  if (name !== 'TimeoutError' && name !== 'RequestTimeout') return undefined;
  return new AlarmSyncError('ALARMSYNC_SERVICE_TIMEOUT', `expected an answer in time, got none: ${where}`, {
    failureClass: 'timeout',
  });
}

function errorOfHttp(thrown: unknown, name: string, where: string): AlarmSyncError {
  const status = statusOf(thrown) ?? 0;
  if (status >= 500) return errorOfStatus(status, where);
  if (status >= 400) {
    const message = `expected success, got ${name}${reasonOf(thrown)}: ${where}`;
    return new AlarmSyncError('ALARMSYNC_SERVICE_REFUSED', message, {
      status,
      failureClass: 'http_4xx_other',
    });
  }
  const message = `expected an answer, got a failed connection (${name}): ${where}`;
  return new AlarmSyncError('ALARMSYNC_SERVICE_CONNECTION', message, { failureClass: 'connection' });
}

const MAX_REASON_CHARACTER_COUNT = 300;

/** AWS says what is wrong with a request in words. */
function reasonOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : '';
  return message === '' ? '' : ` (${message.slice(0, MAX_REASON_CHARACTER_COUNT)})`;
}

function statusOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('$metadata' in thrown)) return undefined;
  const { httpStatusCode } = decodeMetadata(thrown.$metadata);
  return httpStatusCode;
}

function decodeMetadata(value: unknown): { readonly httpStatusCode?: number } {
  return typeof value === 'object' && value !== null ? value : {};
}
