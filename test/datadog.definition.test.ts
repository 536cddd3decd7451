// A definition -> a monitor's body -> the definition again, in whatever form the service gives the monitor back.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { KNOWN_MEMBERS, type AlarmDefinition } from '../src/alarm/alarm.ts';
import { stringifyJson, type JsonObject } from '../src/alarm/json.ts';
import { meaningText } from '../src/alarm/meaning.ts';
import { decodeRow } from '../src/alarm/row.ts';
import { ContactMap } from '../src/services/contacts.ts';
import { DATADOG_HANDLES } from '../src/services/datadog/handles.ts';
import { definitionParams, monitorBody } from '../src/services/datadog/definition.ts';
import { fitDefinition } from '../src/services/datadog/fit.ts';
import { keyTag } from '../src/services/datadog/tags.ts';
import { decodeMonitor } from '../src/services/datadog/wire.ts';

const CONTACTS = new ContactMap(
  {
    'ldap:*': '@team-*',
    'ldap:db-*': '@pagerduty-db-*',
    'ticket:OPS': '@servicenow-ops',
  },
  DATADOG_HANDLES,
);

const COLUMNS = ['name', ...KNOWN_MEMBERS];

const text = (...words: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'grapheme', maxLength: 20 }));

const cells = fc.record({
  name: text('disk-full', 'a b', 'é').filter((name) => name.trim() !== ''),
  threshold: fc.oneof(
    fc.constantFrom('3', '3.0', '+7', '.5', '-0', '1e3', '-0.25', '1e-9', '0.1'),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  ),
  metric_name: text('system.load.1', 'a'),
  comparison_method: fc.constantFrom('gt', 'gte', 'lt', 'lte', 'eq', 'neq', 'GT'),
  alarm_state: fc.constantFrom('active', 'inactive', 'in_alarm'),
  tracking_metric_id: fc.uuid(),
  contact: fc.constantFrom('', 'a@b.example', 'ldap:ops;ldap:db-1', 'ticket:OPS;a@b.example', 'ticket:X'),
  metric_math: fc.constantFrom('sum', 'avg', 'min', 'max', 'median', 'p50', 'p99.9', 'mode', 'MAX'),
  warning_threshold: fc.constantFrom('', '1', '2.50'),
  no_data_minutes: fc.constantFrom('', '10', '007'),
  message_alert: text('', 'at {value} of {threshold}', 'line\nline', '{name}', '{{/is_alert}}', 'cc @a'),
  message_warning: text('', '{threshold}', '{{#is_no_data}}'),
  message_no_data: text('', 'a@b.example is deaf', '@x'),
  query_scope: text('', '*', 'env:prod', 'env:prod,host:a'),
  evaluation_window: fc.constantFrom('', '5m', '1h', '168h', '1d', '1w', '2d', '90s'),
});

const EXAMPLE = {
  name: 'disk-full',
  threshold: '3',
  metric_name: 'system.load.1',
  comparison_method: 'gt',
  alarm_state: 'active',
  tracking_metric_id: '6f1c1d4e-0c7e-4d0a-9a57-3f4b8b6f2a11',
  contact: 'ops@example.com',
  metric_math: 'avg',
};

/** What the service makes of a body: numbers with a fraction, texts without outer blanks, members of its own. */
function given(body: JsonObject, state: string): string {
  const whole = { ...body, id: 7, overall_state: state, creator: { name: 'somebody' } };
  const floats = stringifyJson(whole).replaceAll(/("(?:critical|warning)":-?\d+)(?=[,}])/gu, '$1.0');
  const { query, message } = whole as unknown as { query: string; message: string };
  return floats
    .replace(JSON.stringify(query), () => JSON.stringify(query.trim()))
    .replace(JSON.stringify(message), () => JSON.stringify(message.trim()));
}

function fitted(row: Readonly<Record<string, string>>): AlarmDefinition | undefined {
  const decoded = decodeRow(
    COLUMNS,
    COLUMNS.map((column) => row[column] ?? ''),
  );
  if ('faults' in decoded) return undefined;
  const fit = fitDefinition(decoded.definition, CONTACTS);
  return 'faults' in fit ? undefined : fit.definition;
}

const meaning = (params: JsonObject): string => meaningText(params, KNOWN_MEMBERS, 'meaning');

