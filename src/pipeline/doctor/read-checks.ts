// A service that is only read -> findings about its listing and its answers to reads.

import { randomUUID } from 'node:crypto';

import { wholeMeaningText } from '../../alarm/meaning.ts';
import type { AlarmPage, AlarmReader, ListedAlarm } from '../../services/alarm-service.ts';
import type { Finding } from './finding.ts';

/** So small that most services have several of them. */
const PROBE_PAGE_SIZE = 10;
const PROBE_PAGE_COUNT = 5;

const READ_COUNT = 5;

export interface ReadSettings {
  /** Alarms asked for on a page by a run. */
  readonly pageSize: number;
  readonly concurrency: number;
}

/** @throws {AlarmSyncError} when the service cannot be listed at all. */
export async function* readChecks(
  reader: AlarmReader,
  settings: ReadSettings,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const { pages, firstMs } = await firstPages(reader, settings.pageSize, 2, signal);
  const [page, next] = pages;
  const alarms = page?.alarms ?? [];
  yield {
    check: 'reach',
    level: 'good',
    message: `${reader.identity.address} lets itself be listed; its first alarms, ${alarms.length}, came after ${firstMs.toFixed(0)} ms`,
  };
  yield pageFinding(page, next, settings.pageSize);
  yield await orderFinding(reader, signal);
  yield totalFinding(page);
  const first = alarms.find(({ definition }) => reader.canAddress(definition.name));
  if (first === undefined) {
    yield {
      check: 'read',
      level: 'note',
      message: 'it holds nothing that could be read, so that no read can be tried',
    };
  } else {
    yield* readFindings(reader, first, settings.concurrency, signal);
  }
  yield await missingFinding(reader, signal);
  yield* statedFindings(reader);
}

interface FirstPages {
  readonly pages: readonly AlarmPage[];
  /** How long the first of them took. */
  readonly firstMs: number;
}

async function firstPages(
  reader: AlarmReader,
  pageSize: number,
  count: number,
  signal: AbortSignal,
): Promise<FirstPages> {
  const pages: AlarmPage[] = [];
  const startedMs = performance.now();
  let firstMs = 0;
  for await (const page of reader.list({ pageSize }, signal)) {
    if (pages.length === 0) firstMs = performance.now() - startedMs;
    pages.push(page);
    if (pages.length === count) break;
  }
  return { pages, firstMs };
}

/** @param next undefined where the first page is the last */
function pageFinding(page: AlarmPage | undefined, next: AlarmPage | undefined, askedCount: number): Finding {
  const gotCount = page?.alarms.length ?? 0;
  // Some services say with an empty page that there is no more.
  if (next === undefined || next.alarms.length === 0)
    return { check: 'page', level: 'good', message: 'one page holds all of it' };
  if (page?.nextCursor === '') {
    return {
      check: 'page',
      level: 'note',
      message: 'its listing is one answer without pages: one that breaks off is asked for from the beginning',
    };
  }
  if (gotCount >= askedCount)
    return { check: 'page', level: 'good', message: `it gives pages of ${gotCount}, as asked for` };
  return {
    check: 'page',
    level: 'note',
    message: `it gives ${gotCount} alarms a page where ${askedCount} were asked for: a listing of a million takes ${Math.ceil(1e6 / Math.max(1, gotCount))} requests`,
    setting: `--page-size ${Math.max(1, gotCount)}`,
  };
}

async function orderFinding(reader: AlarmReader, signal: AbortSignal): Promise<Finding> {
  const once = namesOf(await firstPages(reader, PROBE_PAGE_SIZE, PROBE_PAGE_COUNT, signal));
  const again = namesOf(await firstPages(reader, PROBE_PAGE_SIZE, PROBE_PAGE_COUNT, signal));
  const repeated = once.find((name, index) => once.indexOf(name) !== index);
  if (repeated !== undefined) {
    return {
      check: 'order',
      level: 'bad',
      message: `${JSON.stringify(repeated)} came twice within ${once.length} alarms: its pages move while they are read, or it holds the name twice. Such names are read again one by one, and what fell between two pages is missed only where no total is stated`,
    };
  }
  if (once.length <= PROBE_PAGE_SIZE)
    return {
      check: 'order',
      level: 'note',
      message: `${once.length} alarms are too few to tell how pages follow`,
    };
  return once.join('\0') === again.join('\0')
    ? {
        check: 'order',
        level: 'good',
        message: `two readings of ${once.length} alarms were the same, in the same order`,
      }
    : {
        check: 'order',
        level: 'note',
        message: 'two readings differed: alarms are being changed, or its pages have no fixed order',
      };
}

