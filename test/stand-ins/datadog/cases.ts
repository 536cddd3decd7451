// Cases for the stand-in's own test: what is taken and becomes of it, and what is refused with which text.

const QUERY_FAULT = "The value provided for parameter 'query' is invalid";
const OPERATOR_FAULT = `${QUERY_FAULT}: invalid operator specified: `;
const MISSING_DATA_FAULT = 'on_missing_data cannot be combined with no_data_timeframe or notify_no_data.';

type Refused = readonly [reason: string, parts: object];

const withThresholds = (thresholds: object): object => ({ options: { thresholds } });

/** The good monitor: a query alert on `avg(last_5m):avg:foo.bar{*} > 3`. */
export const REFUSED_MONITORS: readonly Refused[] = [
  ["The value provided for parameter 'type' is invalid", { type: undefined }],
  ["The value provided for parameter 'type' is invalid", { type: 'foo alert' }],
  [QUERY_FAULT, { query: undefined }],
  [QUERY_FAULT, { query: 'avg(last_0m):avg:a{*} > 3' }],
  [QUERY_FAULT, { query: 'avg(last_10081m):avg:a{*} > 3' }],
  [QUERY_FAULT, { query: 'avg(last_169h):avg:a{*} > 3' }],
  [QUERY_FAULT, { query: 'avg(last_2d):avg:a{*} > 3' }],
  [QUERY_FAULT, { query: 'mode(last_5m):avg:a{*} > 3' }],
  [QUERY_FAULT, { query: 'avg(last_5m):avg:a{*} > .3' }],
  [QUERY_FAULT, { query: 'avg(last_5m):avg:a{*} > 1e3' }],
  [QUERY_FAULT, { query: 'avg(last_5m):median:a{*} > 3' }],
  [QUERY_FAULT, { query: 'percentile(last_5m):avg:a{*} > 3' }],
  [QUERY_FAULT, { query: 'avg(last_5m):avg:1a{*} > 3' }],
  [QUERY_FAULT, { query: `avg(last_5m):avg:${'a'.repeat(201)}{*} > 3` }],
  [QUERY_FAULT, { query: 'avg(last_5m):avg:a{*} b > 3' }],
  [QUERY_FAULT, { query: 'avg:a{*} > 3' }],
  [OPERATOR_FAULT, { query: 'avg(last_5m):avg:a{*} => 3' }],
  [OPERATOR_FAULT, { query: 'avg(last_5m):avg:a{*}' }],
  [OPERATOR_FAULT, { type: 'log alert', query: 'query' }],
  ['Invalid monitor option:colour', { options: { colour: 1 } }],
  ['Invalid monitor option:avalanche_window', { options: { avalanche_window: 10 } }],
  ['Invalid monitor option:fatal', withThresholds({ critical: 3, fatal: 4 })],
  ["The value provided for parameter 'timeout_h' is invalid", { options: { timeout_h: 25 } }],
  [
    "The value provided for parameter 'evaluation_delay' is invalid",
    { options: { evaluation_delay: 86_401 } },
  ],
  [
    "The value provided for parameter 'renotify_statuses' is invalid",
    { options: { renotify_statuses: ['ok'] } },
  ],
  ['Alert threshold (90.0) does not match that used in the query (3.0).', withThresholds({ critical: 90 })],
  ['Non-numeric threshold value.', withThresholds({ critical: '3' })],
  ['Alert status is required.', withThresholds({ warning: 1 })],
  [
    'Warning threshold (4.0) must be less than the alert threshold (3.0) with > comparison.',
    withThresholds({ critical: 3, warning: 4 }),
  ],
  [
    'Warning threshold (2.5) must be greater than the alert threshold (3.0) with <= comparison.',
    { query: 'avg(last_5m):avg:a{*} <= 3', ...withThresholds({ critical: 3, warning: 2.5 }) },
  ],
  [
    'alert and alert recovery criteria are such that the monitor can be simultaneously in alert and alert recovery states',
    withThresholds({ critical: 3, critical_recovery: 4 }),
  ],
  ['Warning status is required.', withThresholds({ critical: 3, warning_recovery: 1 })],
  [MISSING_DATA_FAULT, { options: { on_missing_data: 'resolve', notify_no_data: true } }],
  [MISSING_DATA_FAULT, { options: { on_missing_data: 'default', no_data_timeframe: 10 } }],
  [
    'on_missing_data is required with custom_schedule.',
    { options: { scheduling_options: { custom_schedule: { recurrences: [] } } } },
  ],
  [
    'Monitors with an evaluation_window scheduling_option must have a current query period and vice versa.',
    { options: { scheduling_options: { evaluation_window: { hour_starts: 0 } } } },
  ],
  ['A monitor can have at most 32 tags.', { tags: Array.from({ length: 33 }, (_, index) => `t${index}`) }],
  ["The value provided for parameter 'priority' is invalid", { priority: 6 }],
  ["The value provided for parameter 'name' is invalid", { name: 1 }],
];