describe('a row that Datadog can hold', () => {
  it('comes back as it was sent, and is sent again alike', () => {
    let heldCount = 0;
    fc.assert(
      fc.property(cells, fc.constantFrom('OK', 'Alert', 'No Data'), (row, state) => {
        const definition = fitted(row);
        if (definition === undefined) return;
        heldCount += 1;
        const body = monitorBody(definition, CONTACTS, undefined);
        const monitor = decodeMonitor(given(body, state), 'here');
        const params = definitionParams(monitor, CONTACTS);
        expect(meaning(params)).toBe(meaning(definition.params));
        const again = monitorBody({ name: definition.name, params }, CONTACTS, monitor);
        expect(decodeMonitor(given(again, state), 'here')).toMatchObject({
          query: monitor.query,
          message: monitor.message,
          tags: monitor.tags,
        });
      }),
      { numRuns: 3000 },
    );
    expect(heldCount).toBeGreaterThan(100);
  });

  it('says in the same words what it would mean anyway', () => {
    const row = { ...EXAMPLE, query_scope: '*', evaluation_window: '5m' };
    expect(fitted(row)).toEqual(fitted(EXAMPLE));
  });
});

describe('a monitor that somebody rewrote', () => {
  const body = monitorBody(fitted(EXAMPLE) ?? fail(), CONTACTS, undefined);
  const params = (parts: JsonObject): JsonObject =>
    definitionParams(decodeMonitor(given({ ...body, ...parts }, 'OK'), 'here'), CONTACTS);

  it.each([
    ['a formula', { query: 'avg(last_5m):avg:a{*} / avg:b{*} > 3' }],
    ['another scope', { query: 'avg(last_5m):avg:system.load.1{env:prod} > 3' }],
    ['another aggregation over time', { query: 'max(last_5m):avg:system.load.1{*} > 3' }],
    ['another message', { message: 'call me' }],
    ['one more handle', { message: '@ops@example.com @me@example.com' }],
    ['another threshold', { options: { thresholds: { critical: 4 } } }],
    ['a warning', { options: { thresholds: { critical: 3, warning: 2 } } }],
    [
      'a notification without data',
      { options: { thresholds: { critical: 3 }, notify_no_data: true, no_data_timeframe: 5 } },
    ],
    ['the tag for inactive', { tags: ['managed_by:alarmsync', 'alarmsync_state:inactive'] }],
  ])('into %s differs', (_, parts) => {
    expect(meaning(params(parts))).not.toBe(meaning(params({})));
  });

  it('keeps what is not ours, and thresholds that go with the numbers as long as these stay', () => {
    const live = decodeMonitor(
      given(
        {
          ...body,
          tags: ['team:db', keyTag('disk-full'), 'managed_by:alarmsync'],
          options: {
            thresholds: { critical: 3, critical_recovery: 1 },
            silenced: {},
            avalanche_window: 10,
            renotify_interval: 30,
            on_missing_data: 'resolve',
          },
        },
        'OK',
      ),
      'here',
    );
    const same = monitorBody(fitted(EXAMPLE) ?? fail(), CONTACTS, live);
    expect(same).toMatchObject({
      tags: ['managed_by:alarmsync', keyTag('disk-full'), expect.stringContaining('tracking'), 'team:db'],
      options: { thresholds: { critical_recovery: 1 }, renotify_interval: 30, on_missing_data: 'resolve' },
    });
    expect(Object.keys(same['options'] ?? {})).not.toContain('silenced');
    const changed = monitorBody(
      fitted({ ...EXAMPLE, threshold: '4', no_data_minutes: '5' }) ?? fail(),
      CONTACTS,
      live,
    );
    expect(changed['options']).toEqual({
      thresholds: { critical: 4 },
      renotify_interval: 30,
      notify_no_data: true,
      no_data_timeframe: 5,
    });
  });
});

describe('contacts', () => {
  it.each([
    ['a@b.example', '@a@b.example'],
    ['ldap:ops', '@team-ops'],
    // The narrowest rule counts.
    ['ldap:db-1', '@pagerduty-db-1'],
    ['ticket:OPS', '@servicenow-ops'],
  ])('%s is the handle %s, and back', (contact, handle) => {
    expect([CONTACTS.handleOf(contact), CONTACTS.contactOf(handle)]).toEqual([handle, contact]);
  });

  it.each(['ticket:DB', 'posix:root', 'a/b@c.example', 'ldap:two words', 'ldap:'])(
    '%s has none',
    (contact) => {
      expect(CONTACTS.handleOf(contact)).toBeUndefined();
    },
  );
});

function fail(): never {
  throw new Error('expected a row that fits');
}
