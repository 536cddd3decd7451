// The text given with --queue -> how Redis is reached.

import { AlarmSyncError } from '../alarm/errors.ts';
import { isLoopbackHost } from '../services/http-address.ts';

/** Where Redis is, and what it wants to be told. */
export interface RedisSettings {
  /** `redis://host[:port][/number]`, or `rediss://…` for TLS. */
  readonly address: string;
  /** Of an access-control list; the default user when absent. */
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Send the password over plain redis: to another machine. */
  readonly allowInsecure: boolean;
}

/** What ioredis and BullMQ take. */
export interface RedisOptions {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: { readonly servername: string };
  /** Null: a command waits for as long as Redis is away. BullMQ demands it. */
  readonly maxRetriesPerRequest: null;
}

const DEFAULT_PORT = 6379;

/**
 * Reads the address. The text itself never stands in an error: it may hold a password.
 * @throws {ALARMSYNC_QUEUE_ADDRESS} when it is no such address, carries a user or password, or a password would go to another machine unencrypted.
 */
export function redisOptionsOf(settings: RedisSettings): RedisOptions {
  const { username, password } = settings;
  const { url, database } = parseAddress(settings.address);
  requireConfidential(url, settings);
  const host = url.hostname.replace(/^\[(.*)\]$/u, '$1');
  return {
    host,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    db: database,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(url.protocol === 'rediss:' ? { tls: { servername: host } } : {}),
    maxRetriesPerRequest: null,
  };
}

function parseAddress(text: string): { readonly url: URL; readonly database: number } {
  const isAddress = /^rediss?:\/\/[^/]+(?:\/\d{0,4})?(?:[?#].*)?$/iu.test(text) && URL.canParse(text);
  if (!isAddress) throw refuse('expected redis://host[:port][/number] or rediss://…, got something else');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw refuse(
      'expected no user and password in the address of Redis, got some',
      'give them by ALARMSYNC_QUEUE_USERNAME and ALARMSYNC_QUEUE_PASSWORD',
    );
  if (url.search !== '' || url.hash !== '')
    throw refuse('expected no query and no fragment in the address of Redis, got one');
  return { url, database: Number(url.pathname.slice(1)) };
}

function requireConfidential(url: URL, { password, allowInsecure }: RedisSettings): void {
  if (password === undefined || url.protocol === 'rediss:' || allowInsecure || isLoopbackHost(url.hostname))
    return;
  throw refuse(
    `expected rediss:// for a Redis that is sent a password, got redis://${url.host}`,
    'use rediss://, or accept the risk with --insecure',
  );
}

function refuse(message: string, hint?: string): AlarmSyncError {
  return new AlarmSyncError('ALARMSYNC_QUEUE_ADDRESS', message, {
    hint: hint ?? 'name Redis with --queue redis://127.0.0.1:6379',
  });
}