const recurring = (recurrence: object, count = 1): object => ({
  schedule: {
    timezone: 'UTC',
    recurrences: Array.from({ length: count }, () => ({
      rrule: 'FREQ=DAILY',
      duration: '1h',
      ...recurrence,
    })),
  },
});

/** The good downtime: tags and the scope `*`. */
export const REFUSED_DOWNTIMES: readonly Refused[] = [
  ["'scope' is a required property", { scope: undefined }],
  ["'monitor_identifier' is a required property", { monitor_identifier: undefined }],
  ['All values must have a key', { scope: 'BAD_SCOPE_MISSING_KEY_VALUE_FORMAT' }],
  ['All values must have a key', { scope: 'env:a AND prod' }],
  ["Additional properties are not allowed ('invalid_field' was unexpected)", { invalid_field: 1 }],
  [
    'monitor_identifier must have either monitor_id or monitor_tags',
    { monitor_identifier: { monitor_id: 1, monitor_tags: ['a'] } },
  ],
  [
    'monitor_identifier must have 1 to 32 monitor_tags of at most 256 characters',
    { monitor_identifier: { monitor_tags: ['a'.repeat(257)] } },
  ],
  ["'ok' is not one of ['alert', 'warn', 'no data']", { notify_end_states: ['ok'] }],
  [
    'start must be an ISO-8601 datetime with a UTC offset of zero',
    { schedule: { start: '2026-01-01T00:00:00+01:00' } },
  ],
  ['start must be an ISO-8601 datetime without a UTC offset', recurring({ start: '2026-01-01T00:00:00Z' })],
  ['schedule must have 1 to 5 recurrences', recurring({}, 6)],
  ['DTSTART is not supported in rrule', recurring({ rrule: 'DTSTART=20260101;FREQ=DAILY' })],
  ['DURATION is not supported in rrule', recurring({ rrule: 'FREQ=DAILY;DURATION=1h' })],
  ['rrule must have a FREQ of HOURLY or coarser', recurring({ rrule: 'FREQ=MINUTELY' })],
  ['duration must be an integer followed by m, h, d or w', recurring({ duration: '1.5h' })],
];

/** Type sent, query, type kept. */
export const KEPT_TYPES: readonly (readonly [sent: string, query: string, kept: string])[] = [
  ['metric alert', 'avg(last_5m):avg:foo.bar{*} > 3', 'metric alert'],
  ['query alert', 'avg(last_5m):avg:foo.bar{*} > 3', 'query alert'],
  ['metric alert', "avg(last_4h):anomalies(avg:a{*}, 'basic', 2, direction='both') >= 1", 'query alert'],
  ['metric alert', 'avg(current_1mo):sum:a{*} > 1', 'query alert'],
  ['query alert', 'avg(last_1h):avg:a{*}.rollup(sum, 60) / avg:b{*} > 1', 'metric alert'],
  ['query alert', 'percentile(last_5m):p99.9:a{x:y,!z:*} by {host,env} <= 0.5', 'query alert'],
  ['query alert', 'change(avg(last_5m),last_1h):max:a.b_c{*}.as_count() != -2', 'query alert'],
  ['log alert', 'logs("a").index("*").rollup("count").by("b").last("5m") > 2', 'log alert'],
  ['service check', '"a".over("*").last(2).count_by_status()', 'service check'],
  ['composite', '1 && 2', 'composite'],
];

/**
 * Ids that a list gives of five monitors: 1, 3 and 5 are named odd, the others even; 2 and 4 are tagged a:b,
 * 4 also c; the scope of 2 is {env:y,host:x}.
 */
export const LISTED: readonly (readonly [query: string, ids: readonly number[]])[] = [
  ['', [1, 2, 3, 4, 5]],
  ['?page=0&page_size=2', [1, 2]],
  ['?page=2&page_size=2', [5]],
  ['?page=3&page_size=2', []],
  ['?id_offset=0&page_size=3', [1, 2, 3]],
  ['?id_offset=3&page_size=3', [4, 5]],
  ['?id_offset=5&page_size=3', []],
  ['?monitor_tags=a:b', [2, 4]],
  ['?monitor_tags=a:b,c', [4]],
  ['?name=od', [1, 3, 5]],
  ['?tags=host:x', [2]],
  ['?group_states=alert,no%20data', [1, 2, 3, 4, 5]],
];
