// The checks of a listing.

import assert from 'node:assert/strict';

import type { AlarmDefinition } from '../../alarm/alarm.ts';
import type { JsonObject } from '../../alarm/json.ts';
import { paramsOfText } from '../../alarm/params-text.ts';
import type { AlarmPage, AlarmService, ListRequest } from '../alarm-service.ts';
import { fill, handleOf, nameOf, options, signal } from './calls.ts';

/** More than any check needs: a listing without an end must not be waited for. */
const MAX_PAGE_COUNT = 100;

async function* listed(
  service: AlarmService,
  request: ListRequest,
  until: AbortSignal = signal,
): AsyncGenerator<AlarmPage> {
  let pageCount = 0;
  for await (const page of service.list(request, until)) {
    pageCount += 1;
    assert.ok(pageCount <= MAX_PAGE_COUNT, `expected an end of the listing within ${MAX_PAGE_COUNT} pages`);
    yield page;
  }
}

export async function pagesOf(...listing: Parameters<typeof listed>): Promise<readonly AlarmPage[]> {
  const pages: AlarmPage[] = [];
  for await (const page of listed(...listing)) pages.push(page);
  return pages;
}

export async function listsWhole(service: AlarmService, params: JsonObject, pageSize: number): Promise<void> {
  const names = await fill(service, params, 7);
  const pages = await pagesOf(service, { pageSize });
  assert.deepEqual(pages.flatMap(({ alarms }) => alarms.map(nameOf)).toSorted(), names);
  assert.equal(pages.map(({ nextCursor }) => nextCursor).indexOf(null), pages.length - 1);
}

export async function goesOn(service: AlarmService, params: JsonObject): Promise<void> {
  const names = await fill(service, params, 5);
  const seen: string[] = [];
  let cursor: string | null = null;
  for await (const page of listed(service, { pageSize: 2 })) {
    seen.push(...page.alarms.map(nameOf));
    cursor = page.nextCursor;
    break;
  }
  assert.ok(cursor !== null && cursor !== '', 'expected a second page of five alarms in pages of two');
  for await (const page of listed(service, { pageSize: 2, cursor })) seen.push(...page.alarms.map(nameOf));
  assert.deepEqual(seen.toSorted(), names);
}

/** Pages by offset fail here: what is deleted moves the others up. */
export async function listsWhatStays(service: AlarmService, params: JsonObject): Promise<void> {
  const names = await fill(service, params, 7);
  const seen = new Set<string>();
  let gone: string | undefined;
  for await (const { alarms } of listed(service, { pageSize: 2 })) {
    for (const name of alarms.map(nameOf)) seen.add(name);
    const [first] = alarms;
    if (gone !== undefined || first === undefined) continue;
    gone = nameOf(first);
    await service.delete(gone, { ...options, ...handleOf(first) });
    await service.create({ name: 'zzz', params }, options);
  }
  for (const name of names) assert.ok(seen.has(name), `expected ${name} in the listing`);
}

export async function givesTexts(
  service: AlarmService,
  definitions: readonly AlarmDefinition[],
): Promise<void> {
  if (service.listTexts === undefined) return;
  for (const definition of definitions) await service.create(definition, options);
  const texts = new Map<string, JsonObject>();
  for await (const page of service.listTexts({ pageSize: 10 }, signal))
    for (const alarm of page.alarms)
      if ('definition' in alarm) texts.set(nameOf(alarm), alarm.definition.params);
      else texts.set(alarm.name, paramsOfText(alarm.paramsText));
  assert.equal(texts.size, definitions.length);
  for await (const page of listed(service, { pageSize: 10 }))
    for (const { definition } of page.alarms) assert.deepEqual(texts.get(definition.name), definition.params);
}
