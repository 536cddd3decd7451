// What every adapter of an alarm service fulfils, as tests: given a target, the same for all of them.

import { describe, expect, it, onTestFinished } from 'vitest';

import type { AlarmDefinition } from '../../src/alarm/alarm.ts';
import { REQUIRED_MEMBERS } from '../../src/alarm/alarm.ts';
import { asAlarmSyncError, type ErrorCode } from '../../src/alarm/errors.ts';
import type { JsonObject } from '../../src/alarm/json.ts';
import { meaningText } from '../../src/alarm/meaning.ts';
import { paramsOfText } from '../../src/alarm/params-text.ts';
import type { AlarmService, RequestGate, RequestKind } from '../../src/services/alarm-service.ts';
import { failureOf, shownText } from '../http.loopback.ts';
import { ALARM } from '../server.client.ts';

export interface ConformanceTarget {
  /** The adapter of a service that holds nothing yet; the suite disposes of the adapter, the target of the service. */
  readonly open: (gate: RequestGate) => Promise<AlarmService>;
  /** True when the adapter has `listTexts`. */
  readonly givesTexts: boolean;
  /** The same with a token that the service refuses; absent where a service asks for none. */
  readonly openRefused?: (gate: RequestGate, token: string) => Promise<AlarmService>;
  /** What a refused token comes to; CREDENTIALS when absent. */
  readonly refusedCode?: ErrorCode;
  /** Names that the service holds, those at its limits among them. */
  readonly names: readonly string[];
  /** Definitions with every word of the vocabulary that the service holds. */
  readonly definitions: readonly AlarmDefinition[];
}

/** Counts what passes, by kind; one that is closed lets nothing pass. */
class CountingGate implements RequestGate {
  readonly passed: RequestKind[] = [];

  pass(kind: RequestKind, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    this.passed.push(kind);
    return Promise.resolve();
  }

  pause(): void {}
}

