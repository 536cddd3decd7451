// Pages of the service -> staged existing alarms, sealed only when the listing is proved whole.

import { AlarmSyncError, asAlarmSyncError } from '../../alarm/errors.ts';
import type { AlarmReader } from '../../services/alarm-service.ts';
import type { ExistingRow, ExistingStaging, ListingCheckpoint } from '../../store/existing-staging.ts';
import { publish } from '../../telemetry/names.ts';
import { existingRow } from './existing-row.ts';
import { pagesWithRetries, readAhead, type ListedPage } from './pages.ts';
import { resolveRepeats } from './repeats.ts';

export interface ListingDeps {
  readonly reader: AlarmReader;
  readonly staging: ExistingStaging;
}

export interface ListingSettings {
  /** Alarms asked for on a page. 1-10 000. */
  readonly pageSize: number;
  /** Attempts of one page beyond the first. */
  readonly retryCount: number;
}

/** A sealed listing. Counts are of distinct names. */
export interface ListingSnapshot {
  readonly existingCount: number;
}

/**
 * Lists the whole service into the staging file and seals it.
 * A stated total that is not met, or an answer cut in the middle, is given one fresh listing.
 * @throws {ALARMSYNC_LISTING_UNSEALED} when the end was not proved.
 * @throws {ALARMSYNC_SERVICE_CREDENTIALS | ALARMSYNC_SERVICE_FOREIGN} when the service refuses to be listed.
 */
export async function listService(
  deps: ListingDeps,
  settings: ListingSettings,
  signal: AbortSignal,
): Promise<ListingSnapshot> {
  const { staging } = deps;
  publish('phase', { name: 'listing', state: 'started' });
  if (!staging.isSealed) {
    let fault = await listOnce(deps, settings, signal);
    if (fault !== undefined) {
      publish('diagnostic', { code: fault.code, message: `${fault.message}; listing once more` });
      staging.clear();
      fault = await listOnce(deps, settings, signal);
    }
    if (fault !== undefined) throw fault;
    staging.seal();
  }
  publish('phase', { name: 'listing', state: 'sealed' });
  return { existingCount: staging.count() };
}

/**
 * One listing, from the checkpoint of an interrupted one where there is one.
 * Gives the fault that a fresh listing may mend; throws the others.
 */
async function listOnce(
  deps: ListingDeps,
  settings: ListingSettings,
  signal: AbortSignal,
): Promise<AlarmSyncError | undefined> {
  const { reader, staging } = deps;
  const checkpoint = staging.readCheckpoint();
  if (checkpoint === undefined) staging.clear();
  try {
    const total = await stagePages(deps, settings, checkpoint ?? FROM_THE_START, signal);
    const isRepeated = !staging.buildIndex();
    const extraRowCount = isRepeated ? await resolveRepeats(deps, settings, signal) : 0;
    const distinctCount = staging.count();
    if (total === null || [distinctCount, distinctCount + extraRowCount].includes(total)) return undefined;
    return unsealed(
      `expected ${total} alarms, the total that ${reader.identity.address} states, got ${distinctCount}`,
    );
  } catch (thrown) {
    signal.throwIfAborted();
    return listingFault(reader, thrown, checkpoint !== undefined);
  }
}

const FROM_THE_START: ListingCheckpoint = { cursor: '', pageNumber: 1, total: null };

/** Gives what the last page that stated a total said. */
async function stagePages(
  deps: ListingDeps,
  settings: ListingSettings,
  start: ListingCheckpoint,
  signal: AbortSignal,
): Promise<number | null> {
  const { reader, staging } = deps;
  let { total, pageNumber } = start;
  if (start.cursor === null) return total;
  let doneCount = staging.count();
  const requireNewCursor = ({ nextCursor }: ListedPage): void => {
    // Parts of one unpaged answer have no cursor, and the last page has none.
    if (nextCursor === null || nextCursor === '' || !staging.hasSeen(nextCursor)) return;
    throw unsealed('expected a new cursor on each page, got one for the second time');
  };
  const pages = pagesWithRetries(reader, start.cursor, settings, signal);
  for await (const page of readAhead(pages, requireNewCursor)) {
    total = page.total ?? total;
    const rows = existingRows(reader, page, pageNumber);
    doneCount += page.alarms.length;
    // Parts of one unpaged answer are one page, and cannot be gone on from: a name twice in it is really held twice.
    const isPart = page.nextCursor === '';
    if (!isPart) pageNumber += 1;
    const startedMs = performance.now();
    staging.appendPage(rows, ...(isPart ? [] : [{ cursor: page.nextCursor, pageNumber, total }]));
    publish('staged', {
      database: 'existing',
      path: staging.file,
      rowCount: page.alarms.length,
      durationMs: performance.now() - startedMs,
    });
    publish('progress', { phase: 'listing', done: doneCount, ...(total === null ? {} : { total }) });
  }
  return total;
}

/** One after the other, so that none outlives its staging. */
function* existingRows(reader: AlarmReader, page: ListedPage, pageNumber: number): Generator<ExistingRow> {
  for (const alarm of page.alarms) yield existingRow(reader, alarm, pageNumber);
}

function unsealed(message: string, cause?: AlarmSyncError): AlarmSyncError {
  return new AlarmSyncError('ALARMSYNC_LISTING_UNSEALED', message, {
    cause,
    hint: `nothing was changed; ${cause?.hint ?? 'run again, and if it stays so, look at the service'}`,
  });
}

/** Gives what a fresh listing may mend; throws what it cannot: refused credentials, or no alarm service there. */
function listingFault(reader: AlarmReader, thrown: unknown, isResumed: boolean): AlarmSyncError {
  const error = asAlarmSyncError(thrown);
  const { address } = reader.identity;
  switch (error.code) {
    case 'ALARMSYNC_SERVICE_FORBIDDEN':
      throw new AlarmSyncError(
        'ALARMSYNC_SERVICE_CREDENTIALS',
        `${address} refuses to list its alarms (403)`,
        {
          cause: error,
          hint: 'the token needs the right to list; nothing was changed',
        },
      );
    case 'ALARMSYNC_SERVICE_MISSING':
    case 'ALARMSYNC_SERVICE_REFUSED':
      if (isResumed) return unsealed(`${address} no longer knows where the listing was interrupted`, error);
      throw new AlarmSyncError(
        'ALARMSYNC_SERVICE_FOREIGN',
        `expected an alarm service at ${address}: ${error.message}`,
        {
          cause: error,
          hint: 'check the --service address, its path included',
        },
      );
    case 'ALARMSYNC_LISTING_UNSEALED':
      return error;
    case 'ALARMSYNC_SERVICE_THROTTLED':
      throw error;
    default:
      if (error.disposition !== 'retry') throw error;
      return unsealed(`the listing of ${address} is not whole: ${error.message}`, error);
  }
}
