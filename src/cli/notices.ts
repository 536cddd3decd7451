// Flags -> who is told of a run once it has ended.

import { AlarmSyncError } from '../alarm/errors.ts';
import { parseServiceAddress, requireConfidential } from '../services/http-address.ts';
import type { PostTarget } from '../telemetry/json-post.ts';
import { RunNoticeCollector, type RunEnd, type RunNotice } from '../telemetry/run-notice.ts';
import type { CommandContext } from './command.ts';
import { credentialsOf } from './secrets.ts';
import { tagsOf } from './tags.ts';

interface Addressee {
  /** As warnings call it. */
  readonly name: string;
  readonly target: PostTarget;
  readonly bodyOf: (notice: RunNotice) => string;
}

/** Tells whoever the flags name, and never fails a run. */
export class Notices implements Disposable {
  readonly #addressees: readonly Addressee[];
  readonly #collector: RunNoticeCollector;
  readonly #warn: (message: string) => void;

  private constructor(
    addressees: readonly Addressee[],
    tags: readonly string[],
    warn: (message: string) => void,
  ) {
    this.#addressees = addressees;
    this.#collector = new RunNoticeCollector(tags);
    this.#warn = warn;
  }

  /**
   * Undefined when nobody is to be told.
   * @throws {ALARMSYNC_CLI_USAGE} {ALARMSYNC_SERVICE_CREDENTIALS} for an address or a key that is missing or wrong: before the run, not after it.
   */
  static async open(
    context: Pick<CommandContext, 'values' | 'sections' | 'host' | 'terminal'>,
  ): Promise<Notices | undefined> {
    const addressees = [await datadogOf(context), await webhookOf(context)].filter(
      (one) => one !== undefined,
    );
    if (addressees.length === 0) return undefined;
    return new Notices(addressees, tagsOf(context.values), (message) => context.terminal.log.warn(message));
  }

  async tell(end: RunEnd): Promise<void> {
    const { postJson } = await import('../telemetry/json-post.ts');
    const notice = this.#collector.notice(end);
    const telling = this.#addressees.map(async ({ name, target, bodyOf }) => {
      try {
        await postJson(target, bodyOf(notice));
      } catch (thrown) {
        this.#warn(
          `${name} was not told how the run ended: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
        );
      }
    });
    await Promise.all(telling);
  }

  [Symbol.dispose](): void {
    this.#collector[Symbol.dispose]();
  }
}

async function datadogOf({
  values,
  sections,
  host,
}: Pick<CommandContext, 'values' | 'sections' | 'host'>): Promise<Addressee | undefined> {
  const event = values.text('event');
  if (event === undefined) return undefined;
  const [, given] = /^datadog:?(.*)$/su.exec(event) ?? [];
  if (given === undefined)
    throw new AlarmSyncError(
      'ALARMSYNC_CLI_USAGE',
      `--event: expected datadog or datadog:URL, got "${event}"`,
    );
  const { datadogAddress } = await import('../services/datadog/datadog.ts');
  const { datadogEventBody, EVENT_PATH } = await import('../telemetry/datadog-event.ts');
  const { requirePostUrl } = await import('../telemetry/json-post.ts');
  const { apiKey, site } = credentialsOf({ sections, host }).datadog;
  if (apiKey === undefined || apiKey === '')
    throw new AlarmSyncError(
      'ALARMSYNC_SERVICE_CREDENTIALS',
      '--event datadog: expected DD_API_KEY, got nothing',
      {
        hint: "set DD_API_KEY, or name another variable in the configuration file's secrets",
      },
    );
  const url = datadogAddress(given, site) + EVENT_PATH;
  requirePostUrl(url, 'event');
  if (!values.isOn('insecure')) requireConfidential(parseServiceAddress(url));
  const handles = values.list('event-notify');
  return {
    name: 'Datadog',
    target: { url, headers: { 'dd-api-key': apiKey }, proxy: host.proxy },
    bodyOf: (notice) => datadogEventBody(notice, handles),
  };
}

async function webhookOf({
  values,
  host,
}: Pick<CommandContext, 'values' | 'host'>): Promise<Addressee | undefined> {
  const url = values.text('webhook');
  if (url === undefined) return undefined;
  const { requirePostUrl } = await import('../telemetry/json-post.ts');
  const { webhookBody } = await import('../telemetry/webhook.ts');
  requirePostUrl(url, 'webhook');
  return { name: 'the webhook', target: { url, headers: {}, proxy: host.proxy }, bodyOf: webhookBody };
}