/** Registers the tests of one adapter. */
export function describeConformance(adapter: string, target: ConformanceTarget): void {
  const signal = new AbortController().signal;
  const options = { signal, idempotencyKey: 'run-1' };

  const open = async (gate: RequestGate = new CountingGate()): Promise<AlarmService> => {
    const service = await target.open(gate);
    onTestFinished(async () => service[Symbol.asyncDispose]());
    return service;
  };

  const fill = async (service: AlarmService, count: number): Promise<readonly string[]> => {
    const names = Array.from({ length: count }, (_, index) => `alarm-${String(index).padStart(3, '0')}`);
    for (const name of names) await service.create({ name, params: ALARM }, options);
    return names;
  };

  describe(`the adapter ${adapter}`, () => {
    it.each([1, 3, 100])('lists every alarm once in pages of %i, and ends with null', async (pageSize) => {
      const service = await open();
      const names = await fill(service, 7);
      const pages = [];
      for await (const page of service.list({ pageSize }, signal)) pages.push(page);
      expect(
        pages.flatMap(({ alarms }) => alarms.map(({ definition }) => definition.name)).toSorted(),
      ).toEqual(names);
      expect(pages.map(({ nextCursor }) => nextCursor).indexOf(null)).toBe(pages.length - 1);
    });

    it('goes on from a cursor with what follows it', async () => {
      const service = await open();
      const names = await fill(service, 5);
      const seen: string[] = [];
      let cursor: string | null = null;
      for await (const page of service.list({ pageSize: 2 }, signal)) {
        seen.push(...page.alarms.map(({ definition }) => definition.name));
        cursor = page.nextCursor;
        break;
      }
      if (cursor === null) throw new Error('expected a second page');
      for await (const page of service.list({ pageSize: 2, cursor }, signal))
        seen.push(...page.alarms.map(({ definition }) => definition.name));
      expect(seen.toSorted()).toEqual(names);
    });

    it('gives the same in texts, where it has them', async () => {
      const service = await open();
      expect(service.listTexts !== undefined).toBe(target.givesTexts);
      for (const definition of target.definitions) await service.create(definition, options);
      if (service.listTexts === undefined) return;
      const texts = new Map<string, JsonObject>();
      for await (const page of service.listTexts({ pageSize: 10 }, signal))
        for (const alarm of page.alarms)
          if ('definition' in alarm) texts.set(alarm.definition.name, alarm.definition.params);
          else texts.set(alarm.name, paramsOfText(alarm.paramsText));
      expect(texts.size).toBe(target.definitions.length);
      for await (const page of service.list({ pageSize: 10 }, signal))
        for (const { definition } of page.alarms)
          expect(texts.get(definition.name)).toEqual(definition.params);
    });

    it('gives back what it was given, for every word that the service holds', async () => {
      const service = await open();
      for (const definition of target.definitions) await service.create(definition, options);
      for (const { name, params } of target.definitions) {
        const read = await service.read(name, signal);
        expect([name, meaningOf(read?.definition.params ?? {})]).toEqual([name, meaningOf(params)]);
      }
    });

    it('holds every name, and reads, updates and deletes it under that name alone', async () => {
      const service = await open();
      for (const name of target.names) {
        expect([name, service.canAddress(name)]).toEqual([name, true]);
        await service.create({ name, params: ALARM }, options);
      }
      for (const name of target.names) {
        const listed = await service.read(name, signal);
        await service.update(
          { name, params: { ...ALARM, threshold: '4' } },
          { ...options, ...handleOf(listed) },
        );
        const read = await service.read(name, signal, listed?.handle);
        expect([read?.definition.name, read?.definition.params['threshold']]).toEqual([name, '4']);
        await service.delete(name, { ...options, ...handleOf(listed) });
        expect(await service.read(name, signal)).toBeUndefined();
      }
    });

    it('tells that an alarm is not there', async () => {
      const service = await open();
      expect(await service.read('missing', signal)).toBeUndefined();
      const update = await failureOf(async () => service.update({ name: 'missing', params: ALARM }, options));
      expect([update.code, update.failureClass]).toEqual(['ALARMSYNC_SERVICE_MISSING', 'http_4xx_404']);
      const removal = await failureOf(async () => service.delete('missing', options));
      expect([removal.code, removal.failureClass]).toEqual(['ALARMSYNC_SERVICE_MISSING', 'http_4xx_404']);
    });

    it('refuses a name that is taken, unless it states that names may repeat or a create replaces', async () => {
      const service = await open();
      const { createIsUpsert, namesAreUnique } = service.capabilities;
      await service.create({ name: 'taken', params: ALARM }, options);
      const again = service.create({ name: 'taken', params: ALARM }, options);
      const code = await again.then(
        () => 'taken again',
        (error: unknown) => asAlarmSyncError(error).code,
      );
      const allowed = [
        'ALARMSYNC_SERVICE_EXISTS',
        ...(createIsUpsert || !namesAreUnique ? ['taken again'] : []),
      ];
      expect(allowed).toContain(code);
    });

    it('writes under a condition only while the alarm is as it was, where it can', async () => {
      const service = await open();
      await service.create({ name: 'a', params: ALARM }, options);
      const ifMatch = (await service.read('a', signal))?.etag;
      expect(ifMatch !== undefined).toBe(service.capabilities.hasConditionalWrites);
      if (ifMatch === undefined) return;
      await service.update({ name: 'a', params: { ...ALARM, threshold: '4' } }, { ...options, ifMatch });
      const stale = await failureOf(async () => service.delete('a', { ...options, ifMatch }));
      expect(stale.code).toBe('ALARMSYNC_SERVICE_CHANGED');
      expect((await service.read('a', signal))?.definition.params['threshold']).toBe('4');
    });

    it('lets every request pass the gate first, by its kind', async () => {
      const gate = new CountingGate();
      const service = await open(gate);
      await service.create({ name: 'a', params: ALARM }, options);
      await service.read('a', signal);
      await service.update({ name: 'a', params: ALARM }, options);
      await service.delete('a', options);
      for await (const _page of service.list({ pageSize: 10 }, signal));
      const kinds = gate.passed.filter((kind, index) => kind !== gate.passed[index - 1]);
      expect(kinds.filter((kind) => kind === 'write').length).toBeGreaterThanOrEqual(2);
      expect([kinds.includes('read'), kinds.at(-1)]).toEqual([true, 'list']);
    });

    it('ends with the reason of its signal, and sends nothing once that aborted', async () => {
      const gate = new CountingGate();
      const service = await open(gate);
      const reason = new Error('stopped by the caller');
      const aborted = AbortSignal.abort(reason);
      await expect(service.read('a', aborted)).rejects.toBe(reason);
      await expect(
        service.create({ name: 'a', params: ALARM }, { ...options, signal: aborted }),
      ).rejects.toBe(reason);
      const walk = async (): Promise<void> => {
        for await (const _page of service.list({ pageSize: 10 }, aborted));
      };
      await expect(walk()).rejects.toBe(reason);
      expect(gate.passed).toEqual([]);
    });

    const { openRefused, refusedCode = 'ALARMSYNC_SERVICE_CREDENTIALS' } = target;
    if (openRefused === undefined) return;
    it('shows no secret when it is refused', async () => {
      const token = 'secret-token-of-the-suite';
      const service = await openRefused(new CountingGate(), token);
      onTestFinished(async () => service[Symbol.asyncDispose]());
      for (const call of [
        async () => service.read('a', signal),
        async () => service.create({ name: 'a', params: ALARM }, options),
      ]) {
        const error = await failureOf(call);
        expect(error.code).toBe(refusedCode);
        expect(shownText(error)).not.toContain(token);
      }
    });
  });
}

function handleOf(listed: { readonly handle?: string } | undefined): { readonly handle?: string } {
  return listed?.handle === undefined ? {} : { handle: listed.handle };
}

function meaningOf(params: JsonObject): string {
  return meaningText(params, REQUIRED_MEMBERS, 'meaning');
}