function totalFinding(page: AlarmPage | undefined): Finding {
  const total = page?.total;
  return total === undefined
    ? {
        check: 'total',
        level: 'note',
        message: 'it states no total: that a listing is whole rests on its last page alone',
      }
    : {
        check: 'total',
        level: 'good',
        message: `it states its total, ${total}: a listing that lost some is noticed`,
      };
}

async function* readFindings(
  reader: AlarmReader,
  listed: ListedAlarm,
  concurrency: number,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const { name, params } = listed.definition;
  const shown = JSON.stringify(name);
  const durationsMs: number[] = [];
  let read: ListedAlarm | undefined;
  for (let count = 0; count < READ_COUNT; count += 1) {
    const startedMs = performance.now();
    read = await reader.read(name, signal, listed.handle);
    durationsMs.push(performance.now() - startedMs);
  }
  const medianMs = durationsMs.toSorted((left, right) => left - right)[Math.floor(READ_COUNT / 2)] ?? 0;
  const pace = `a read takes ${medianMs.toFixed(0)} ms, so that ${concurrency} at once come to about ${Math.round((concurrency * 1000) / Math.max(medianMs, 0.5))} requests/s`;
  if (read === undefined) {
    yield {
      check: 'read',
      level: 'bad',
      message: `${shown} is listed, and cannot be read: it would be left alone as deleted`,
    };
  } else if (wholeMeaningText(read.definition.params, 'meaning') !== wholeMeaningText(params, 'meaning')) {
    yield {
      check: 'read',
      level: 'bad',
      message: `${shown} reads otherwise than it is listed: each of its updates would be a conflict`,
    };
  } else {
    yield { check: 'read', level: 'good', message: `${shown} reads as it is listed; ${pace}` };
  }
  yield read?.etag === undefined || !reader.capabilities.hasConditionalWrites
    ? {
        check: 'etag',
        level: 'note',
        message:
          'writes carry no condition: a change by others in the moment between check and write is overwritten',
      }
    : { check: 'etag', level: 'good', message: 'alarms have etags: no change by others is overwritten' };
}

async function missingFinding(reader: AlarmReader, signal: AbortSignal): Promise<Finding> {
  const found = await reader.read(`alarmsync-doctor-${randomUUID()}`, signal);
  return found === undefined
    ? {
        check: 'missing',
        level: 'good',
        message: 'it says of an alarm that is not there that it is not: an unknown outcome can be looked up',
      }
    : {
        check: 'missing',
        level: 'bad',
        message: 'it gives an alarm for a name that nobody can have: no unknown outcome can be looked up',
      };
}

/** What the adapter says of the service. */
function* statedFindings({ capabilities }: AlarmReader): Generator<Finding> {
  const { createIsUpsert, namesAreUnique, writesState, keptMembers } = capabilities;
  if (createIsUpsert)
    yield {
      check: 'names',
      level: 'note',
      message: 'a create replaces what has the name: each is checked first, one request more',
    };
  else if (!namesAreUnique)
    yield {
      check: 'names',
      level: 'note',
      message: 'it may hold a name twice: then both are left alone, and told as a conflict',
    };
  if (!writesState)
    yield {
      check: 'state',
      level: 'note',
      message: 'no write can set in_alarm: states are compared by their meaning',
    };
  if (keptMembers !== 'all')
    yield {
      check: 'members',
      level: 'note',
      message: `it keeps ${keptMembers.join(', ')} alone: other columns are not compared`,
    };
}

function namesOf({ pages }: FirstPages): readonly string[] {
  return pages.flatMap(({ alarms }) => alarms.map(({ definition }) => definition.name));
}
