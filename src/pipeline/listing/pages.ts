// The service's pages, one after the other, each asked for again when it fails.

import { setImmediate } from 'node:timers/promises';

import { AlarmSyncError, asAlarmSyncError } from '../../alarm/errors.ts';
import type { AlarmPage, AlarmReader, ListedAlarm, ListedText } from '../../services/alarm-service.ts';
import { RetryBudget, sleep } from '../../services/retry.ts';
import { publish } from '../../telemetry/names.ts';

export type ListedPage = AlarmPage<ListedAlarm | ListedText>;

/**
 * Yields pages from the cursor `start` ('' for the first) until the last. A page that failed is asked for again from its own cursor, so that no page is
 * given twice; an answer that failed after parts of it were given cannot be taken up again.
 * @throws {AlarmSyncError} the last error once the tries are used up.
 */
export async function* pagesWithRetries(
  reader: AlarmReader,
  start: string,
  settings: { readonly pageSize: number; readonly retryCount: number },
  signal: AbortSignal,
): AsyncGenerator<ListedPage> {
  const newBudget = (): RetryBudget => new RetryBudget({ retries: settings.retryCount, random: Math.random });
  let budget = newBudget();
  let cursor = start;
  let isWithinAnswer = false;
  for (;;) {
    try {
      const request = { pageSize: settings.pageSize, ...(cursor === '' ? {} : { cursor }) };
      for await (const page of reader.listTexts?.(request, signal) ?? reader.list(request, signal)) {
        yield page;
        if (page.nextCursor === null) return;
        budget = newBudget();
        isWithinAnswer = page.nextCursor === '';
        if (!isWithinAnswer) cursor = page.nextCursor;
      }
      throw new AlarmSyncError(
        'ALARMSYNC_SERVICE_MALFORMED',
        'expected a last page, but the listing just ended',
        {
          failureClass: 'malformed',
        },
      );
    } catch (thrown) {
      signal.throwIfAborted();
      if (isWithinAnswer) throw thrown;
      const delayMs = budget.delayMsAfter(thrown);
      publish('retry', { phase: 'listing', failureClass: asAlarmSyncError(thrown).failureClass });
      await sleep(delayMs, signal);
    }
  }
}

/**
 * The same pages, the next one asked for while the present one is worked on.
 * A page that fails does so only when the pages before it were taken.
 * @param check throws for a page after which nothing more is to be asked for
 */
export async function* readAhead<Page>(
  pages: AsyncGenerator<Page>,
  check: (page: Page) => void,
): AsyncGenerator<Page> {
  try {
    for (let coming = pages.next(); ;) {
      const page = await coming;
      if (page.done === true) return;
      check(page.value);
      coming = pages.next();
      // Whoever stops taking pages does not wait for this one, nor for its failure.
      coming.catch(() => {});
      // The request leaves before the page is worked on, which keeps this thread busy.
      await setImmediate();
      yield page.value;
    }
  } finally {
    void pages.return(undefined).catch(() => {});
  }
}
