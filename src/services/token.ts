// Turns a token, or the path of the file that holds one, into the value of the Authorization header.

import { readFile } from 'node:fs/promises';

import { AlarmSyncError } from '../alarm/errors.ts';

/** Shape: one of the two, or `{}` for a service without credentials. Plain, so that it can be handed to a worker thread. */
export interface TokenSettings {
  readonly token?: string | undefined;
  /** Path of a file that holds the token; spaces and line breaks around it are dropped. */
  readonly tokenFile?: string | undefined;
}

/** Where the bearer token comes from. No message of it ever shows the token. */
export class TokenSource {
  readonly #path: string | undefined;
  #token: string | undefined;

  private constructor(token: string | undefined, path: string | undefined) {
    this.#token = token;
    this.#path = path;
  }

  /**
   * Gives undefined when the settings name no token.
   * @throws {ALARMSYNC_SERVICE_CREDENTIALS} when the token could not be sent.
   */
  static of(settings: TokenSettings): TokenSource | undefined {
    if (settings.tokenFile !== undefined) return new TokenSource(undefined, settings.tokenFile);
    if (settings.token === undefined) return undefined;
    return new TokenSource(requireSendable(settings.token, 'the token'), undefined);
  }

  /** @throws {ALARMSYNC_SERVICE_CREDENTIALS} when the file cannot be read or its token could not be sent. */
  async current(): Promise<string> {
    this.#token ??= await this.#read();
    return this.#token;
  }

  /**
   * After a 401: another token than the refused one, or undefined when there is none. Reads the file again.
   * @throws {ALARMSYNC_SERVICE_CREDENTIALS} as `current`.
   */
  async renewed(refused: string): Promise<string | undefined> {
    if (this.#path === undefined) return undefined;
    // Several requests may meet the 401 at once; those that come late find the new token here already.
    if (this.#token === refused) this.#token = await this.#read();
    return this.#token === refused ? undefined : this.#token;
  }

  async #read(): Promise<string> {
    const path = this.#path ?? '';
    try {
      return requireSendable((await readFile(path, 'utf8')).trim(), `the token file ${path}`);
    } catch (error) {
      if (error instanceof AlarmSyncError) throw error;
      throw new AlarmSyncError(
        'ALARMSYNC_SERVICE_CREDENTIALS',
        `expected a readable token file, got ${codeOf(error)}: ${path}`,
        { hint: 'check the path in ALARMSYNC_TOKEN_FILE' },
      );
    }
  }
}

function requireSendable(token: string, where: string): string {
  const fault = tokenFault(token);
  if (fault === undefined) return token;
  throw new AlarmSyncError(
    'ALARMSYNC_SERVICE_CREDENTIALS',
    `expected one line of text in ${where}, got ${fault}`,
  );
}

function tokenFault(token: string): string | undefined {
  if (token.trim() === '') return 'nothing';
  if (/[\r\n]/.test(token)) return 'several lines';
  // What a header can carry: RFC 9110 5.5.
  if (/[^\t\x20-\x7e\xa0-\xff]/.test(token)) return 'a character that an HTTP header cannot carry';
  return undefined;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an unknown failure';
}
