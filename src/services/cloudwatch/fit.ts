// A definition of the file -> the same as CloudWatch gives it back, or every reason why it cannot hold it.

import type { AlarmDefinition, Member } from '../../alarm/alarm.ts';
import { isStringArray } from '../../alarm/contact.ts';
import type { JsonValue } from '../../alarm/json.ts';
import type { RowFault } from '../../alarm/row.ts';
import type { ContactMap } from '../contacts.ts';
import { contactFault, withName } from '../fitting.ts';
import { descriptionText, MAX_DESCRIPTION_LENGTH } from './description.ts';
import { dimensionsOf, periodOf, scopeOf, statisticOf, thresholdText, windowOf } from './metric.ts';
import { MAX_ALARM_NAME_LENGTH, type CloudWatchSettings } from './settings.ts';

/** Why a member cannot be held as it is; undefined when it can. */
type Check = (value: string) => string | undefined;

const none =
  (what: string): Check =>
  () =>
    `expected no ${what}: an alarm of CloudWatch has none`;

const CHECKS: ReadonlyMap<string, Check> = new Map<Member, Check>([
  [
    'threshold',
    (value) =>
      thresholdText(value) === undefined
        ? 'expected a number that a double holds, as CloudWatch keeps it'
        : undefined,
  ],
  [
    'metric_name',
    (value) =>
      value.length <= 255
        ? undefined
        : `expected a metric name of at most 255 characters, got ${value.length}`,
  ],
  [
    'metric_math',
    (value) =>
      statisticOf(value.trim().toLowerCase()) === undefined
        ? 'expected sum, avg, min, max, count, median or p0 to p100 with two decimals at most, which CloudWatch evaluates'
        : undefined,
  ],
  [
    'query_scope',
    (value) =>
      dimensionsOf(value) === undefined
        ? 'expected dimensions such as env:prod,host:a, each name once and at most 30'
        : undefined,
  ],
  [
    'evaluation_window',
    (value) =>
      periodOf(value) === undefined
        ? 'expected 10s, 20s, 30s or whole minutes up to 24h, as CloudWatch evaluates'
        : undefined,
  ],
  [
    'message_alert',
    (value) =>
      /\{(?:value|threshold)\}/u.test(value)
        ? 'expected no {value} and no {threshold}: CloudWatch fills nothing into a description'
        : undefined,
  ],
  ['message_warning', none('message for a warning')],
  ['message_no_data', none('message for missing data')],
  ['warning_threshold', none('second threshold')],
  ['no_data_minutes', none('time without data')],
]);

/** Source: AWS API reference, PutMetricAlarm, AlarmActions. */
const MAX_ACTION_COUNT = 5;

/** What is said here means the same there, in the one form in which it comes back. */
export function fitDefinition(
  { name, params }: AlarmDefinition,
  settings: CloudWatchSettings,
  contacts: ContactMap,
): { readonly definition: AlarmDefinition } | { readonly faults: readonly RowFault[] } {
  const faults: RowFault[] = [];
  const addFault = (column: string, reason: string | undefined): void => {
    if (reason !== undefined) faults.push({ column, reason });
  };
  addFault('name', nameFault(settings.namePrefix + name));
  const fitted = new Map<string, JsonValue>();
  for (const [member, said] of Object.entries(params)) {
    const value = withName(name, member, said);
    const reason = typeof value === 'string' ? CHECKS.get(member)?.(value) : actionFault(value, contacts);
    addFault(member, reason);
    const canonical = reason === undefined ? canonicalOf(member, value, settings) : undefined;
    if (canonical !== undefined) fitted.set(member, canonical);
  }
  addFault('message_alert', descriptionFault(fitted));
  return faults.length > 0 ? { faults } : { definition: { name, params: Object.fromEntries(fitted) } };
}

/** Undefined for what is said as it would be anyway. */
function canonicalOf(member: string, value: JsonValue, settings: CloudWatchSettings): JsonValue | undefined {
  if (typeof value !== 'string') return value;
  if (member === 'query_scope') return scopeOf(dimensionsOf(value) ?? []);
  if (member !== 'evaluation_window') return value;
  const period = periodOf(value) ?? settings.periodSeconds;
  return period === settings.periodSeconds ? undefined : windowOf(period);
}

function nameFault(alarmName: string): string | undefined {
  return alarmName.length <= MAX_ALARM_NAME_LENGTH
    ? undefined
    : `expected a name of at most ${MAX_ALARM_NAME_LENGTH} characters with its prefix, got ${alarmName.length}`;
}

function descriptionFault(fitted: ReadonlyMap<string, JsonValue>): string | undefined {
  const text = fitted.get('message_alert');
  const { length } = descriptionText({
    text: typeof text === 'string' ? text : '',
    trackingMetricId: '00000000-0000-0000-0000-000000000000',
    isMedian: true,
  });
  return length <= MAX_DESCRIPTION_LENGTH
    ? undefined
    : `expected at most ${MAX_DESCRIPTION_LENGTH} characters with what alarmsync notes beside, got ${length}`;
}

function actionFault(value: JsonValue, contacts: ContactMap): string | undefined {
  const count = isStringArray(value) ? new Set(value).size : 0;
  const tooMany =
    count <= MAX_ACTION_COUNT ? undefined : `expected at most ${MAX_ACTION_COUNT} contacts, got ${count}`;
  return contactFault(value, contacts, 'an ARN in CloudWatch') ?? tooMany;
}
